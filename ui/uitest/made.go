package uitest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"spoor/loader/cloudtrail"
)

// Start is the time of the first invented event.
var Start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// Hostile is log text that tries things on the terminal.
var Hostile = []string{
	"\x1b[2J\x1b]0;owned\x07", "\x1b]52;c;cm0gLXJmIC8=\x07", "\u202egpj.exe", "a\u009b31mred", "zero\u200bwidth",
	"line\nbreak\ttab", "👨\u200d👩\u200d👧 family", "東京リージョンの管理者", "bad\xff\xfeutf8", "=cmd|' /C calc'!A0",
}

// calls are what the invented people do: event, service, mutating, how often.
var calls = []struct {
	event, service string
	write          bool
	weight         int
}{
	{"DescribeInstances", "ec2.amazonaws.com", false, 30}, {"ListBuckets", "s3.amazonaws.com", false, 20},
	{"GetCallerIdentity", "sts.amazonaws.com", false, 15}, {"AssumeRole", "sts.amazonaws.com", false, 10},
	{"PutObject", "s3.amazonaws.com", true, 8}, {"CreateUser", "iam.amazonaws.com", true, 3},
	{"AttachUserPolicy", "iam.amazonaws.com", true, 3}, {"AuthorizeSecurityGroupIngress", "ec2.amazonaws.com", true, 2},
	{"StopLogging", "cloudtrail.amazonaws.com", true, 1}, {"ConsoleLogin", "signin.amazonaws.com", true, 4},
}

// New returns a case of n invented events over two hours. The same n gives the
// same case.
func New(n int) *Case {
	c := &Case{}
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	step := 2 * time.Hour / time.Duration(max(n, 1))
	for i := range n {
		c.Add(Made(rng, i, Start.Add(time.Duration(i)*step)))
	}
	return c
}

// Made invents one event. Every 40th is hostile; every 97th has no time.
func Made(rng *rand.Rand, i int, at time.Time) *Event {
	k := rng.IntN(96)
	call := calls[0]
	for _, call = range calls {
		if k -= call.weight; k < 0 {
			break
		}
	}
	actor := []string{"alice", "bob", "ci-deploy", "i-0abc12345678", "lambda-rotate"}[rng.IntN(5)]
	f := map[string]string{
		"actor": actor, "event": call.event, "service": call.service, "region": []string{"eu-west-1", "us-east-1"}[rng.IntN(2)],
		"account": []string{"111122223333", "444455556666"}[rng.IntN(2)], "ip": fmt.Sprintf("203.0.113.%d", rng.IntN(20)),
		"agent": "aws-cli/2.15.0 Python/3.11", "outcome": "ok", "readonly": fmt.Sprint(!call.write), "type": "AssumedRole",
		"principal": "arn:aws:sts::111122223333:assumed-role/dev/" + actor, "key": "ASIAEXAMPLE" + actor, "id": fmt.Sprintf("%08d-0000-4000-8000-000000000000", i),
		"eventtype": "AwsApiCall", "category": "Management", "mfa": "no",
	}
	switch r := rng.IntN(100); {
	case r < 9:
		f["outcome"], f["error"], f["message"] = "denied", "AccessDenied", "User: "+f["principal"]+" is not authorized to perform: "+call.event
	case r < 11:
		f["outcome"], f["error"] = "throttled", "ThrottlingException"
	case r < 14:
		f["outcome"], f["error"] = "error", "NoSuchEntity"
	case r < 16:
		f["type"], f["actor"] = "Root", "root of 111122223333"
	}
	if call.write {
		f["resource"] = fmt.Sprintf("%s-%04d", []string{"sg", "user", "bucket"}[rng.IntN(3)], rng.IntN(50))
	}
	if i%40 == 39 {
		f["agent"] = Hostile[i/40%len(Hostile)]
		f["actor"] = "mallory " + Hostile[(i/40+3)%len(Hostile)]
	}
	e := &Event{Time: at.UnixMicro(), Fields: f}
	if i%97 == 96 {
		e.Time = cloudtrail.NoTime
	}
	e.JSON = record(f, at)
	return e
}

// record writes the event as CloudTrail would.
func record(f map[string]string, at time.Time) string {
	r := map[string]any{
		"eventVersion": "1.09", "eventTime": at.Format(time.RFC3339), "eventName": f["event"], "eventSource": f["service"], "awsRegion": f["region"],
		"sourceIPAddress": f["ip"], "userAgent": f["agent"], "eventID": f["id"], "recipientAccountId": f["account"], "readOnly": f["readonly"] == "true",
		"userIdentity": map[string]any{"type": f["type"], "arn": f["principal"], "accessKeyId": f["key"],
			"sessionContext": map[string]any{"attributes": map[string]any{"mfaAuthenticated": "false", "creationDate": at.Format(time.RFC3339)}}},
		"requestParameters": map[string]any{"name": f["resource"], "ports": []any{22, 443, map[string]any{"from": 0, "cidr": "0.0.0.0/0"}},
			"policyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
		"responseElements": nil,
	}
	if e := f["error"]; e != "" {
		r["errorCode"], r["errorMessage"] = e, f["message"]
	}
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(b)
}
