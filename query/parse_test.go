package query

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePrints(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"", ""},
		{"  ", ""},
		{"actor:alice", "actor:alice"},
		{"ACTOR:alice", "actor:alice"},
		{"actor:alice event:Delete* -error:*", "actor:alice event:Delete* -error:*"},
		{"service:iam (event:Create* OR event:Attach*)", "service:iam (event:Create* OR event:Attach*)"},
		{"ip:203.0.113.0/24 time:2024-05-01..2024-05-03", "ip:203.0.113.0/24 time:2024-05-01..2024-05-03"},
		{`requestParameters.bucketName:prod-*  "exact words"  /re(gex)?/`, `requestParameters.bucketName:prod-* "exact words" /re(gex)?/`},
		{"error:AccessDenied readonly:false account:111122223333,444455556666 last:24h bytesout>1000000", "error:AccessDenied readonly:false account:111122223333,444455556666 last:24h bytesout>1000000"},
		{"a AND b", "a b"},
		{"a b OR c d", "a b OR c d"},
		{"(a b) OR (c d)", "a b OR c d"},
		{"a (b OR c) d", "a (b OR c) d"},
		{"NOT a", "-a"},
		{"NOT a b", "-a b"},
		{"NOT (a b)", "-(a b)"},
		{"--a", "a"},
		{"NOT -a", "a"},
		{"and or not", "and or not"},
		{`"AND"`, `"AND"`},
		{`"words"`, "words"},
		{`"wo*ds"`, `"wo*ds"`},
		{"f*o", "f*o"},
		{"event!=GetObject,PutObject", "event!=GetObject,PutObject"},
		{"-event=GetObject", "event!=GetObject"},
		{"-event:GetObject", "-event:GetObject"},
		{"eventName:X eventSource=iam.amazonaws.com", "event:X service=iam.amazonaws.com"},
		{"userIdentity.accessKeyId:AKIA*", "key:AKIA*"},
		{"userIdentity.principalId:AIDA*", "userIdentity.principalId:AIDA*"},
		{`"eventName":x`, `"eventName":x`},
		{"requestparameters:*", "requestParameters:*"},
		{`requestParameters."resource.type":x`, `requestParameters."resource.type":x`},
		{`"requestParameters".bucketName:x`, "requestParameters.bucketName:x"},
		{`"requestParamters".bucketName:x`, `"requestParamters".bucketName:x`},
		{`p_any.thing:1`, "p_any.thing:1"},
		{`agent:"say \"hi\" \\ bye"`, `agent:"say \"hi\" \\ bye"`},
		{`agent:"plain"`, "agent:plain"},
		{`agent:"a*"`, `agent:"a*"`},
		{`agent="a*"`, `agent=a*`},
		{`agent:""`, `agent:""`},
		{`agent:/^aws-cli\/2\./`, `agent:/^aws-cli\/2\./`},
		{`agent:aws*,/boto/,curl`, `agent:aws*,curl OR agent:/boto/`},
		{"outcome:Denied,ERROR", "outcome:denied,error"},
		{"mfa:true readonly:YES", "mfa:yes readonly:true"},
		{"category:data", "category:Data"},
		{"category:N*", "category:N*"},
		{"time>=2024-05-01T10:00:00Z", "time>=2024-05-01T10:00:00Z"},
		{`time:"2024-05-01 10:00"`, `time:"2024-05-01 10:00"`},
		{"time:last:2H", "last:2h"},
		{"time:Yesterday", "time:yesterday"},
		{"ago:1h30m", "ago:1h30m"},
		{"time:last:4h..last:2h", "time:last:4h..last:2h"},
		{"time:..2024-05-01", "time:..2024-05-01"},
		{"time:2024-05-01..", "time:2024-05-01.."},
		{"bytesin:1MB..2GiB", "bytesin:1MB..2GiB"},
		{"text:foo,bar", "foo OR bar"},
		{`text:"two words"`, `"two words"`},
		{"text:/a b/", "/a b/"},
		{"arn:aws:iam::111122223333:role/x", "arn:aws:iam::111122223333:role/x"},
		{"2001:db8::1", "2001:db8::1"},
		{"-2001:db8::1", "-2001:db8::1"},
		{"ip:2001:db8::/32", "ip:2001:db8::/32"},
		{"ip:::1 ip=::1 -::1", "ip:::1 ip=::1 -::1"},
		{"resource:arn:aws:s3:::b/k", "resource:arn:aws:s3:::b/k"},
		{"Severity>=HIGH", "severity>=high"},
		{"severity:Low..high,critical", "severity:low..high OR severity:critical"},
		{"grade<medium severity:high..", "severity<medium severity:high.."},
		{"requestParameters.n>5 responseElements.at<2024-01-01", "requestParameters.n>5 responseElements.at<2024-01-01"},
		{"requestParameters.n:1..5", "requestParameters.n:1..5"},
		{`requestParameters.key:"a..b"`, `requestParameters.key:"a..b"`},
		{`requestParameters.x-amz-acl:*`, `requestParameters.x-amz-acl:*`},
	}
	for _, tt := range tests {
		f, err := Parse(tt.in)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.in, err)
			continue
		}
		if got := f.String(); got != tt.want {
			t.Errorf("Parse(%q) prints %q, want %q", tt.in, got, tt.want)
		}
		checkRoundTrip(t, f)
	}
}

