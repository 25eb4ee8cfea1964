package session_test

import (
	"spoor/loader/cloudtrail"
)

// trapFixtures has the traps of 3.2, 3.3 and section 10 that the rows don't show.
func trapFixtures() []fixture {
	alice := user("alice", "AKIAALICE0000001")
	burstEvents, burstIDs := burst(13)
	app := func(key string, created float64) cloudtrail.Identity {
		id := kind(role(acct, "App", "i-0123456789abcdef0", key, created), cloudtrail.KindInstance)
		id.EC2Delivery = "1.0"
		return id
	}
	bare := func(e event) event { e.Mint.Principal, e.Mint.Target = "", ""; return e }
	src := role(acct, "Ops", "s", "ASIASOURCE000001", 60)
	src.SourceIdentity = "erin@corp.example"
	linked := kind(role(acct, "AWSServiceRoleForRDS", "SLRManagement", "", 60), cloudtrail.KindServiceLinked)
	lambda, task := kind(role(acct, "FnRole", "pay", "ASIALAMBDA000002", 60), cloudtrail.KindWorkload), kind(role(acct, "TaskRole", "1f2e3d", "ASIAECSTASK00001", 60), cloudtrail.KindWorkload)
	lambda.CredentialsFor, task.CredentialsFor = "arn:aws:lambda:us-east-1:"+acct+":function:pay", "arn:aws:ecs:us-east-1:"+acct+":task/shop/1f2e3d"
	bob, eve := role(acct, "Shared", "bob", "AKIA****************", 60), role(acct, "Shared", "eve", "AKIA****************", 60)
	return []fixture{
		{
			name:   "forward access: thirteen keys, one call behind them",
			events: burstEvents, sessions: [][]string{burstIDs},
			wants: []want{{event: "decrypt3", root: "alice", sure: "exact"}},
		},
		{
			name: "forward access: no call of that service in the minute before",
			events: []event{do("call", 100, alice, idle, "secretsmanager", "GetSecretValue"), do("other", 190, alice, idle, "s3", "ListBuckets"),
				from(do("decrypt", 200, via(alice, "secretsmanager.amazonaws.com", "ASIAFORWARD0001", 199), forward, "kms", "Decrypt"), "secretsmanager.amazonaws.com")},
			sessions: [][]string{{"call", "other"}, {"decrypt"}},
			wants:    []want{{event: "decrypt", root: "alice", sure: "exact"}},
		},
		{
			name: "forward access: the latest of two sessions that called",
			events: []event{do("a", 100, alice, idle, "s3", "GetObject"), from(do("b", 110, alice, idle, "s3", "GetObject"), away),
				from(do("decrypt", 111, via(alice, "s3.amazonaws.com", "ASIAFORWARD0001", 111), forward, "kms", "Decrypt"), "s3.amazonaws.com")},
			sessions: [][]string{{"a"}, {"b", "decrypt"}},
		},
		{
			name: "forward access: AWS Internal, which looks like the console, by the latest call of any service",
			events: []event{do("put", 100, alice, idle, "ssm", "PutParameter"),
				from(do("k1", 101, via(alice, "AWS Internal", "ASIAFORWARD0001", 101), console, "kms", "Encrypt"), "AWS Internal"),
				from(do("k2", 110, via(alice, "AWS Internal", "ASIAFORWARD0002", 101), console, "kms", "Encrypt"), "AWS Internal")},
			sessions: [][]string{{"put", "k1", "k2"}},
		},
		{
			name: "service-linked role without a key; a function's role",
			events: []event{bare(assume("slr", 60, service("rds.amazonaws.com"), ofSvc, acct, "AWSServiceRoleForRDS", "SLRManagement", "ASIANEVERUSED001")),
				do("eni", 60, via(linked, "rds.amazonaws.com", "", 60), console, "ec2", "CreateNetworkInterface"),
				bare(assume("fn", 60, service("lambda.amazonaws.com"), ofSvc, acct, "FnRole", "resize", "ASIAFUNCTION0001")),
				do("run", 61, role(acct, "FnRole", "resize", "ASIAFUNCTION0001", 60), byKey, "s3", "GetObject")},
			sessions: [][]string{{"slr"}, {"eni"}, {"fn"}, {"run"}},
			wants: []want{{event: "eni", parent: "slr", evidence: "slr", link: "role-session", confidence: "by time", root: "service: rds.amazonaws.com", sure: "by time", depth: 1},
				{event: "run", parent: "fn", evidence: "fn", link: "issued-key", confidence: "exact", root: "resize", sure: "exact", depth: 1}},
		},
		{
			name:     "two people in one role with masked keys",
			events:   []event{do("bob", 70, bob, byKey, "s3", "ListBuckets"), do("eve", 71, eve, byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"bob"}, {"eve"}},
		},
		{
			name: "masked keys without creation time never merge people",
			events: []event{do("a", 70, user("ann", "***"), idle, "s3", "ListBuckets"), do("b", 71, user("ben", "***"), idle, "s3", "ListBuckets"),
				do("c", 72, user("ann", "HIDDEN_DUE_TO_SECURITY_REASONS"), byKey, "s3", "ListBuckets"), do("d", 73, user("ben", ""), idle, "s3", "ListBuckets")},
			sessions: [][]string{{"a"}, {"b"}, {"c"}, {"d"}},
		},
		{
			name: "a key refresh is a new session of the same actor",
			events: []event{bare(assume("m1", 60, service("ec2.amazonaws.com"), ofSvc, acct, "App", "i-0123456789abcdef0", "ASIAINSTANCE0001")),
				bare(assume("m2", 20000, service("ec2.amazonaws.com"), ofSvc, acct, "App", "i-0123456789abcdef0", "ASIAINSTANCE0002")),
				from(do("u1", 70, app("ASIAINSTANCE0001", 60), byKey, "s3", "ListBuckets"), "10.0.0.5"),
				from(do("u2", 20010, app("ASIAINSTANCE0002", 20000), byKey, "s3", "ListBuckets"), "10.0.0.5"),
				from(do("theft", 20050, app("ASIAINSTANCE0002", 20000), byKey, "s3", "ListBuckets"), away)},
			sessions: [][]string{{"m1", "m2"}, {"u1"}, {"u2", "theft"}},
			wants: []want{{event: "u1", parent: "m1", evidence: "m1", link: "issued-key", confidence: "exact", root: "i-0123456789abcdef0", sure: "exact", depth: 1},
				{event: "u2", parent: "m2", evidence: "m2", link: "issued-key", confidence: "exact", root: "i-0123456789abcdef0", sure: "exact", depth: 1}},
		},
		{
			name: "two people in one role, each with a key; and one of them in two sessions",
			events: []event{do("bob1", 70, role(acct, "Shared", "bob", "ASIABOB000000001", 60), byKey, "s3", "ListBuckets"), do("eve", 70, role(acct, "Shared", "eve", "ASIAEVE000000001", 60), byKey, "s3", "ListBuckets"),
				do("bob2", 80, role(acct, "Shared", "bob", "ASIABOB000000002", 75), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"bob1"}, {"eve"}, {"bob2"}},
		},
		{
			name:     "a Lambda function and an ECS task name what they run for",
			events:   []event{do("fn", 70, lambda, byKey, "s3", "GetObject"), do("task", 70, task, byKey, "s3", "GetObject")},
			sessions: [][]string{{"fn"}, {"task"}},
			wants:    []want{{event: "fn", root: lambda.CredentialsFor, sure: "exact"}, {event: "task", root: task.CredentialsFor, sure: "exact"}},
		},
		{
			name: "idle windows: half an hour of silence, per address and key",
			events: []event{do("a", 0, alice, idle, "s3", "ListBuckets"), do("b", 1800, alice, idle, "s3", "ListBuckets"), do("c", 3601, alice, idle, "s3", "ListBuckets"),
				from(do("d", 10, alice, idle, "s3", "ListBuckets"), away), do("e", 20, user("alice", "AKIAALICE0000002"), idle, "s3", "ListBuckets")},
			sessions: [][]string{{"a", "b"}, {"c"}, {"d"}, {"e"}},
		},
		{
			name: "services by the account they serve",
			events: []event{do("a", 0, service("rds.amazonaws.com"), ofSvc, "ec2", "CreateNetworkInterface"), do("b", 90000, service("rds.amazonaws.com"), ofSvc, "ec2", "CreateNetworkInterface"),
				in(do("c", 5, service("rds.amazonaws.com"), ofSvc, "ec2", "CreateNetworkInterface"), acctB), do("d", 6, service("lambda.amazonaws.com"), ofSvc, "ec2", "CreateNetworkInterface")},
			sessions: [][]string{{"a", "b"}, {"c"}, {"d"}},
			wants:    []want{{event: "a", root: "service: rds.amazonaws.com", sure: "exact"}},
		},
		{
			name: "two mints in one second with one session name, by two people",
			events: []event{assume("m1", 60, alice, idle, acct, "Ops", "s", ""), assume("m2", 60, user("mallory", "AKIAMALLORY00001"), idle, acct, "Ops", "s", ""),
				do("use", 70, role(acct, "Ops", "s", "***", 60), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"m1"}, {"m2"}, {"use"}},
			wants:    []want{{event: "use", root: "alice or mallory", sure: "unknown", candidates: 2}},
		},
		{
			name: "two mints in one second by one session: the parent is sure, the event is not",
			events: []event{assume("m1", 60, alice, idle, acct, "Ops", "s", ""), assume("m2", 60, alice, idle, acct, "Ops", "s", ""),
				do("use", 70, role(acct, "Ops", "s", "***", 60), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"m1", "m2"}, {"use"}},
			wants:    []want{{event: "use", parent: "m1", evidence: "m1", link: "role-session", confidence: "by time", root: "alice", sure: "by time", depth: 1, candidates: 2}},
		},
		{
			name:     "a mint that gave out another key is not the one",
			events:   []event{assume("mint", 60, alice, idle, acct, "Ops", "s", "ASIANEVERUSED001"), do("use", 70, role(acct, "Ops", "s", "ASIAUNKNOWN00001", 60), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", root: "Ops/s", sure: "unknown"}},
		},
		{
			name:     "an example key of the manuals in two roles is no link",
			events:   []event{assume("mint", 60, alice, idle, acct, "Ops", "s", "ASIAIOSFODNN7EXAMPLE"), do("use", 70, role(acct, "Other", "s", "ASIAIOSFODNN7EXAMPLE", 60), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", root: "Other/s", sure: "unknown"}},
		},
		{
			name:     "a key of the manuals, which two people have, is no link from one to the other",
			events:   []event{mint(do("mint", 60, alice, idle, "iam", "CreateAccessKey"), cloudtrail.Mint{IssuedKey: "AKIAIOSFODNN7EXAMPLE", Target: "bob"}), do("use", 70, user("eve", "AKIAIOSFODNN7EXAMPLE"), idle, "s3", "ListBuckets")},
			sessions: [][]string{{"mint"}, {"use"}},
			wants:    []want{{event: "use", root: "eve", sure: "exact"}},
		},
		{
			name: "a session token, a federation token and a root session are used by those they were made for alone",
			events: []event{mint(do("token", 60, alice, idle, "sts", "GetSessionToken"), cloudtrail.Mint{IssuedKey: "ASIAIOSFODNN7EXAMPLE", Principal: alice.PrincipalID, Target: alice.ARN}),
				mint(do("root", 60, alice, idle, "sts", "AssumeRoot"), cloudtrail.Mint{IssuedKey: "ASIAI44QH8DHBEXAMPLE", Target: acctB, Principal: acctB}),
				do("eve", 70, stamp(user("eve", ""), "ASIAIOSFODNN7EXAMPLE", 60), byKey, "s3", "ListBuckets"), do("eve2", 70, stamp(user("eve", ""), "ASIAI44QH8DHBEXAMPLE", 60), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"token", "root"}, {"eve"}, {"eve2"}},
			wants:    []want{{event: "eve", root: "eve", sure: "exact"}, {event: "eve2", root: "eve", sure: "exact"}},
		},
		{
			name: "the two copies of a cross-account AssumeRole, from before sharedEventID: one action, for a key is given out once",
			events: []event{assume("mine", 60, alice, idle, acctB, "Ops", "s", "ASIAOPS000000001"), in(assume("theirs", 60, foreign(alice.PrincipalID, acct), idle, acctB, "Ops", "s", "ASIAOPS000000001"), acctB),
				do("use", 70, role(acctB, "Ops", "s", "ASIAOPS000000001", 60), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"mine"}, {"theirs"}, {"use"}},
			wants:    []want{{event: "use", parent: "mine", evidence: "mine", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 1}},
		},
		{
			name: "a bearer token of STS is one session, however long it rests",
			events: []event{do("a", 0, user("alice", "ABIABEARER000001"), idle, "codeartifact", "GetPackageVersionAsset"),
				from(do("b", 20000, user("alice", "ABIABEARER000001"), idle, "codeartifact", "GetPackageVersionAsset"), away)},
			sessions: [][]string{{"a", "b"}},
		},
		{
			name: "sourceIdentity is the first human, whatever is missing",
			events: []event{do("use", 70, src, byKey, "s3", "ListBuckets"), assume("mint", 80, src, byKey, acct, "Next", "n", "ASIANEXT00000001"),
				do("next", 90, role(acct, "Next", "n", "ASIANEXT00000001", 80), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"use", "mint"}, {"next"}},
			wants: []want{{event: "use", root: "erin@corp.example", sure: "exact"},
				{event: "next", parent: "use", evidence: "mint", link: "issued-key", confidence: "exact", root: "erin@corp.example", sure: "exact", depth: 1}},
		},
		{
			name: "sourceIdentity does not go on into a key made for another",
			events: []event{mint(do("key", 70, src, byKey, "iam", "CreateAccessKey"), cloudtrail.Mint{IssuedKey: "AKIABACKDOOR0001", Target: "bob"}),
				do("use", 90, user("bob", "AKIABACKDOOR0001"), idle, "s3", "ListBuckets")},
			sessions: [][]string{{"key"}, {"use"}},
			wants:    []want{{event: "use", parent: "key", evidence: "key", link: "issued-key", confidence: "exact", root: "erin@corp.example", sure: "inferred", depth: 1}},
		},
		{
			name:     "events without a time are in a session too",
			events:   []event{timeless(do("a", 0, alice, idle, "s3", "ListBuckets")), timeless(do("b", 0, alice, idle, "s3", "ListBuckets")), do("c", 5, alice, idle, "s3", "ListBuckets")},
			sessions: [][]string{{"a", "b"}, {"c"}},
		},
	}
}

func timeless(e event) event { e.Time = cloudtrail.NoTime; return e }

// accountFixtures cross accounts, and go in circles.
func accountFixtures() []fixture {
	alice := user("alice", "AKIAALICE0000001")
	a := role(acct, "A", "alice", "ASIAROLEA0000001", 60)
	b := role(acctB, "B", "hop", "ASIAROLEB0000001", 120)
	c := role(acctC, "C", "hop", "ASIAROLEC0000001", 180)
	toA := assume("toA", 60, alice, idle, acct, "A", "alice", "ASIAROLEA0000001")
	toB := in(shared(assume("toB", 120, a, byKey, acctB, "B", "hop", "ASIAROLEB0000001"), "s2"), acct)
	toBhidden := in(shared(assume("toB hidden", 120, foreign(a.PrincipalID, acct), idle, acctB, "B", "hop", "ASIAROLEB0000001"), "s2"), acctB)
	toC := in(shared(assume("toC", 180, b, byKey, acctC, "C", "hop", "ASIAROLEC0000001"), "s3"), acctB)
	toChidden := in(shared(assume("toC hidden", 180, foreign(b.PrincipalID, acctB), idle, acctC, "C", "hop", "ASIAROLEC0000001"), "s3"), acctC)
	use := do("use", 200, c, byKey, "s3", "GetObject")
	return []fixture{
		{
			name:     "A to B to C over three accounts",
			events:   []event{toA, toB, toBhidden, toC, toChidden, use},
			sessions: [][]string{{"toA"}, {"toB"}, {"toB hidden"}, {"toC"}, {"toC hidden"}, {"use"}},
			wants: []want{{event: "use", parent: "toC", evidence: "toC", link: "shared-event", confidence: "exact", root: "alice", sure: "exact", depth: 3},
				{event: "toB hidden", parent: "toB", evidence: "toB", link: "shared-event", confidence: "exact", root: "alice", sure: "exact", depth: 2}},
		},
		{
			name:     "one link of the chain not loaded",
			events:   []event{toA, toBhidden, toC, toChidden, use},
			sessions: [][]string{{"toA"}, {"toB hidden"}, {"toC"}, {"toC hidden"}, {"use"}},
			wants: []want{{event: "use", parent: "toC", evidence: "toC", link: "shared-event", confidence: "exact", root: a.PrincipalID + " @ account " + acct, sure: "unknown", depth: 2},
				{event: "toC", parent: "toB hidden", evidence: "toB hidden", link: "issued-key", confidence: "exact", root: a.PrincipalID + " @ account " + acct, sure: "unknown", depth: 1}},
		},
		{
			name: "a ring of made up records ends",
			events: []event{assume("x", 60, role(acct, "X", "r", "ASIARINGX0000001", 60), byKey, acct, "Y", "r", "ASIARINGY0000001"),
				assume("y", 60, role(acct, "Y", "r", "ASIARINGY0000001", 60), byKey, acct, "X", "r", "ASIARINGX0000001")},
			sessions: [][]string{{"x"}, {"y"}},
			wants: []want{{event: "x", root: "X/r", sure: "unknown", candidates: 1},
				{event: "y", parent: "x", evidence: "x", link: "issued-key", confidence: "exact", root: "X/r", sure: "unknown", depth: 1}},
		},
		{
			name: "a role that assumes itself anew",
			events: []event{assume("first", 60, alice, idle, acct, "Self", "s", "ASIASELF00000001"), assume("again", 70, role(acct, "Self", "s", "ASIASELF00000001", 60), byKey, acct, "Self", "s", "ASIASELF00000002"),
				do("use", 80, role(acct, "Self", "s", "ASIASELF00000002", 70), byKey, "s3", "ListBuckets")},
			sessions: [][]string{{"first"}, {"again"}, {"use"}},
			wants:    []want{{event: "use", parent: "again", evidence: "again", link: "issued-key", confidence: "exact", root: "alice", sure: "exact", depth: 2}},
		},
	}
}
