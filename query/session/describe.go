package session

import (
	"strings"

	"spoor/loader/cloudtrail"
)

// describe fills the lists of the sessions and looks for signs of risk.
func (r *resolver) describe(res *Result) {
	if r.in.Details != nil {
		for d := range r.in.Details {
			s := &res.Sessions[r.home[d.Row].owner().session]
			for _, f := range [...]struct {
				list  *[]string
				value string
			}{{&s.Services, d.Service}, {&s.Regions, d.Region}, {&s.Agents, d.Agent}} {
				if f.value != "" {
					*f.list = include(*f.list, f.value)
				}
			}
		}
	}
	for i := range res.Sessions {
		s := &res.Sessions[i]
		s.Services, s.Regions, s.Agents = sorted(s.Services), sorted(s.Regions), sorted(s.Agents)
	}
	workloads(res)
	assess(res, r.in.Breaks)
}

// workloads names what runs in a role whose issuing call is not loaded, where
// the user agent tells: SDKs say which AWS environment they run in.
func workloads(r *Result) {
	renamed := map[string]*Session{}
	for i := range r.Sessions {
		s := &r.Sessions[i]
		if s.Confidence != Unknown || s.ActorKind != cloudtrail.KindRole || s.Link != nil || len(s.Candidates) > 0 || s.SessionName == "" {
			continue
		}
		for _, a := range s.Agents {
			if env, ok := environment(a); ok {
				s.RootActor, s.RootKind, s.Confidence = s.SessionName, cloudtrail.KindWorkload, Inferred
				s.Reason = "its user agent runs in " + env + ", which names sessions after the function or task; " + s.Reason
				renamed[s.ID] = s
				break
			}
		}
	}
	for i := range r.Sessions {
		s := &r.Sessions[i]
		if top := renamed[s.Root]; top != nil && s != top && s.Confidence == Unknown {
			s.RootActor, s.RootKind, s.Confidence, s.Reason = top.RootActor, top.RootKind, top.Confidence, top.Reason
		}
	}
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