// checkRoundTrip fails unless Parse(f.String()) equals f.
func checkRoundTrip(t *testing.T, f Filter) {
	t.Helper()
	text := f.String()
	again, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(String()) of %#v: %v\n%s", f.root, err, text)
	}
	if !f.Equal(again) {
		t.Fatalf("Parse(String()) of %q differs: %s", text, cmp.Diff(f.root, again.root))
	}
}

// pieces are what random filters are made of: pieces of the grammar, and what
// people type into text fields to break things.
var pieces = []string{
	" ", " ", " ", "(", ")", "-", "NOT ", " OR ", " AND ", ",", ":", "=", "!=", "<", "<=", ">", ">=", "..", "*", "?", "/", "\"", "\\", "\\\"", ".", "!", "~",
	"actor", "event", "time", "ip", "bytesout", "severity", "high", "readonly", "mfa", "outcome", "error", "service", "text", "key", "requestParameters", "requestParameters.bucketName", "userIdentity.arn", "\"a.b\"", "last:2h", "ago:1d",
	"alice", "Get*", "2024-05-01", "2024-05-01T10:00:00Z", "yesterday", "10.0.0.0/8", "2001:db8::/32", "1.2.3.4", "5", "1MB", "true", "no", "denied", "/re(x)?/", "arn:aws:iam::1:role/r",
	"%", "_", "';--", "\x00", "\xff", "é", "ſ", "日本", "\u202e", "\t", "\n", "\"two words\"", "'", "$1", "{}", "[0]",
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(12) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func TestRandomTextsRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	parsed := 0
	for range 30_000 {
		text := randomText(r)
		f, err := Parse(text)
		if err != nil {
			var pe *ParseError
			if !errors.As(err, &pe) || pe.Col < 1 || pe.Col > len([]rune(text))+1 || pe.Msg == "" {
				t.Fatalf("Parse(%q): odd error %#v", text, err)
			}
			continue
		}
		parsed++
		checkRoundTrip(t, f)
		for i := range f.Chips() {
			checkRoundTrip(t, f.Remove(i))
		}
	}
	if parsed < 1_500 {
		t.Errorf("only %d texts were filters", parsed)
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range pieces {
		f.Add(p)
	}
	f.Add(`actor:alice event:Delete* -error:* (ip:203.0.113.0/24 OR last:2h) requestParameters."a.b":"x\"y",/re\/x/`)
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := Parse(text)
		if err != nil {
			var pe *ParseError
			if !errors.As(err, &pe) {
				t.Fatal(err)
			}
			_ = pe.Short()
			return
		}
		checkRoundTrip(t, filter)
	})
}
