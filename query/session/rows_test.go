package session_test

import (
	"spoor/loader/cloudtrail"
)

// mintFixtures has one fixture per row of the table of mints (fact sheet 3.1).
func mintFixtures() []fixture {
	alice := user("alice", "AKIAALICE0000001")
	deploy := role(acct, "Deploy", "alice-laptop", "ASIADEPLOY000001", 60)
	saml := cloudtrail.Identity{Type: "SAMLUser", PrincipalID: "idp:carol", UserName: "carol@corp.example", Provider: "idp", Account: acct,
		Created: cloudtrail.NoTime, Kind: cloudtrail.KindFederated, Actor: "carol@corp.example via SAML"}
	oidc := cloudtrail.Identity{Type: "WebIdentityUser", PrincipalID: "token.actions:aud:repo:org/x:ref:main", UserName: "repo:org/x:ref:main",
		Provider: "token.actions.githubusercontent.com", Created: cloudtrail.NoTime, Kind: cloudtrail.KindFederated, Actor: "repo:org/x:ref:main via GitHub"}
	fed := cloudtrail.Identity{Type: "FederatedUser", PrincipalID: acct + ":guest", ARN: "arn:aws:sts::" + acct + ":federated-user/guest", Account: acct,
		AccessKey: "ASIAFEDERATED001", SessionName: "guest", IssuerType: "IAMUser", IssuerARN: alice.ARN, Created: at(60), Kind: cloudtrail.KindFederated, Actor: "guest (federated by alice)"}
	byRoot := fed
	byRoot.IssuerType, byRoot.IssuerARN = "Root", "arn:aws:iam::"+acct+":root"
	rootB := cloudtrail.Identity{Type: "Root", PrincipalID: acctB, ARN: "arn:aws:iam::" + acctB + ":root", Account: acctB, AccessKey: "ASIAROOT00000001",
		Created: at(60), AssumedRoot: true, Kind: cloudtrail.KindRoot, Actor: "root (AssumeRoot)@" + acctB}
	fixtures := []fixture{
		{
			name: "AssumeRole: the issued key",
			events: []event{assume("mint", 60, alice, idle, acct, "Deploy", "alice-laptop", "ASIADEPLOY000001"),
				do("use", 70, deploy, byKey, "ec2", "RunInstances")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants: []want{{event: "use", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 1},
				{event: "mint", root: "alice", sure: "exact"}},
		},
		{
			name: "AssumeRole: key hidden, role and session name in the second",
			events: []event{assume("mint", 60, alice, idle, acct, "Deploy", "alice-laptop", ""),
				do("use", 70, role(acct, "Deploy", "alice-laptop", "***", 61), byKey, "ec2", "RunInstances"),
				do("late", 75, role(acct, "Deploy", "alice-laptop", "***", 63), byKey, "ec2", "RunInstances")},
			sessions: [][]string{{"mint"}, {"use"}, {"late"}},
			wants: []want{{event: "use", parent: "mint", evidence: "mint", link: "role-session", confidence: "by time", root: "alice", sure: "by time", depth: 1},
				{event: "late", root: "Deploy/alice-laptop", sure: "unknown"}},
		},
		{
			name: "AssumeRoleWithSAML",
			events: []event{mint(do("mint", 60, saml, idle, "sts", "AssumeRoleWithSAML"), cloudtrail.Mint{IssuedKey: "ASIADEPLOY000001", RoleARN: deploy.RoleARN, SessionName: "alice-laptop"}),
				do("use", 70, deploy, byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "carol@corp.example", sure: "exact", depth: 1}},
		},
		{
			name: "AssumeRoleWithWebIdentity",
			events: []event{mint(do("mint", 60, oidc, idle, "sts", "AssumeRoleWithWebIdentity"), cloudtrail.Mint{IssuedKey: "ASIADEPLOY000001", RoleARN: deploy.RoleARN, SessionName: "alice-laptop"}),
				do("use", 70, deploy, byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "repo:org/x:ref:main", sure: "exact", depth: 1}},
		},
		{
			name: "AssumeRoot into a member account",
			events: []event{mint(do("mint", 60, alice, idle, "sts", "AssumeRoot"), cloudtrail.Mint{IssuedKey: "ASIAROOT00000001", Target: acctB}),
				do("use", 70, rootB, byKey, "s3", "DeleteBucketPolicy")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 1}},
		},
		{
			name:     "AssumeRoot not loaded",
			events:   []event{do("use", 70, rootB, byKey, "s3", "DeleteBucketPolicy")},
			sessions: [][]string{{"use"}},
			wants:    []want{{event: "use", root: rootB.Actor, sure: "unknown"}},
		},
		{
			name: "GetSessionToken",
			events: []event{mint(do("mint", 60, alice, idle, "sts", "GetSessionToken"), cloudtrail.Mint{IssuedKey: "ASIATOKEN0000001"}),
				do("use", 70, stamp(alice, "ASIATOKEN0000001", 60), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 1}},
		},
		{
			name: "GetSessionToken, the key hidden",
			events: []event{mint(do("mint", 60, alice, idle, "sts", "GetSessionToken"), cloudtrail.Mint{}),
				do("use", 70, stamp(alice, "***", 60), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", parent: "mint", evidence: "mint", link: "role-session", confidence: "by time", root: "alice", sure: "by time", depth: 1}},
		},
		{
			name: "GetFederationToken, the key hidden",
			events: []event{mint(do("mint", 60, alice, idle, "sts", "GetFederationToken"), cloudtrail.Mint{SessionName: "guest"}),
				do("use", 70, masked(fed), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", parent: "mint", evidence: "mint", link: "role-session", confidence: "by time", root: "alice", sure: "by time", depth: 1}},
		},
		{
			name: "AssumeRoot, the key hidden",
			events: []event{mint(do("mint", 60, alice, idle, "sts", "AssumeRoot"), cloudtrail.Mint{Target: acctB}),
				do("use", 70, masked(rootB), byKey, "s3", "DeleteBucketPolicy")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", parent: "mint", evidence: "mint", link: "role-session", confidence: "by time", root: "alice", sure: "by time", depth: 1}},
		},
		{
			name: "GetFederationToken",
			events: []event{mint(do("mint", 60, alice, idle, "sts", "GetFederationToken"), cloudtrail.Mint{IssuedKey: "ASIAFEDERATED001", SessionName: "guest"}),
				do("use", 70, fed, byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 1}},
		},
		{
			name:     "GetFederationToken not loaded: the record names the issuer",
			events:   []event{do("use", 70, fed, byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"use"}},
			wants:    []want{{event: "use", root: "alice", sure: "exact"}},
		},
		{
			name:     "GetFederationToken of root, not loaded",
			events:   []event{do("use", 70, byRoot, byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"use"}},
			wants:    []want{{event: "use", root: "root@" + acct, sure: "exact"}},
		},
		{
			name: "CreateAccessKey: a long-term key made by another user",
			events: []event{mint(do("mint", 60, alice, idle, "iam", "CreateAccessKey"), cloudtrail.Mint{IssuedKey: "AKIABACKDOOR0001", Target: "backdoor"}),
				do("use", 90000, user("backdoor", "AKIABACKDOOR0001"), idle, "s3", "ListBuckets")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "alice", sure: "inferred", depth: 1}},
		},
	}
	return append(append(fixtures, consoleFixtures()...), portalFixtures()...)
}

func consoleFixtures() []fixture {
	guest := func(key string, created float64) cloudtrail.Identity {
		id := cloudtrail.Identity{Type: "FederatedUser", PrincipalID: acct + ":guest", ARN: "arn:aws:sts::" + acct + ":federated-user/guest", Account: acct, AccessKey: key, SessionName: "guest",
			IssuerType: "IAMUser", IssuerARN: user("alice", "").ARN, Created: cloudtrail.NoTime, Kind: cloudtrail.KindFederated, Actor: "guest (federated by alice)"}
		if created >= 0 {
			id.Created = at(created)
		}
		return id
	}
	bare := user("alice", "")
	admin := role(acctB, "Admin", "alice", "", -1)
	work := role(acctB, "Admin", "alice", "ASIACONSOLE00009", 200)
	caller := role(acct, "Broker", "broker", "ASIABROKER000001", 50)
	failure := denied(do("failure", 90, bare, idle, "signin", "ConsoleLogin"))
	return []fixture{
		{
			name: "ConsoleLogin with its second factor, a failure before it and many keys after",
			events: []event{failure, do("mfa", 98, bare, idle, "signin", "CheckMfa"), login("login", 100, bare),
				do("a", 120, stamp(bare, "ASIACONSOLE00001", 100), console, "ec2", "DescribeVpcs"),
				do("b", 4000, stamp(bare, "ASIACONSOLE00002", 100), byKey, "ec2", "DescribeVpcs"),
				from(do("c", 4001, via(bare, "health.amazonaws.com", "ASIACONSOLE00003", 100), forward, "health", "DescribeEventAggregates"), "health.amazonaws.com")},
			sessions: [][]string{{"failure"}, {"mfa", "login", "a", "b", "c"}},
			wants:    []want{{event: "a", root: "alice", sure: "exact"}},
		},
		{
			name:     "ConsoleLogin without anything after it",
			events:   []event{login("login", 100, bare)},
			sessions: [][]string{{"login"}},
			wants:    []want{{event: "login", root: "alice", sure: "exact"}},
		},
		{
			name: "SwitchRole with its twins from AWS Internal, and work under another key",
			events: []event{login("login", 100, bare), do("before", 150, stamp(bare, "ASIACONSOLE00001", 100), console, "ec2", "DescribeVpcs"),
				shared(in(assume("twinA", 200, stamp(bare, "ASIACONSOLE00002", 100), console, acctB, "Admin", "alice", "ASIAOTHER0000001"), acct), "s1"),
				shared(in(assume("twinB", 200, foreign("AIDAalice", acct), idle, acctB, "Admin", "alice", "ASIAOTHER0000001"), acctB), "s1"),
				mint(do("switch", 200, admin, idle, "signin", "SwitchRole"), cloudtrail.Mint{From: bare.ARN, Principal: admin.PrincipalID}),
				do("use", 210, work, console, "iam", "ListUsers")},
			sessions: [][]string{{"login", "before", "twinA"}, {"twinB"}, {"switch", "use"}},
			wants: []want{{event: "use", parent: "login", evidence: "twinA", link: "shared-event", confidence: "by time", root: "alice", sure: "by time", depth: 1},
				{event: "twinB", parent: "login", evidence: "twinA", link: "shared-event", confidence: "exact", root: "alice", sure: "exact", depth: 1}},
		},
		{
			name: "SwitchRole alone names the previous principal",
			events: []event{login("login", 100, bare), do("before", 150, stamp(bare, "ASIACONSOLE00001", 100), console, "ec2", "DescribeVpcs"),
				mint(do("switch", 200, admin, idle, "signin", "SwitchRole"), cloudtrail.Mint{From: bare.ARN, Principal: admin.PrincipalID}),
				do("use", 210, work, console, "iam", "ListUsers")},
			sessions: [][]string{{"login", "before"}, {"switch", "use"}},
			wants:    []want{{event: "use", parent: "login", evidence: "switch", link: "role-session", confidence: "by time", root: "alice", sure: "by time", depth: 1}},
		},
		{
			name: "ExitRole goes back to the session before, which goes on",
			events: []event{login("login", 100, bare), do("before", 150, stamp(bare, "ASIACONSOLE00001", 100), console, "ec2", "DescribeVpcs"),
				mint(do("switch", 200, admin, idle, "signin", "SwitchRole"), cloudtrail.Mint{From: bare.ARN, Principal: admin.PrincipalID}),
				do("use", 210, work, console, "iam", "ListUsers"),
				mint(do("exit", 300, stamp(admin, "", 200), idle, "signin", "ExitRole"), cloudtrail.Mint{Principal: admin.PrincipalID}),
				do("after", 310, stamp(bare, "ASIACONSOLE00003", 100), console, "ec2", "DescribeVpcs")},
			sessions: [][]string{{"login", "before", "after"}, {"switch", "use", "exit"}},
			wants: []want{{event: "exit", parent: "login", evidence: "switch", link: "role-session", confidence: "by time", root: "alice", sure: "by time", depth: 1},
				{event: "after", root: "alice", sure: "exact"}},
		},
		{
			name: "GetSigninToken: temporary credentials become a console session",
			events: []event{assume("mint", 50, user("alice", "AKIAALICE0000001"), idle, acct, "Broker", "broker", "ASIABROKER000001"),
				do("cli", 55, caller, byKey, "sts", "GetCallerIdentity"),
				mint(do("token", 60, caller, byKey, "signin", "GetSigninToken"), cloudtrail.Mint{IssuedKey: "ASIABROKER000001"}),
				do("web", 70, stamp(caller, "ASIACONSOLE00004", 50), console, "ec2", "DescribeVpcs")},
			sessions: [][]string{{"mint"}, {"cli", "token", "web"}},
			wants:    []want{{event: "web", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 1}},
		},
		{
			name: "ConsoleLogin of federated credentials opens a session of its own",
			events: []event{mint(do("token", 60, caller, byKey, "signin", "GetSigninToken"), cloudtrail.Mint{IssuedKey: "ASIABROKER000001"}),
				mint(do("login", 61, caller, byKey, "signin", "ConsoleLogin"), cloudtrail.Mint{Principal: caller.PrincipalID}),
				do("web", 70, stamp(caller, "ASIACONSOLE00004", 61), console, "ec2", "DescribeVpcs")},
			sessions: [][]string{{"token", "login"}, {"web"}},
			wants:    []want{{event: "web", parent: "token", evidence: "login", link: "role-session", confidence: "by time", root: "Broker/broker", sure: "unknown", depth: 1}},
		},
		{
			name: "a federation token turned into a console session that has its own second, by the last token before it",
			events: []event{mint(do("fed", 60, user("alice", "AKIAALICE0000001"), idle, "sts", "GetFederationToken"), cloudtrail.Mint{IssuedKey: "ASIAGUEST0000001", SessionName: "guest", Principal: guest("", -1).PrincipalID}),
				mint(do("token", 65, guest("ASIAGUEST0000001", 60), byKey, "signin", "GetSigninToken"), cloudtrail.Mint{IssuedKey: "ASIAGUEST0000001"}),
				mint(do("login", 95, guest("", -1), idle, "signin", "ConsoleLogin"), cloudtrail.Mint{}), do("web", 100, guest("ASIACONSOLE00005", 95), console, "iam", "CreateUser"),
				mint(do("stale", 2000, guest("", -1), idle, "signin", "ConsoleLogin"), cloudtrail.Mint{})},
			sessions: [][]string{{"fed"}, {"token"}, {"login", "web"}, {"stale"}},
			wants: []want{{event: "web", parent: "token", evidence: "token", link: "inferred", confidence: "inferred", root: "alice", sure: "inferred", depth: 2},
				{event: "stale", root: "alice", sure: "exact"}},
		},
		{
			name: "aws login: the new key keeps the console session's principal and creation time",
			events: []event{login("login", 100, bare), do("web", 120, stamp(bare, "ASIACONSOLE00001", 100), console, "ec2", "DescribeVpcs"),
				mint(do("grant", 130, stamp(bare, "ASIACONSOLE00001", 100), console, "signin", "AuthorizeOAuth2Access"), cloudtrail.Mint{}),
				mint(do("token", 131, stamp(bare, "ASIACONSOLE00001", 100), console, "signin", "CreateOAuth2Token"), cloudtrail.Mint{}),
				do("cli", 140, stamp(bare, "ASIALOGIN0000001", 100), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"login", "web", "grant", "token", "cli"}},
			wants:    []want{{event: "cli", root: "alice", sure: "exact"}},
		},
	}
}

func portalFixtures() []fixture {
	bare := user("alice", "")
	arn := "arn:aws:signin:us-east-1:" + acct + ":session/11111111-2222-3333-4444-555555555555"
	oauth := func(key string, created float64) cloudtrail.Identity {
		id := stamp(bare, key, created)
		id.SignInSession = arn
		return id
	}
	center := cloudtrail.Identity{Type: "IdentityCenterUser", Account: acct, OnBehalfOf: "92670f4c-user", CredentialID: "portal-1",
		Created: cloudtrail.NoTime, Kind: cloudtrail.KindSSO, Actor: "92670f4c"}
	other := center
	other.OnBehalfOf, other.CredentialID = "5f0c0000-user", "portal-2"
	other.Actor, center.Actor = "Identity Center user 5f0c0000", "Identity Center user 92670f4c"
	set := role(acctB, "AWSReservedSSO_Admin_0123456789abcdef", "dana@corp.example", "ASIASSO000000001", 70)
	set.Kind = cloudtrail.KindSSO
	behalf := set
	behalf.OnBehalfOf = "92670f4c-user"
	step := func(id string, t float64, call string) event {
		return mint(do(id, t, center, idle, "signin", call), cloudtrail.Mint{SessionName: "dana@corp.example"})
	}
	old := func(name string) cloudtrail.Identity {
		return cloudtrail.Identity{Type: "Unknown", Account: acct, PrincipalID: "92670f4c-" + name, UserName: name, Created: cloudtrail.NoTime, Kind: cloudtrail.KindUnknown, Actor: name}
	}
	return []fixture{
		{
			name: "OAuth grant: one sign-in session ARN over two keys",
			events: []event{do("web", 120, stamp(bare, "ASIACONSOLE00001", 100), console, "ec2", "DescribeVpcs"),
				mint(do("token", 131, stamp(bare, "ASIACONSOLE00001", 100), console, "signin", "CreateOAuth2Token"), cloudtrail.Mint{SignIn: arn}),
				do("k1", 140, oauth("ASIAOAUTH0000001", 131), signin, "s3", "ListBuckets"),
				do("k2", 9000, oauth("ASIAOAUTH0000002", 8000), signin, "s3", "ListBuckets"),
				do("k2 unmarked", 9001, stamp(bare, "ASIAOAUTH0000002", 8000), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"web", "token"}, {"k1", "k2", "k2 unmarked"}},
			wants:    []want{{event: "k2", parent: "web", evidence: "token", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 1}},
		},
		{
			name: "Identity Center: the triple, token polling, credentials in the same second",
			events: []event{step("challenge", 50, "CredentialChallenge"), step("verify", 55, "CredentialVerification"), step("auth", 56, "UserAuthentication"),
				do("poll1", 60, center, idle, "sso", "CreateToken"), do("poll2", 65, center, idle, "sso", "CreateToken"),
				mint(do("creds", 70, center, idle, "sso", "GetRoleCredentials"), cloudtrail.Mint{RoleName: "Admin", Account: acctB}),
				do("use", 75, set, byKey, "s3", "ListBuckets"), do("behalf", 80, behalf, byKey, "q", "SendMessage")},
			sessions: [][]string{{"challenge", "verify", "auth", "poll1", "poll2", "creds"}, {"use", "behalf"}},
			wants: []want{{event: "use", parent: "creds", evidence: "creds", link: "inferred", confidence: "inferred", root: "dana@corp.example", sure: "inferred", depth: 1},
				{event: "auth", root: "dana@corp.example", sure: "exact"}},
		},
		{
			name: "Identity Center: Federate opens the console with a permission set",
			events: []event{step("auth", 56, "UserAuthentication"), mint(do("federate", 70, center, idle, "sso", "Federate"), cloudtrail.Mint{RoleName: "Admin", Account: acctB}),
				do("web", 75, stamp(set, "ASIACONSOLE00007", 70), console, "ec2", "DescribeVpcs"), do("web2", 80, stamp(set, "ASIACONSOLE00008", 70), console, "ec2", "DescribeVpcs")},
			sessions: [][]string{{"auth", "federate"}, {"web", "web2"}},
			wants:    []want{{event: "web2", parent: "federate", evidence: "federate", link: "inferred", confidence: "inferred", root: "dana@corp.example", sure: "inferred", depth: 1}},
		},
		{
			name: "Identity Center: two portals hand out one permission set in a second, to one address",
			events: []event{mint(do("creds", 70, center, idle, "sso", "GetRoleCredentials"), cloudtrail.Mint{RoleName: "Admin", Account: acctB}),
				mint(do("creds2", 70, other, idle, "sso", "GetRoleCredentials"), cloudtrail.Mint{RoleName: "Admin", Account: acctB}),
				do("use", 75, set, byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"creds"}, {"creds2"}, {"use"}},
			wants:    []want{{event: "use", root: "dana@corp.example", sure: "inferred", candidates: 2}},
		},
		{
			name: "Identity Center: the name that signed in tells two portals apart",
			events: []event{step("auth", 56, "UserAuthentication"), mint(do("creds", 70, center, idle, "sso", "GetRoleCredentials"), cloudtrail.Mint{RoleName: "Admin", Account: acctB}),
				mint(do("auth2", 57, other, idle, "signin", "UserAuthentication"), cloudtrail.Mint{SessionName: "eve@corp.example"}),
				mint(do("creds2", 70, other, idle, "sso", "GetRoleCredentials"), cloudtrail.Mint{RoleName: "Admin", Account: acctB}),
				do("use", 75, set, byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"auth", "creds"}, {"auth2", "creds2"}, {"use"}},
			wants:    []want{{event: "use", parent: "creds", evidence: "creds", link: "inferred", confidence: "inferred", root: "dana@corp.example", sure: "inferred", depth: 1}},
		},
		{
			name: "Identity Center: onBehalfOf on one event of a session tells two portals apart",
			events: []event{mint(do("creds", 70, center, idle, "sso", "GetRoleCredentials"), cloudtrail.Mint{RoleName: "Admin", Account: acctB}),
				mint(do("creds2", 70, other, idle, "sso", "GetRoleCredentials"), cloudtrail.Mint{RoleName: "Admin", Account: acctB}),
				do("use", 75, set, byKey, "s3", "ListBuckets"), do("behalf", 80, behalf, byKey, "q", "SendMessage")},
			sessions: [][]string{{"creds"}, {"creds2"}, {"use", "behalf"}},
			wants:    []want{{event: "use", parent: "creds", evidence: "creds", link: "inferred", confidence: "inferred", root: "dana@corp.example", sure: "inferred", depth: 1}},
		},
		{
			name: "Identity Center before July 2025: type Unknown, the portal's own events name the user, in letters of another case",
			events: []event{mint(do("creds", 70, old("Dana@corp.example"), idle, "sso", "GetRoleCredentials"), cloudtrail.Mint{SessionName: "Dana@corp.example", RoleName: "Admin", Account: acctB}),
				mint(do("creds2", 70, old("eve@corp.example"), idle, "sso", "GetRoleCredentials"), cloudtrail.Mint{SessionName: "eve@corp.example", RoleName: "Admin", Account: acctB}),
				do("use", 75, set, byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"creds"}, {"creds2"}, {"use"}},
			wants:    []want{{event: "use", parent: "creds", evidence: "creds", link: "inferred", confidence: "inferred", root: "Dana@corp.example", sure: "inferred", depth: 1}},
		},
		{
			name: "an application's role on behalf of an Identity Center user, whose name the sign-in tells",
			events: []event{step("auth", 56, "UserAuthentication"), do("use", 75, role(acctB, "Reports", "app", "ASIAREPORTS00001", 70), byKey, "s3", "ListBuckets"),
				do("behalf", 80, onBehalf(role(acctB, "Reports", "app", "ASIAREPORTS00001", 70), "92670f4c-user"), byKey, "q", "SendMessage")},
			sessions: [][]string{{"auth"}, {"use", "behalf"}},
			wants:    []want{{event: "use", root: "dana@corp.example", sure: "exact"}},
		},
		{
			name: "what an application's role goes on to is on the user's behalf, too; who is not named has an id",
			events: []event{do("behalf", 80, onBehalf(role(acctB, "Reports", "app", "ASIAREPORTS00001", 70), "92670f4c-user"), byKey, "q", "SendMessage"),
				assume("mint", 90, role(acctB, "Reports", "app", "ASIAREPORTS00001", 70), byKey, acctB, "Store", "app", "ASIASTORE0000001"), do("next", 95, role(acctB, "Store", "app", "ASIASTORE0000001", 90), byKey, "s3", "GetObject")},
			sessions: [][]string{{"behalf", "mint"}, {"next"}},
			wants:    []want{{event: "next", parent: "mint", evidence: "mint", link: "issued-key", confidence: "exact", root: "Identity Center user 92670f4c", sure: "exact", depth: 1}},
		},
		{
			name:     "S3 Express: CreateSession and the data calls after it carry one identity",
			events:   []event{do("create", 70, stamp(bare, "ASIAEXPRESS00001", 60), byKey, "s3express", "CreateSession"), do("get", 71, stamp(bare, "ASIAEXPRESS00001", 60), byKey, "s3express", "GetObject")},
			sessions: [][]string{{"create", "get"}},
		},
		{
			name: "Identity Center: another address in the same second is no link",
			events: []event{from(mint(do("creds", 70, center, idle, "sso", "GetRoleCredentials"), cloudtrail.Mint{}), away),
				do("use", 75, set, byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"creds"}, {"use"}},
			wants:    []want{{event: "use", root: "dana@corp.example", sure: "exact"}},
		},
	}
}
