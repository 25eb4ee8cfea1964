package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spoor/loader"
	"spoor/query"
)

// Who starts an instance or sets a password can be who works there next: those
// sessions are below his, and what comes of them; what was there before is not, nor
// what such a user does with keys, nor one of the same name elsewhere.
func TestRadiusReachesInstancesAndPasswords(t *testing.T) {
	t.Parallel()
	const home, away = "111122223333", "444455556666"
	user := func(account, name, key string) string {
		return fmt.Sprintf(`{"type":"IAMUser","principalId":"AIDA%s%s","arn":"arn:aws:iam::%[2]s:user/%[1]s","accountId":%[2]q,"userName":%[1]q,"accessKeyId":%[3]q}`, name, account, key)
	}
	host := func(id, key string, minute int) string {
		return fmt.Sprintf(`{"type":"AssumedRole","principalId":"AROAWEB:%s","arn":"arn:aws:sts::%s:assumed-role/Web/%[1]s","accountId":%[2]q,"accessKeyId":%[3]q,"sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::%[2]s:role/Web","userName":"Web"},`+
			`"attributes":{"creationDate":"2026-05-04T09:%02[4]d:00Z"},"ec2RoleDelivery":"2.0"}}`, id, home, key, minute)
	}
	var records []string
	add := func(minute int, account, who, call, members string) {
		service, name, _ := strings.Cut(call, ".")
		if members != "" {
			members = "," + members
		}
		records = append(records, fmt.Sprintf(`{"eventVersion":"1.08","eventID":"%08d-0000-4000-8000-000000000000","eventTime":"2026-05-04T09:%02d:00Z","eventSource":"%s.amazonaws.com","eventName":%q,"awsRegion":"us-east-1",`+
			`"sourceIPAddress":"203.0.113.9","userAgent":"aws-cli/2.15.0","readOnly":false,"eventType":"AwsApiCall","recipientAccountId":%q,"userIdentity":%s%s}`, len(records), minute, service, name, account, who, members))
	}
	signsIn := func(minute int, account, name string) {
		add(minute, account, user(account, name, ""), "signin.ConsoleLogin", `"responseElements":{"ConsoleLogin":"Success"}`)
	}
	runs := func(minute int, who, id string) {
		add(minute, home, who, "ec2.RunInstances", `"responseElements":{"instancesSet":{"items":[{"instanceId":"`+id+`"}]}}`)
	}
	thief := user(home, "thief", "AKIATHIEF00000000001")
	signsIn(1, home, "dave")
	add(2, home, host("i-0aaaaaaaaaaaaaaaa", "ASIAHOST00000000000A", 2), "s3.ListBuckets", "")
	add(10, home, thief, "iam.UpdateLoginProfile", `"requestParameters":{"userName":"dave"}`)
	add(11, home, thief, "ec2.AssociateIamInstanceProfile", `"requestParameters":{"AssociateIamInstanceProfileRequest":{"InstanceId":"i-0aaaaaaaaaaaaaaaa","IamInstanceProfile":{"Name":"Web"}}},"responseElements":{"AssociateIamInstanceProfileResponse":{"iamInstanceProfileAssociation":{"instanceId":"i-0aaaaaaaaaaaaaaaa"}}}`)
	runs(12, thief, "i-0bbbbbbbbbbbbbbbb")
	signsIn(20, home, "dave")
	signsIn(21, away, "dave")
	add(22, home, user(home, "dave", "AKIADAVE000000000001"), "s3.ListBuckets", "")
	add(30, home, host("i-0aaaaaaaaaaaaaaaa", "ASIAHOST00000000000B", 30), "s3.ListBuckets", "")
	runs(31, host("i-0bbbbbbbbbbbbbbbb", "ASIAHOST00000000000C", 31), "i-0cccccccccccccccc")
	add(40, home, host("i-0cccccccccccccccc", "ASIAHOST00000000000D", 40), "s3.ListBuckets", "")
	add(41, home, host("i-0dddddddddddddddd", "ASIAHOST00000000000E", 41), "s3.ListBuckets", "") // whose, nobody knows
	db := newCase(t)
	load(t, db, decoded(t, pack1("/logs/reach.json.gz", `{"Records":[`+strings.Join(records, ",")+`]}`, nil, nil)))

	var draw func(list []query.SessionTree, indent string) string
	draw = func(list []query.SessionTree, indent string) string {
		var b strings.Builder
		for _, t := range list {
			fmt.Fprintf(&b, "%s%s %s %v %s\n%s", indent, t.Session.Actor, strings.Join(t.Session.AccessKeys, ","), t.Maybe, t.Why, draw(t.Children, indent+"  "))
		}
		return b.String()
	}
	want := `thief AKIATHIEF00000000001 false 
  dave  true after UpdateLoginProfile for dave
  Web/i-0aaaaaaaaaaaaaaaa ASIAHOST00000000000B true after AssociateIamInstanceProfile for i-0aaaaaaaaaaaaaaaa
  Web/i-0bbbbbbbbbbbbbbbb ASIAHOST00000000000C true after RunInstances for i-0bbbbbbbbbbbbbbbb
    Web/i-0cccccccccccccccc ASIAHOST00000000000D true after RunInstances for i-0cccccccccccccccc
`
	r, err := db.Radius(t.Context(), parse(t, "actor:thief"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, draw(r.Trees, "")); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if r.Sessions != 5 || len(r.Names("roles")) != 1 || len(r.Names("passwords")) != 1 {
		t.Errorf("%d sessions, roles %v, passwords %v", r.Sessions, r.Names("roles"), r.Names("passwords"))
	}
	one, err := db.Session(t.Context(), r.Trees[0].Session.ID)
	if err != nil || draw([]query.SessionTree{one.Down}, "") != want {
		t.Errorf("below one session:\n%s (%v)", draw([]query.SessionTree{one.Down}, ""), err)
	}
	if r, err = db.Radius(t.Context(), parse(t, "actor:dave,thief account:"+home)); err != nil || len(r.Trees) != 3 {
		t.Errorf("%d trees of those and their callers, want 3 (%v)\n%s", len(r.Trees), err, draw(r.Trees, ""))
	}
}

// What is known of calls that bring sessions about is gone on with as events come, and
// made anew where some went: the same as all at once.
func TestBringersGoOn(t *testing.T) {
	t.Parallel()
	files := torn(attack(t), 7)
	db := newCase(t)
	now := func() *bringers {
		t.Helper()
		x, err := db.resolved(t.Context(), 0, true)
		if err != nil {
			t.Fatal(err)
		}
		b, err := db.bringers(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	check := func(when string) {
		t.Helper()
		got := now()
		db.sessions.bringers.Store(nil)
		want := now()
		if d := cmp.Diff(want, got, cmp.AllowUnexported(bringers{}, mintNote{}, mintRow{}, spot{}, doorNote{}, placed{}), cmpopts.IgnoreFields(bringers{}, "x")); d != "" {
			t.Errorf("%s: %s", when, d)
		}
		if len(got.gave) == 0 || len(got.led) == 0 {
			t.Errorf("%s: %d mints, %d doors: the test tests nothing", when, len(got.gave), len(got.led))
		}
	}
	for part := range slices.Chunk(files, len(files)/3) {
		load(t, db, part...)
		now()
	}
	check("in pieces")
	gave := slices.IndexFunc(files, func(l loader.Loaded) bool {
		return slices.ContainsFunc(l.Events, func(e loader.Event) bool { return e.Mint != nil })
	})
	short := files[gave]
	short.Events = nil
	load(t, db, short)
	check("an object replaced")
}
