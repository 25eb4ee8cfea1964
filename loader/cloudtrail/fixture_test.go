package cloudtrail

import (
	"strings"
	"testing"
)

// TestVersionsInOneFile: services decide on the version of their records, so one
// file mixes them; old ones lack half the fields.
func TestVersionsInOneFile(t *testing.T) {
	t.Parallel()
	text := `{"Records":[
	{"eventVersion":"1.03","userIdentity":{"type":"Root","accountId":"1"},"eventTime":"2015-03-24T21:11:59Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","sourceIPAddress":"127.0.0.1","userAgent":"AWSConsole","requestParameters":{"userName":["Bob"]},"responseElements":null},
	{"eventVersion":"1.05","userIdentity":{"type":"IAMUser","userName":"ann"},"eventTime":"2018-01-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","eventID":"a","eventType":"AwsApiCall"},
	{"eventVersion":"1.08","eventTime":"2022-01-01T00:00:00Z","eventSource":"kms.amazonaws.com","eventName":"RotateKey","eventID":"b","readOnly":false,"userIdentity":{"accountId":"1","invokedBy":"AWS Internal"},"requestParameters":null,"eventType":"AwsServiceEvent","resources":[null,{"ARNPrefix":"arn:aws:s3:::x"},{"ARN":"arn:k","accountId":"1","type":"AWS::KMS::Key"}],"managementEvent":true,"serviceEventDetails":{"keyId":"k"},"eventCategory":"Management"},
	{"eventVersion":"1.11","eventTime":"2026-01-01T00:00:00Z","eventSource":"aws-mcp.amazonaws.com","eventName":"CallTool","eventID":"c","eventType":"AwsMcpEvent","managementEvent":false,"eventCategory":"Data","addendum":{"reason":"UPDATED_DATA","updatedFields":"responseElements","originalEventID":"z"},"eventContext":{"tagContext":{}}},
	{"eventVersion":"1.12","eventTime":"2026-01-01T00:00:00Z","eventSource":"x.amazonaws.com","eventName":"New","eventID":"d","eventType":"SomethingNew","eventCategory":"Quantum","unheardOf":{"a":[1,2,{"b":null}]}}
	]}`
	events := sameByBothPaths(t, "versions", text)
	if len(events) != 5 {
		t.Fatalf("%d events", len(events))
	}
	for i, want := range []struct {
		kind     Kind
		category Category
		readOnly bool
	}{
		{KindRoot, Management, false}, {KindUser, Management, true}, {KindService, Management, false}, {KindUnknown, Data, false}, {KindUnknown, OtherCategory, false},
	} {
		if e := events[i]; e.Who.Kind != want.kind || e.Category != want.category || e.ReadOnly != want.readOnly || e.Who == nil {
			t.Errorf("%d: %+v %+v", i, e, e.Who)
		}
	}
	if events[2].Service != `{"keyId":"k"}` || !strings.HasPrefix(events[2].Resources, "[null,") {
		t.Errorf("%+v", events[2])
	}
}

func TestInsights(t *testing.T) {
	t.Parallel()
	text := `{"Records":[{"eventVersion":"1.07","eventTime":"2026-03-01T10:00:00Z","awsRegion":"us-east-1","eventID":"a","eventType":"AwsCloudTrailInsight","recipientAccountId":"1","sharedEventID":"s",
	"insightDetails":{"state":"Start","eventSource":"autoscaling.amazonaws.com","eventName":"CompleteLifecycleAction","insightType":"ApiErrorRateInsight","errorCode":"ThrottlingException",
	"insightContext":{"statistics":{"baseline":{"average":0.0000882145},"insight":{"average":0.6}},"attributions":[{"attribute":"userIdentityArn","insight":[{"value":"arn:x","average":0.4}]}]}},"eventCategory":"Insight"}]}`
	events := sameByBothPaths(t, "insight", text)
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	if e.Category != Insight || e.Source != "autoscaling.amazonaws.com" || e.Name != "CompleteLifecycleAction" || e.Outcome != OK || e.Who.Raw != "" || e.SharedID != "s" || e.Mint != nil {
		t.Errorf("%+v", e)
	}
}

