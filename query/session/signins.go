package session

import (
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
)

// signIn: the sign-in session that an OAuth grant opened.
func (l *ledger) signIn(_ *Session, face *cloudtrail.Identity, _ string) []clue {
	if face.SignInSession == "" {
		return nil
	}
	var out []clue
	for _, i := range l.bySignIn[face.SignInSession] {
		out = append(out, clue{i, ByIssuedKey, Exact, l.all[i].Call + " opened the sign-in session that it carries"})
	}
	return out
}

// secondFactors takes from their sign-ins whether sessions of users and of root had
// a second factor: the records of sign-ins lack a sessionContext, which says so on
// others. Of roles and federated users sign-ins always say that there was none.
func (l *ledger) secondFactors(sessions []Session) {
	for _, m := range l.all {
		if t := m.Ref.Who.Type; m.Call == "ConsoleLogin" && (t == "IAMUser" || t == "Root") && m.session >= 0 && m.session < len(sessions) {
			s := &sessions[m.session]
			s.MFA = max(s.MFA, m.MFA)
		}
	}
}

// console: the sign-in by which temporary credentials became a console session.
func (l *ledger) console(s *Session, _ *cloudtrail.Identity, person string) []clue {
	if s.Kind != Console && s.Kind != SignIn {
		return nil
	}
	if clues := l.byCaller(s, person, "ConsoleLogin"); len(clues) > 0 {
		return clues
	}
	return l.byCaller(s, person, "GetSigninToken")
}

// identityCenter: the portal hands out credentials of a permission set in the
// second they are created, to the same address; no record joins the two. Where one
// run of the command line fetched and used them, that counts.
func (l *ledger) identityCenter(s *Session, face *cloudtrail.Identity, _ string) []clue {
	set, ok := permissionSet(s.Role)
	if !ok {
		return nil
	}
	runs := map[string]bool{}
	for _, a := range s.Agents {
		runs[processID(a)] = true
	}
	delete(runs, "")
	var out, one []clue
	for _, i := range l.stamps(l.portal, s) {
		m := l.all[i]
		if !slices.Contains(s.IPs, m.Ref.IP) {
			continue
		}
		if m.RoleName != "" && m.RoleName != set && m.RoleName != s.Role || m.Account != "" && m.Account != s.Account {
			continue
		}
		if !l.sameUser(m, s) {
			continue
		}
		why := " from the same address in the second the credentials were created; Identity Center leaves no firmer trace"
		if runs[processID(m.Agent)] {
			one = append(one, clue{i, ByInference, Inferred, m.Call + " by the same run of a program," + why})
		}
		out = append(out, clue{i, ByInference, Inferred, m.Call + why})
	}
	if len(one) > 0 {
		return one
	}
	return out
}

// processID is the token by which AWS's command line tells one run of it from others
// in its user agents, "sid/" and hexadecimal digits; "" without one.
func processID(agent string) string {
	_, id, found := strings.Cut(agent, " sid/")
	if !found {
		return ""
	}
	id, _, _ = strings.Cut(id, " ")
	return id
}

// signInToken: the last token for signing in that the same principal asked for,
// as long as such a token is good.
func (l *ledger) signInToken(s *Session, _ *cloudtrail.Identity, person string) []clue {
	if s.Kind != Console && s.Kind != SignIn || s.Created == cloudtrail.NoTime {
		return nil
	}
	var out []clue
	for _, i := range l.byPerson[person] { // by time
		m := l.all[i]
		if m.Call != "GetSigninToken" || m.Ref.Time == cloudtrail.NoTime || s.Created-m.Ref.Time > TokenLife.Microseconds() || m.Ref.Time > s.Created+stampTolerance {
			continue
		}
		if len(out) > 0 && l.all[out[0].mint].Ref.Time < m.Ref.Time {
			out = out[:0]
		}
		out = append(out, clue{i, ByInference, Inferred, "the last GetSigninToken of the same principal before the console session began, at most a quarter of an hour: as long as its token is good"})
	}
	return out
}

// sameUser reports whether a session may be that of the user a portal gave
// credentials to. Before July 2025 the portal's own records name the user;
// Identity Center's user names don't go by case.
func (l *ledger) sameUser(m issued, s *Session) bool {
	if behalf := m.Ref.Who.OnBehalfOf; behalf != "" && s.Behalf != "" {
		return behalf == s.Behalf
	}
	name := l.names[m.Ref.Who.OnBehalfOf]
	if name == "" && !cloudtrail.Masked(m.SessionName) {
		name = m.SessionName
	}
	return name == "" || strings.EqualFold(name, s.SessionName)
}

// permissionSet returns the permission set of an Identity Center role,
// AWSReservedSSO_<set>_<16 hex digits>.
func permissionSet(role string) (string, bool) {
	rest, ok := strings.CutPrefix(role, "AWSReservedSSO_")
	if cut := strings.LastIndexByte(rest, '_'); ok && cut > 0 {
		return rest[:cut], true
	}
	return rest, ok
}
