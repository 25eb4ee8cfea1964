package loadgen

import "fmt"

// refresh begins a new session of an actor whose last one is over, with the event
// that issues its credentials.
func (g *generator) refresh(c *cell, s *slot) {
	if g.now < s.until {
		return
	}
	s.created = g.now
	s.until = g.now + 3600*int64(1+g.rng.IntN(12))
	switch s.kind {
	case userKey:
		if s.key == "" {
			s.key = "AKIA" + g.alnumUpper(16)
			s.identity = c.acc.userIdentity(s, "")
		}
	case service:
		s.identity = `{"type":"AWSService","invokedBy":"autoscaling.amazonaws.com"}`
		s.host, s.agent = "autoscaling.amazonaws.com", "autoscaling.amazonaws.com"
	case console:
		s.key = "ASIA" + g.alnumUpper(16)
		g.consoleLogin(c, s)
		s.identity = c.acc.userIdentity(s, fmt.Sprintf(`,"sessionContext":{"attributes":{"creationDate":"%s","mfaAuthenticated":"%t"}}`,
			stamp(s.created), s.host[len(s.host)-1]%2 == 0))
	default:
		s.key = "ASIA" + g.alnumUpper(16)
		if s.parent != nil {
			g.refresh(c, s.parent)
		}
		g.assumeRole(c, s)
		s.identity = c.acc.roleIdentity(s)
	}
	g.who[s.identity] = struct{}{}
}

func (a *account) userIdentity(s *slot, context string) string {
	return fmt.Sprintf(`{"type":"IAMUser","principalId":"%s","arn":"arn:aws:iam::%s:user/%s","accountId":"%[2]s","accessKeyId":"%[4]s","userName":"%[3]s"%[5]s}`,
		a.principals[s.name], a.id, s.name, s.key, context)
}

func (a *account) roleIdentity(s *slot) string {
	more := ""
	switch s.kind {
	case instance:
		more = `,"ec2RoleDelivery":"2.0"`
	case saml:
		more = `,"sourceIdentity":"` + s.session + `"`
	}
	return fmt.Sprintf(`{"type":"AssumedRole","principalId":"%[1]s:%[2]s","arn":"arn:aws:sts::%[3]s:assumed-role/%[4]s/%[2]s","accountId":"%[3]s","accessKeyId":"%[5]s",`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"%[1]s","arn":"arn:aws:iam::%[3]s:role/team/%[4]s","accountId":"%[3]s","userName":"%[4]s"},`+
		`"webIdFederationData":{},"attributes":{"creationDate":"%[6]s","mfaAuthenticated":"false"}%[7]s}}`,
		a.principals[s.name], s.session, a.id, s.name, s.key, stamp(s.created), more)
}

func (g *generator) consoleLogin(c *cell, s *slot) {
	identity := fmt.Sprintf(`{"type":"IAMUser","principalId":"%s","arn":"arn:aws:iam::%s:user/%s","accountId":"%[2]s","userName":"%[3]s"}`,
		c.acc.principals[s.name], c.acc.id, s.name)
	g.begin(c, identity, "signin.amazonaws.com", "ConsoleLogin", s.host, s.agent)
	g.buf = append(g.buf, `,"requestParameters":null,"responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"LoginTo":"https://console.aws.amazon.com/console/home","MobileVersion":"No","MFAUsed":"Yes"}`...)
	g.end(c, false, "AwsConsoleSignIn", "", true)
	g.sum.Sessions++
}

// assumeRole issues the key of a role session to whoever takes the role.
func (g *generator) assumeRole(c *cell, s *slot) {
	caller, name, host, agent := "", "AssumeRole", s.host, s.agent
	switch {
	case s.kind == instance:
		caller, host = `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, "ec2.amazonaws.com"
		agent = host
	case s.kind == function:
		caller, host = `{"type":"AWSService","invokedBy":"lambda.amazonaws.com"}`, "lambda.amazonaws.com"
		agent = host
	case s.kind == saml:
		name = "AssumeRoleWithSAML"
		caller = fmt.Sprintf(`{"type":"SAMLUser","principalId":"Z0abc:%[1]s","userName":"%[1]s","identityProvider":"Z0abc"}`, s.session)
	default:
		caller = s.parent.identity
	}
	g.begin(c, caller, "sts.amazonaws.com", name, host, agent)
	g.buf = fmt.Appendf(g.buf, `,"requestParameters":{"roleArn":"arn:aws:iam::%[1]s:role/team/%[2]s","roleSessionName":"%[3]s","durationSeconds":%[4]d},`+
		`"responseElements":{"credentials":{"accessKeyId":"%[5]s","sessionToken":"%[6]s","expiration":"%[7]s"},`,
		c.acc.id, s.name, s.session, s.until-s.created, s.key, g.alnum(340), stamp(s.until))
	if s.kind == instance || s.kind == function {
		g.buf = append(g.buf[:len(g.buf)-1], '}')
	} else {
		g.buf = fmt.Appendf(g.buf, `"assumedRoleUser":{"assumedRoleId":"%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%[2]s"}}`,
			c.acc.principals[s.name], s.session, c.acc.id, s.name)
	}
	resource := fmt.Sprintf(`[{"accountId":"%s","type":"AWS::IAM::Role","ARN":"arn:aws:iam::%[1]s:role/team/%s"}]`, c.acc.id, s.name)
	g.end(c, true, "AwsApiCall", resource, true)
	g.sum.Sessions++
}
