package session

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
)

// A Risk is a sign worth a look; it proves nothing.
type Risk struct {
	Sign   Sign
	Detail string // in words
}

// A Sign names a kind of risk.
type Sign string

const (
	NoMFA           Sign = "no MFA"
	NewAddress      Sign = "new address"
	NewAgent        Sign = "new user agent"
	TwoNetworks     Sign = "two networks at once"
	Countryless     Sign = "country-less network"
	OutsideInstance Sign = "instance credentials outside"
	DeniedThenDone  Sign = "denied, then done"
	RootUsed        Sign = "root"
)

// Signs are all of them.
var Signs = [...]Sign{NoMFA, NewAddress, NewAgent, TwoNetworks, Countryless, OutsideInstance, DeniedThenDone, RootUsed}

// BurstOfDenials is how many refusals in a row, followed by a success, count as
// a sign.
const BurstOfDenials = 5

// A Break is a call that succeeded after BurstOfDenials or more in a row had
// been denied to the same identity at the same address.
type Break struct {
	Ref    Ref // the success
	Call   string
	Denied int64
}

// A Met is a break, and the number of the session it happened in.
type Met struct {
	Break
	Session int
}

// An assessment is signs of risk in the making.
type assessment struct {
	*Traces
	risks   [][]Risk
	address [][]string // by list: those of it that are addresses; nil until asked for
}

// Assess lists the signs of risk of each session. "New" is relative to what the
// same root actor did earlier in the case; a first session has nothing to be
// compared with.
func (t *Traces) Assess(breaks []Met) [][]Risk {
	a := &assessment{Traces: t, risks: make([][]Risk, len(t.All)), address: make([][]string, len(t.lists.all))}
	for i := range t.All {
		s := &t.All[i]
		if s.actorKind == cloudtrail.KindRoot && s.way != asService {
			a.risk(i, RootUsed, "the root user of account "+t.names.all[s.account]+" was at work")
		}
		if s.mfa == cloudtrail.MFANo && (s.actorKind == cloudtrail.KindUser || s.actorKind == cloudtrail.KindRoot) && s.way != throughService {
			a.risk(i, NoMFA, "no second factor")
		}
	}
	for _, b := range breaks {
		a.risk(b.Session, DeniedThenDone, fmt.Sprintf("%d calls in a row were denied, then %s succeeded at %s", b.Denied, b.Call, clock(b.Ref.Time)))
	}
	a.novelties()
	a.networks()
	a.instances()
	a.countryless()
	return a.risks
}

// Assess looks for the signs of risk of a whole case.
func (r *Result) Assess(breaks []Break) {
	t := NewTraces(len(r.Sessions))
	for i := range r.Sessions {
		t.All = append(t.All, t.Trace(&r.Sessions[i]))
	}
	var met []Met
	for _, b := range breaks {
		if i, ok := r.Find(b.Ref); ok {
			met = append(met, Met{b, i})
		}
	}
	for i, risks := range t.Assess(met) {
		r.Sessions[i].Risks = risks
	}
}

func (a *assessment) risk(i int, sign Sign, detail string) {
	a.risks[i] = append(a.risks[i], Risk{sign, detail})
}

func (a *assessment) rootOf(s *Trace) string { return a.names.all[s.root] }

// addresses are those of a list that are none of a service.
func (a *assessment) addresses(list uint32) []string {
	if a.address[list] == nil && list != 0 {
		out := []string{}
		for _, ip := range a.lists.all[list] {
			if _, err := netip.ParseAddr(ip); err == nil {
				out = append(out, ip)
			}
		}
		a.address[list] = out
	}
	return a.address[list]
}

// A once tells what was there already, of pairs of numbers.
type once map[[2]uint32]struct{}

func (o once) first(a, b uint32) bool {
	if _, seen := o[[2]uint32{a, b}]; seen {
		return false
	}
	o[[2]uint32{a, b}] = struct{}{}
	return true
}

// public reports whether an address belongs to the internet: not private, not
// a service's name.
func public(ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && a.Unmap().IsGlobalUnicast() && !a.Unmap().IsPrivate()
}

// novelties marks addresses and programs that an actor uses for the first time.
func (a *assessment) novelties() {
	type used struct {
		root uint32
		what string
	}
	began, ips, agents := map[uint32]bool{}, once{}, once{}
	known := [2]map[used]bool{{}, {}}
	fresh := func(kind int, s *Trace, v string) bool {
		old := known[kind][used{s.root, v}]
		known[kind][used{s.root, v}] = true
		return !old
	}
	for i := range a.All { // by start
		s := &a.All[i]
		if !human(s.rootKind) || s.start == cloudtrail.NoTime {
			continue
		}
		var newIPs, newAgents []string
		if ips.first(s.root, s.ips) {
			for _, ip := range a.addresses(s.ips) {
				if fresh(0, s, ip) {
					newIPs = append(newIPs, ip)
				}
			}
		}
		if agents.first(s.root, s.agents) {
			for _, agent := range a.lists.all[s.agents] {
				if f := family(agent); agent != "AWS Internal" && !strings.HasSuffix(f, ".amazonaws.com") && fresh(1, s, f) {
					newAgents = append(newAgents, f)
				}
			}
		}
		if !began[s.root] {
			began[s.root] = true
			continue
		}
		if len(newIPs) > 0 {
			a.risk(i, NewAddress, "first use of "+some(newIPs)+" by "+a.rootOf(s))
		}
		if len(newAgents) > 0 {
			a.risk(i, NewAgent, "first use of "+some(newAgents)+" by "+a.rootOf(s))
		}
	}
}

// some lists a few values and how many more there are.
func some(list []string) string {
	if len(list) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:3], ", "), len(list)-3)
	}
	return strings.Join(list, ", ")
}

