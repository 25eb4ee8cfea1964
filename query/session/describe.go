package session

import (
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
)

// describe fills the lists of the sessions.
func (r *resolver) describe(res *Result) {
	if r.in.Details != nil {
		at, row := (*Session)(nil), -1
		for d := range r.in.Details {
			if d.Row != row {
				at, row = &res.Sessions[r.home[d.Row].owner().session], d.Row
			}
			if d.Service != "" {
				at.Services = include(at.Services, d.Service)
			}
			if d.Region != "" {
				at.Regions = include(at.Regions, d.Region)
			}
			if d.Agent != "" {
				at.Agents = include(at.Agents, d.Agent)
			}
		}
	}
	kept := lists{}
	for i := range res.Sessions {
		s := &res.Sessions[i]
		s.Services, s.Regions, s.Agents = kept.one(sorted(s.Services)), kept.one(sorted(s.Regions)), kept.one(sorted(s.Agents))
		s.IPs = kept.one(s.IPs)
	}
}

// lists holds one copy of each list that many sessions have in common.
type lists map[string][]string

// shareable is how long a list may be that is looked for among others.
const shareable = 8

// one returns the copy of a list that is never added to.
func (l lists) one(list []string) []string {
	if len(list) == 0 || len(list) > shareable {
		return slices.Clip(list)
	}
	key := list[0]
	if len(list) > 1 {
		key = strings.Join(list, "\n")
	}
	if old, seen := l[key]; seen && slices.Equal(old, list) {
		return old
	}
	l[key] = slices.Clone(list)
	return l[key]
}

// environment names the AWS environment that a role without an issuing call runs
// in, where a user agent tells: SDKs say so.
func (s *Session) environment() string {
	if s.ActorKind != cloudtrail.KindRole || s.SessionName == "" {
		return ""
	}
	for _, a := range s.Agents {
		if env, ok := environment(a); ok {
			return env
		}
	}
	return ""
}

// environment reads the exec-env/ token of an SDK's user agent.
func environment(agent string) (string, bool) {
	for _, e := range [...]struct{ token, name string }{{"exec-env/AWS_Lambda", "AWS Lambda"}, {"exec-env/AWS_ECS", "Amazon ECS"}} {
		if strings.Contains(agent, e.token) {
			return e.name, true
		}
	}
	return "", false
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
