package change

import (
	"strings"
	"testing"
	"unicode/utf8"

	"spoor/loader/cloudtrail"
)

// FuzzDerive holds that no record makes Derive panic, look at more than its
// budget of bytes, or give an oversized or invalid answer.
func FuzzDerive(f *testing.F) {
	f.Add("ec2.amazonaws.com", "AuthorizeSecurityGroupIngress", `{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","ipRanges":{"items":[{"cidrIp":"::/0"}]}}]}}`, `null`, `[]`, "", "")
	f.Add("s3.amazonaws.com", "PutBucketPolicy", `{"bucketName":["b"],"bucketPolicy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\"}]}"}`, ``, `[{"ARN":"arn:aws:s3:::b","type":"AWS::S3::Bucket"}]`, "AccessDenied", "on resource: arn:aws:s3:::b/*")
	f.Add("x", "BatchDeleteThing20200101", `{"a":{"b":[1,2,{"thingId":"\ud800"}]}}`, `{"`, `[{`, "e", "'a-b'")
	f.Add("iam.amazonaws.com", "PutUserPolicy", strings.Repeat("[", 5000), `{"a":`, `{}`, "", "x")
	f.Fuzz(func(t *testing.T, source, name, request, response, resources, code, message string) {
		ev := &cloudtrail.Event{Source: source, Name: name, Request: request, Response: response, Resources: resources, Additional: response, Service: request,
			ErrorCode: code, ErrorMessage: message, Who: &cloudtrail.Identity{Raw: request}}
		if code+message != "" {
			ev.Outcome = cloudtrail.Denied
		}
		c := Derive(ev)
		if c == nil {
			return
		}
		if len(c.Summary) > maxLine+len(ellipsis) || !utf8.ValidString(c.Summary) {
			t.Errorf("%d bytes: %q", len(c.Summary), c.Summary)
		}
		if len(c.Resources) > maxResources || len(c.Names) > maxResources || len(c.Also) > 5*maxResources {
			t.Errorf("%d and %d resources", len(c.Resources), len(c.Also))
		}
		again := Derive(ev)
		if again.Summary != c.Summary || again.Severity != c.Severity {
			t.Error("two answers for one record")
		}
	})
}

// TestBudget holds that however large a record is, what is read of it is bounded.
func TestBudget(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"ipPermissions":`, 50000)
	for _, req := range []string{deep, strings.Repeat("[", 1<<20), `{"groupId":"sg-1","ipPermissions":[` + strings.Repeat(`{"ipProtocol":"tcp"},`, 50000) + `]}`} {
		ev := &cloudtrail.Event{Source: "ec2.amazonaws.com", Name: "AuthorizeSecurityGroupIngress", Request: req}
		r := newReader(ev)
		r.out.reset()
		rule := table()[call{ev.Source, ev.Name}]
		r.apply(rule)
		if r.budget < -maxBudget {
			t.Errorf("overdrawn by %d bytes", -r.budget)
		}
	}
}

func BenchmarkDerive(b *testing.B) {
	var events []*cloudtrail.Event
	for _, rec := range records(b, shared(b, "data/real/invictus-aws-dataset")) {
		if ev := event(b, rec); mutates(ev) {
			events = append(events, ev)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, ev := range events {
			Derive(ev)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/change")
}

// BenchmarkDeriveWorst is the largest request that is read at all.
func BenchmarkDeriveWorst(b *testing.B) {
	worst := map[string]*cloudtrail.Event{
		"braces": {Source: "ec2.amazonaws.com", Name: "AuthorizeSecurityGroupIngress", Request: `{"x":` + strings.Repeat(`{"a":[`, 10000) + `}`},
		"list":   {Source: "ec2.amazonaws.com", Name: "RunInstances", Request: `{"instancesSet":{"items":[` + strings.Repeat(`{"a":1},`, 8000) + `{}]}}`},
		"policy": {Source: "iam.amazonaws.com", Name: "PutUserPolicy", Request: `{"policyDocument":"` + strings.Repeat(`\"\n{[`, 20000) + `"}`},
		"guess":  {Source: "x", Name: "CreateGizmo", Request: `{` + strings.Repeat(`"someId":{"otherName":[]},`, 4000) + `}`},
	}
	for name, ev := range worst {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Derive(ev)
			}
		})
	}
}
