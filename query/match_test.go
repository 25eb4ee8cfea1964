package query

import (
	"testing"
	"time"
)

// subject is an event for tests.
type subject struct {
	values map[string][]Value
	record string
}

func (s subject) Values(field string) []Value { return s.values[field] }
func (s subject) Record() string              { return s.record }

func texts(v ...string) []Value {
	var list []Value
	for _, s := range v {
		list = append(list, Value{Text: s})
	}
	return list
}

var testClock = Clock{
	Now:    time.Date(2024, 5, 10, 12, 0, 0, 0, time.UTC),
	Newest: time.Date(2024, 5, 1, 11, 0, 0, 0, time.UTC),
}

var testEvent = subject{
	values: map[string][]Value{
		"time": texts("2024-05-01T10:00:00Z"), "actor": texts("Alice"), "event": texts("UpdateFunctionCode20150331v2"),
		"service": texts("lambda.amazonaws.com"), "ip": texts("203.0.113.7"), "readonly": texts("false"), "outcome": texts("ok"),
		"bytesout": texts("1500000"), "account": texts("012345678901"), "mfa": {{Null: true}}, "severity": texts("high"),
		"resource": texts("arn:aws:lambda:eu-west-1:1:function:pay", "sg-0abc"),
	},
	record: `{"eventName":"UpdateFunctionCode20150331v2","requestParameters":{"bucketName":"Prod-Logs","resource.type":"x",
 "Tag":[{"Key":"a","Value":1},{"key":"b","Value":2.5}],"on":true,"none":null,"empty":[],"path":"a\/b \u003cc\u003e \"q\"",
 "at":"2024-04-30T00:00:00Z","cidr":"10.0.0.0/8","addr":"10.1.2.3","straße":"GRÜẞE"},"tagging":1,"Tagging":2}`,
}

func TestMatch(t *testing.T) {
	t.Parallel()
	yes := []string{
		"", "actor:alice", "actor=Alice", "actor:a*e", "actor:?????", "actor:/^Al/", "-actor:bob", "actor!=alice", "actor:bob,alice",
		"event:updatefunctioncode", "event:UpdateFunctionCode20150331v2", "event:Update*Code", "service:lambda", "service=lambda", "service:lambda.amazonaws.com",
		"ip:203.0.113.0/24", "ip:203.0.*", "ip:203.0.113.7", "ip:*", "-ip:10.0.0.0/8", "readonly:no", "outcome:OK", "bytesout>1MB", "bytesout:1..2MB", "bytesout<=1500000", "bytesout:1500000",
		"severity>=high", "severity>medium", "severity<=high", "severity<critical", "severity:medium..critical", "severity:..high", "severity:high..", "severity:low,HIGH", "severity:h*", "-severity<high", "grade=high",
		"account:012345678901", "-mfa:*", "-mfa:yes", "mfa!=yes", "-error:*", "resource:pay", "resource:sg-0abc", "resource:function:pay", "-resource:pa",
		"time:2024-05-01", "time:..2024-05-01", "time<2024-05-02", "time>2024-04-30", "time>=2024-05-01", "time<=2024-05-01", "time:2024-05-01T10:00", "last:2h", "-last:30m", "ago:10d", "time:last:2h..last:30m",
		"requestParameters.bucketname:prod-*", `requestParameters."resource.type":x`, "requestParameters.tag.key:b", "requestParameters.tag.value>2", "requestParameters.tag.value:2.5", "requestParameters.on:TRUE",
		"requestParameters.on:*", "-requestParameters.none:*", "-requestParameters.empty:*", `requestParameters.path:"a/b <c> \"q\""`, "requestParameters.at<2024-05-01", "requestParameters.at:2024-04-01..2024-04-30",
		"requestParameters.cidr:10.0.0.0/8", "requestParameters.addr:10.0.0.0/8", `requestParameters.Tag:/"Key":"a"/`, `"tagging":2`, `"tagging":1`,
		"prod-logs", `"prod-logs"`, "prod*logs", "pr?d", `"a/b"`, `a/b`, `"<c> \"q\""`, "/Prod-L/", "/(?i)prod-l/", "requestParameters.STRAẞE:GRÜSSE OR grüße", "-nowhere", "text:prod-logs",
	}
	no := []string{
		"actor=alice", "actor:bob", "actor!=Alice", "-actor:alice", "actor:/^al/", "event=UpdateFunctionCode", "event:Update", "ip:203.0.113.0/28 ip:10.0.0.0/8", "readonly:true",
		"bytesout>1500000", "bytesin:*", "bytesin<5", "time:2024-04-30", "time>2024-05-01", "time<2024-05-01", "last:30m", "ago:1d", "mfa:yes,no", "resource:pa", "resource=pay",
		"requestParameters.tag.value>3", "requestParameters.on>1", "requestParameters.bucketName=prod-logs", "-requestParameters.bucketName:*", "requestParameters.cidr=10.0.0.0",
		"severity>high", "severity>=critical", "severity<high", "severity<=medium", "severity:info..medium", "severity:critical..", "severity!=high", "severity:low,medium..medium",
		"prod?*\"", "/prod-l/", "prod*tagging", "nowhere", "-prod-logs",
	}
	check := func(text string, want bool) {
		f, err := Parse(text)
		if err != nil {
			if want {
				t.Errorf("Parse(%q): %v", text, err)
			}
			return
		}
		if got := f.Matcher(testClock).Match(testEvent); got != want {
			t.Errorf("%q matches: %v, want %v", text, got, want)
		}
	}
	for _, s := range yes {
		check(s, true)
	}
	for _, s := range no {
		check(s, false)
	}
}
