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

// assess looks for signs of risk. "New" is relative to what the same root actor
// did earlier in the case; a first session has nothing to be compared with.
func assess(r *Result, breaks []Break) {
	for i := range r.Sessions {
		s := &r.Sessions[i]
		s.Risks = nil
		if s.ActorKind == cloudtrail.KindRoot && s.Kind != Service {
			s.risk(RootUsed, "the root user of account "+s.Account+" was at work")
		}
		if s.MFA == cloudtrail.MFANo && (s.ActorKind == cloudtrail.KindUser || s.ActorKind == cloudtrail.KindRoot) && s.Kind != Forwarded {
			s.risk(NoMFA, "no second factor")
		}
	}
	for _, b := range breaks {
		if i, ok := r.Find(b.Ref); ok {
			r.Sessions[i].risk(DeniedThenDone, fmt.Sprintf("%d calls in a row were denied, then %s succeeded at %s", b.Denied, b.Call, clock(b.Ref.Time)))
		}
	}
	novelties(r)
	networks(r)
	instances(r)
	countryless(r)
}

func (s *Session) risk(sign Sign, detail string) { s.Risks = append(s.Risks, Risk{sign, detail}) }

// public reports whether an address belongs to the internet: not private, not
// a service's name.
func public(ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && a.Unmap().IsGlobalUnicast() && !a.Unmap().IsPrivate()
}

func addresses(s *Session) []string {
	var out []string
	for _, ip := range s.IPs {
		if _, err := netip.ParseAddr(ip); err == nil {
			out = append(out, ip)
		}
	}
	return out
}

// novelties marks addresses and programs that an actor uses for the first time.
func novelties(r *Result) {
	type memory struct {
		ips, agents map[string]bool
	}
	known := map[string]*memory{}
	for i := range r.Sessions { // by start
		s := &r.Sessions[i]
		if !human(s.RootKind) || s.Start == cloudtrail.NoTime {
			continue
		}
		m := known[s.RootActor]
		first := m == nil
		if first {
			m = &memory{map[string]bool{}, map[string]bool{}}
			known[s.RootActor] = m
		}
		var ips, agents []string
		for _, ip := range addresses(s) {
			if !m.ips[ip] {
				m.ips[ip] = true
				ips = append(ips, ip)
			}
		}
		for _, a := range s.Agents {
			if f := family(a); !m.agents[f] && !strings.HasSuffix(f, ".amazonaws.com") {
				m.agents[f] = true
				agents = append(agents, f)
			}
		}
		if first {
			continue
		}
		if len(ips) > 0 {
			s.risk(NewAddress, "first use of "+some(ips)+" by "+s.RootActor)
		}
		if len(agents) > 0 {
			s.risk(NewAgent, "first use of "+some(agents)+" by "+s.RootActor)
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
func networks(r *Result) {
	consoles := map[string][]int{}
	for i := range r.Sessions {
		if s := &r.Sessions[i]; (s.Kind == Console || s.Kind == SignIn) && human(s.RootKind) && s.Start != cloudtrail.NoTime {
			consoles[s.RootActor] = append(consoles[s.RootActor], i)
		}
	}
	for i := range r.Sessions {
		s := &r.Sessions[i]
		if s.Kind != TemporaryKey && s.Kind != LongTermKey && s.Kind != Stamped || !human(s.RootKind) || s.Start == cloudtrail.NoTime {
			continue
		}
		open := slices.DeleteFunc(consoles[s.RootActor], func(j int) bool { return r.Sessions[j].End < s.Start })
		consoles[s.RootActor] = open // sessions come by start: what has ended now matters no more
		for _, j := range open {
			c := &r.Sessions[j]
			if c.Start > s.End {
				break
			}
			if a, b := addresses(s), addresses(c); len(a) > 0 && len(b) > 0 && !overlap(a, b) {
				s.risk(TwoNetworks, "keys from "+some(a)+" while "+s.RootActor+" was in the console from "+some(b))
				c.risk(TwoNetworks, "console from "+some(b)+" while "+s.RootActor+" used keys from "+some(a))
				break
			}
		}
	}
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(v string) bool { return slices.Contains(b, v) })
}

// instances marks credentials of an EC2 instance that are used from a public
// address beside the one the instance was first seen at. Whether an address is
// the instance's own no record says, so a lone one is never marked, unless a
// person works from it.
func instances(r *Result) {
	people := map[string]string{}
	homes := map[string]string{}
	for i := range r.Sessions {
		s := &r.Sessions[i]
		for _, ip := range addresses(s) {
			if human(s.RootKind) && people[ip] == "" {
				people[ip] = s.RootActor
			}
		}
	}
	for i := range r.Sessions {
		s := &r.Sessions[i]
		if s.ActorKind != cloudtrail.KindInstance {
			continue
		}
		who := s.Account + " " + s.SessionName
		for _, at := range s.places() {
			ip := at.ip
			if homes[who] == "" {
				homes[who] = ip
			}
			switch {
			case people[ip] != "":
				s.risk(OutsideInstance, "used from "+ip+", where "+people[ip]+" works too")
			case public(ip) && ip != homes[who]:
				s.risk(OutsideInstance, "used from "+ip+"; "+s.SessionName+" was first seen at "+homes[who])
			}
		}
	}
}

// countryless marks the first use, by a person, of an address that lies in no
// country: what is not of the internet, and what a machine of this case works
// from. Where other addresses lie no log tells, and spoor asks nobody.
func countryless(r *Result) {
	machines := map[string]string{}
	for i := range r.Sessions {
		s := &r.Sessions[i]
		if s.ActorKind != cloudtrail.KindInstance || human(s.RootKind) {
			continue
		}
		for _, ip := range addresses(s) {
			if public(ip) && machines[ip] == "" {
				machines[ip] = s.SessionName
			}
		}
	}
	known := map[[2]string]bool{}
	for i := range r.Sessions { // by start
		s := &r.Sessions[i]
		if !human(s.RootKind) || s.Kind == Forwarded || s.ActorKind == cloudtrail.KindInstance {
			continue
		}
		for _, ip := range addresses(s) {
			what := outsideInternet(ip)
			if machine := machines[ip]; what == "" && machine != "" {
				what = "where the instance " + machine + " works too: a machine in AWS"
			}
			if at := [2]string{s.RootActor, ip}; what != "" && !known[at] {
				known[at] = true
				s.risk(Countryless, "used from "+ip+", "+what)
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
func (s *Session) places() []sighting {
	slices.SortFunc(s.seen, func(a, b sighting) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.ip, b.ip)) })
	return s.seen
}

func (s *Session) sight(ip string, at int64) {
	if _, err := netip.ParseAddr(ip); err != nil {
		return
	}
	for i := range s.seen {
		if s.seen[i].ip == ip {
			s.seen[i].at = min(s.seen[i].at, at)
			return
		}
	}
	s.seen = append(s.seen, sighting{ip, at})
}