// networks marks a person who is in the console from one network and at work
// with keys from another at the same time.
func (a *assessment) networks() {
	consoles := map[uint32][]int{}
	for i := range a.All {
		if s := &a.All[i]; s.way == inConsole && human(s.rootKind) && s.start != cloudtrail.NoTime {
			consoles[s.root] = append(consoles[s.root], i)
		}
	}
	for i := range a.All {
		s := &a.All[i]
		if s.way != withKeys || !human(s.rootKind) || s.start == cloudtrail.NoTime {
			continue
		}
		consoles[s.root] = a.clash(i, consoles[s.root])
	}
}

// clash looks for a console among those of an actor, by start, that was open
// while keys were used from elsewhere. It returns the list without those that had
// ended: sessions come by start, so they matter no more.
func (a *assessment) clash(i int, consoles []int) []int {
	s, open, at := &a.All[i], 0, 0
	found := false
	for ; at < len(consoles) && a.All[consoles[at]].start <= s.end; at++ {
		j := consoles[at]
		c := &a.All[j]
		if c.end < s.start {
			continue
		}
		consoles[open] = j
		open++
		one, two := a.addresses(s.ips), a.addresses(c.ips)
		if found || len(one) == 0 || len(two) == 0 || overlap(one, two) {
			continue
		}
		found = true
		a.risk(i, TwoNetworks, "keys from "+some(one)+" while "+a.rootOf(s)+" was in the console from "+some(two))
		a.risk(j, TwoNetworks, "console from "+some(two)+" while "+a.rootOf(s)+" used keys from "+some(one))
	}
	if open < at {
		consoles = append(consoles[:open], consoles[at:]...)
	}
	return consoles
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(v string) bool { return slices.Contains(b, v) })
}

// instances marks credentials of an EC2 instance that are used from a public
// address beside the one the instance was first seen at. Whether an address is
// the instance's own no record says, so a lone one is never marked, unless a
// person works from it.
func (a *assessment) instances() {
	people := map[string]string{}
	met := once{}
	for i := range a.All {
		if s := &a.All[i]; human(s.rootKind) && met.first(0, s.ips) {
			for _, ip := range a.addresses(s.ips) {
				if people[ip] == "" {
					people[ip] = a.rootOf(s)
				}
			}
		}
	}
	homes := map[[2]uint32]string{}
	for i := range a.All {
		s := &a.All[i]
		if s.actorKind != cloudtrail.KindInstance {
			continue
		}
		who := [2]uint32{s.account, s.named}
		for _, ip := range a.lists.all[s.seen] {
			if homes[who] == "" {
				homes[who] = ip
			}
			switch {
			case people[ip] != "":
				a.risk(i, OutsideInstance, "used from "+ip+", where "+people[ip]+" works too")
			case public(ip) && ip != homes[who]:
				a.risk(i, OutsideInstance, "used from "+ip+"; "+a.names.all[s.named]+" was first seen at "+homes[who])
			}
		}
	}
}

// countryless marks the first use, by a person, of an address that lies in no
// country: what is not of the internet, and what a machine of this case works
// from. Where other addresses lie no log tells, and spoor asks nobody.
func (a *assessment) countryless() {
	machines := map[string]string{}
	met := once{}
	for i := range a.All {
		s := &a.All[i]
		if s.actorKind != cloudtrail.KindInstance || human(s.rootKind) || !met.first(0, s.ips) {
			continue
		}
		for _, ip := range a.addresses(s.ips) {
			if public(ip) && machines[ip] == "" {
				machines[ip] = a.names.all[s.named]
			}
		}
	}
	met = once{}
	known := map[[2]string]bool{}
	for i := range a.All { // by start
		s := &a.All[i]
		if !human(s.rootKind) || s.way == throughService || s.actorKind == cloudtrail.KindInstance || !met.first(s.root, s.ips) {
			continue
		}
		for _, ip := range a.addresses(s.ips) {
			what := outsideInternet(ip)
			if machine := machines[ip]; what == "" && machine != "" {
				what = "where the instance " + machine + " works too: a machine in AWS"
			}
			if at := [2]string{a.rootOf(s), ip}; what != "" && !known[at] {
				known[at] = true
				a.risk(i, Countryless, "used from "+ip+", "+what)
			}
		}
	}
}

// carriers are the addresses that providers share out behind their own (RFC 6598).
var carriers = netip.MustParsePrefix("100.64.0.0/10")

// outsideInternet says what an address is that is none of the internet; "" for
// one that is.
func outsideInternet(ip string) string {
	a, err := netip.ParseAddr(ip)
	switch a = a.Unmap(); {
	case err != nil:
		return ""
	case a.IsPrivate():
		return "a private address: through a VPC endpoint, or from inside a network of one's own"
	case carriers.Contains(a):
		return "an address that a provider shares out behind its own"
	case !a.IsGlobalUnicast():
		return "an address that nobody can call from: the record was written or passed on by something else"
	}
	return ""
}

// A sighting is when a session was first seen at an address.
type sighting struct {
	ip string
	at int64
}

// places returns a session's addresses by first use.
func (s *Session) places() []string {
	slices.SortFunc(s.sights, func(a, b sighting) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.ip, b.ip)) })
	var out []string
	for _, at := range s.sights {
		out = append(out, at.ip)
	}
	s.sights = nil
	return out
}

func (s *Session) sight(ip string, at int64) {
	if _, err := netip.ParseAddr(ip); err != nil {
		return
	}
	for i := range s.sights {
		if s.sights[i].ip == ip {
			s.sights[i].at = min(s.sights[i].at, at)
			return
		}
	}
	s.sights = append(s.sights, sighting{ip, at})
}