func TestAggregates(t *testing.T) {
	t.Parallel()
	record := func(dimension, stats string) string {
		return `{"eventVersion":"1.0","accountId":"111122223333","eventId":"g-1","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"eu-west-1","eventSource":"s3.amazonaws.com",
		"timeWindow":{"windowStart":"2026-03-01T10:00:00Z","windowEnd":"2026-03-01T10:05:00Z","windowSize":"PT5M"},"summary":{"primaryDimension":{"dimension":"` + dimension + `","statistics":[` + stats + `],"aggregationType":"Count"},"details":[]}}`
	}
	const get, put = `{"name":"GetObject","value":12}`, `{"name":"PutObject","value":3}`
	for _, c := range []struct{ text, name string }{
		{record("eventName", get), "GetObject"},
		{record("eventName", get+","+put), ""},
		{record("resourceARN", `{"name":"arn:x","value":1}`), ""},
	} {
		for _, text := range []string{c.text, "[" + c.text + "]", `{"Records":[` + c.text + `]}`} {
			events := sameByBothPaths(t, "aggregate", text)
			if len(events) != 1 {
				t.Fatalf("%d events", len(events))
			}
			e := events[0]
			if e.Category != Aggregated || e.ID != "g-1" || e.Account != "111122223333" || e.Time != 1772359200_000000 || e.Name != c.name || e.Source != "s3.amazonaws.com" {
				t.Errorf("%+v", e)
			}
		}
	}
}

func TestNetworkActivity(t *testing.T) {
	t.Parallel()
	e := one(t, "cloudtrail.amazonaws.com", "ListTrails", `"eventVersion":"1.09","userIdentity":{"type":"AWSAccount","principalId":"AROA1:x","accountId":"999988887777"},
	"eventType":"AwsVpceEvent","errorCode":"VpceAccessDenied","errorMessage":"The request was denied due to a VPC endpoint policy","vpcEndpointId":"vpce-1","vpcEndpointAccountId":"111122223333","recipientAccountId":"111122223333"`)
	if e.Category != NetworkActivity || e.Outcome != Denied || e.VPCEndpoint != "vpce-1" || e.Who.Kind != KindForeign || e.Mint != nil {
		t.Errorf("%+v %+v", e, e.Who)
	}
}

func TestEscapedAndForeignText(t *testing.T) {
	t.Parallel()
	e := one(t, "s3.amazonaws.com", "PutObject", `"userAgent":"a\u001b[31mb\u202e \"c\"","userIdentity":{"type":"IAMUser","userName":"اسم 👩‍💻"},"errorCode":"A\\B"`)
	if e.UserAgent != "a\x1b[31mb\u202e \"c\"" || e.Who.Actor != "اسم 👩‍💻" || e.ErrorCode != `A\B` {
		t.Errorf("%+v %+v", e, e.Who)
	}
	events, _ := decodeAll(t, &Decoder{}, "{\"eventSource\":\"s\",\"eventName\":\"X\xff\",\"eventID\":\"1\",\"userIdentity\":{\"type\":\"IAMUser\",\"userName\":\"a\xffb\"}}")
	if len(events) != 1 || events[0].Name != "X\uFFFD" || events[0].Who.Actor != "a\uFFFDb" {
		t.Errorf("%+v", events)
	}
}

func TestLongLines(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("200 MB of text")
	}
	record := plainRecord(1)
	n := 200<<20/len(record) + 1
	text := `{"Records":[` + strings.Repeat(record+",", n-1) + record + `]}`
	seen := 0
	res, err := new(Decoder).Decode(text, func(e *Event) error {
		seen++
		if seen == n {
			if last, err := Record(text, e.Span); err != nil || last != record {
				t.Errorf("last record: %v", err)
			}
		}
		return nil
	})
	if err != nil || seen != n || res.Events != n {
		t.Errorf("%d events of %d, %+v, %v", seen, n, res, err)
	}
	big := one(t, "s3.amazonaws.com", "PutBucketPolicy", `"requestParameters":{"policy":"`+strings.Repeat(`\"x\\`, 60_000)+`"}`)
	if len(big.Request) < 300_000 {
		t.Errorf("a record of %d bytes", len(big.Request))
	}
}
