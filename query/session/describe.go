package session

import (
	"strings"

	"spoor/loader/cloudtrail"
)

// A Detail tells one service, region and agent of some of a session's events.
type Detail struct {
	Ref                    Ref // any event of them
	Service, Region, Agent string
}

// Describe adds what a row of details says to the lists of its session. Call
// Finish after the last.
func (r *Result) Describe(d Detail) {
	i, ok := r.Find(d.Ref)
	if !ok {
		return
	}
	s := &r.Sessions[i]
	for _, f := range [...]struct {
		list  *[]string
		value string
	}{{&s.Services, d.Service}, {&s.Regions, d.Region}, {&s.Agents, d.Agent}} {
		if f.value != "" {
			*f.list = include(*f.list, f.value)
		}
	}
}

// Finish orders the lists and looks for signs of risk.
func (r *Result) Finish(breaks []Break) {
	for i := range r.Sessions {
		s := &r.Sessions[i]
		s.Services, s.Regions, s.Agents = sorted(s.Services), sorted(s.Regions), sorted(s.Agents)
	}
	assess(r, breaks)
}

// family cuts a user agent down to the program: "aws-cli/2.15.0 …" is aws-cli
// whatever its version, "[S3Console/0.4, …]" S3Console.
func family(agent string) string {
	agent = strings.TrimLeft(agent, "[ ")
	if end := strings.IndexAny(agent, "/ ,;(]"); end > 0 {
		agent = agent[:end]
	}
	return agent
}

// human reports whether a kind of actor is a person or may be one.
func human(k cloudtrail.Kind) bool {
	switch k {
	case cloudtrail.KindRoot, cloudtrail.KindUser, cloudtrail.KindSSO, cloudtrail.KindPerson, cloudtrail.KindFederated:
		return true
	}
	return false
}
