package change

import (
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
)

const (
	maxResources = 50   // of one change, of each kind
	maxID        = 2048 // bytes of an identifier; what is longer is no name
)

// Derive returns the change that an event made or tried to make, nil when it
// is none. Changes are the calls that may alter state (readOnly false), by API,
// console or a service on its own, done or attempted. Not changes: reads;
// sign-ins and the handing out of role credentials, which start sessions;
// Insights and aggregated records. Network activity records repeat a call that
// the service logs itself, unless an endpoint policy refused it: then they are
// all there is. Derive never panics, and looks at no more than 200 kB of the
// record.
func Derive(ev *cloudtrail.Event) *Change {
	if !mutates(ev) {
		return nil
	}
	return describe(ev)
}

// Target returns what a read was aimed at, for the reads that the table names
// (secrets, parameters, passwords, objects, roles assumed) and for those refused,
// whose error names it; nil for all other events, which either are changes or
// name what they read in resources[].
func Target(ev *cloudtrail.Event) *Change {
	if !ev.ReadOnly || ev.Resources != "" || ev.Request == "" && ev.Outcome != cloudtrail.Denied {
		return nil
	}
	if rule := table()[call{ev.Source, cloudtrail.BaseName(ev.Name)}]; rule != nil {
		c := &Change{ResourceType: rule.kind}
		newReader(ev).identify(c, rule)
		return c
	}
	if ev.Outcome == cloudtrail.Denied && strings.Contains(ev.ErrorMessage, "on resource: ") {
		if kind, id := target(ev.ErrorMessage); usable(id) {
			return &Change{ResourceType: kind, Resources: []string{id}}
		}
	}
	return nil
}

// describe says what ev did, whether or not it is a change.
func describe(ev *cloudtrail.Event) *Change {
	r := newReader(ev)
	r.out.reset()
	name := cloudtrail.BaseName(ev.Name)
	rule := table()[call{ev.Source, name}]
	var c *Change
	if rule != nil {
		c = r.apply(rule)
	} else {
		c = r.guess(name)
	}
	c.Probe = r.probe()
	c.Severity = r.grade(c.Severity, c.Probe)
	c.Public = r.public
	r.end()
	c.Summary = r.out.String()
	return c
}

// mutates reports whether ev is a change, done or tried.
func mutates(ev *cloudtrail.Event) bool {
	if ev.ReadOnly {
		return ev.Name == "AssumeRoot" && ev.Source == "sts.amazonaws.com"
	}
	switch ev.Category {
	case cloudtrail.Insight, cloudtrail.Aggregated:
		return false
	case cloudtrail.NetworkActivity:
		return ev.Outcome == cloudtrail.Denied
	}
	switch ev.Source {
	case "":
		return ev.Name != ""
	case "signin.amazonaws.com":
		return table()[call{ev.Source, ev.Name}] != nil
	case "sso.amazonaws.com", "sso-oauth.amazonaws.com", "sts.amazonaws.com":
		return !startsSession(ev.Name)
	}
	return ev.Name != "" && !strings.EqualFold(ev.EventType, "AwsMcpEvent")
}

// startsSession reports whether a call of the sign-in portals or of STS begins
// or ends a session.
func startsSession(name string) bool {
	switch name {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "CreateToken", "Federate", "Authenticate", "GetRoleCredentials", "Logout",
		"StartDeviceAuthorization", "RegisterClient", "CreateTokenWithIAM":
		return true
	}
	return false
}

// apply derives the change by a row of the table.
func (r *reader) apply(rule *rule) *Change {
	c := &Change{ResourceType: rule.kind}
	r.identify(c, rule)
	r.begin(rule.verb, rule.base)
	said := len(r.out.buf)
	r.say(rule.sentence)
	if r.out.trim(); r.tried && len(r.out.buf) <= said { // nothing but the verb: the name of the call says more
		verb, base, noun := phrase(cloudtrail.BaseName(r.ev.Name))
		r.out.reset()
		r.begin(verb, base)
		r.out.add(" " + noun)
	}
	r.public = r.public && rule.exposes
	for _, e := range rule.exposed {
		for _, v := range r.find(e.choices) {
			r.public = r.public || strings.EqualFold(v.text(), e.text)
		}
	}
	if c.Severity = r.graded(rule); r.denies && !r.allows { // it takes rights away: often what responders do
		c.Severity = min(c.Severity, Medium)
	}
	return c
}

// graded is the severity of the rule for this record. An attempt that carries no
// parameters has that of the gravest deed that it may have been.
func (r *reader) graded(rule *rule) Severity {
	if len(rule.when) == 0 || r.tried && r.req.empty() {
		return rule.severity
	}
	for _, c := range rule.when {
		for _, v := range r.find(c.choices) {
			if c.any || strings.EqualFold(v.text(), c.text) {
				return rule.severity
			}
		}
	}
	return rule.otherwise
}

// identify finds what the call was about.
func (r *reader) identify(c *Change, rule *rule) {
	r.ids = r.textsOf(rule.resource, nil)
	c.Resources = r.ids
	r.aim(c)
	n := len(r.ids)
	for _, f := range rule.forms {
		if n == 1 { // other names of several things can't be told apart
			c.Names = r.textsOf(f, c.Names)
		}
	}
	c.Names = slices.DeleteFunc(c.Names, func(s string) bool { return s == r.ids[0] })
	for _, a := range rule.also {
		for _, id := range r.textsOf(a.choices, nil) {
			c.Also = append(c.Also, Ref{a.kind, id})
		}
	}
}

// textsOf appends the texts that the choices find to ids, each once.
func (r *reader) textsOf(choices []choice, ids []string) []string {
	for _, v := range r.find(choices) {
		if s := v.text(); s != "" {
			if strings.HasPrefix(s, "arn%3A") { // EKS leaves path values encoded
				s = unescapeURL(s)
			}
			if usable(s) && len(ids) < maxResources {
				ids = appendNew(ids, s)
			}
			continue
		}
		for _, s := range r.texts(v) {
			if usable(s) && len(ids) < maxResources {
				ids = appendNew(ids, s)
			}
		}
	}
	return ids
}

// appendNew appends s unless it is there.
func appendNew(ids []string, s string) []string {
	if slices.Contains(ids, s) {
		return ids
	}
	return append(ids, s)
}

// grade settles the severity: an attempt weighs one step less than the deed,
// an error little; root and exposure to everyone weigh one step more each.
func (r *reader) grade(s Severity, probe bool) Severity {
	switch {
	case probe, r.ev.Outcome == cloudtrail.Throttled, r.ev.Outcome == cloudtrail.Error:
		s = min(s, Low)
	case r.ev.Outcome == cloudtrail.Denied && s > Low:
		s--
	}
	if r.public {
		s = s.Raise()
	}
	if w := r.ev.Who; w != nil && (w.Kind == cloudtrail.KindRoot || w.Type == "Root") {
		s = s.Raise()
	}
	return s
}
