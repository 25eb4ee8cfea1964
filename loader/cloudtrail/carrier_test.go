package cloudtrail

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// plainRecord is a small record of our own, n making it distinct.
func plainRecord(n int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDA%[1]d",`+
		`"arn":"arn:aws:iam::111122223333:user/ann","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE%[1]d","userName":"ann"},`+
		`"eventTime":"2026-03-01T10:00:%02[1]dZ","eventSource":"s3.amazonaws.com","eventName":"PutBucketPolicy","awsRegion":"eu-west-1",`+
		`"sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.15","requestParameters":{"bucketName":"b%[1]d","note":"a \"quoted\" {brace}"},`+
		`"responseElements":null,"requestID":"R%[1]d","eventID":"00000000-0000-4000-8000-%012[1]d","readOnly":false,`+
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`, n)
}

func jsonString(t testing.TB, s string) string {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func indent(t testing.TB, s string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatal(err)
	}
	raw, err := json.MarshalIndent(v, "", "    ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// carriers wraps the records 1 and 2 in every way of fact sheet 5.2.
func carriers(t testing.TB) map[string]string {
	t.Helper()
	a, b := plainRecord(1), plainRecord(2)
	sa, sb := jsonString(t, a), jsonString(t, b)
	bridge := func(r string) string {
		return `{"version":"0","id":"x","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","account":"111122223333",` +
			`"time":"2026-03-01T10:00:00Z","region":"eu-west-1","resources":[],"detail":` + r + `}`
	}
	cloudWatch := func(r ...string) string {
		for i := range r {
			r[i] = `{"id":"1","timestamp":1700000000000,"message":` + jsonString(t, r[i]) + `}`
		}
		return `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":[],"logEvents":[` + strings.Join(r, ",") + `]}`
	}
	item := func(s string) string {
		return `{"EventId":"e","EventName":"Outer","ReadOnly":"true","EventTime":"2022-02-08 09:23:37+11:00","EventSource":"outer.amazonaws.com","Username":"u","Resources":[],"CloudTrailEvent":` + s + `}`
	}
	return map[string]string{
		"Records":              `{"Records":[` + a + `,` + b + `]}`,
		"records, lower case":  `{"records":[` + a + `,` + b + `]}`,
		"Records, pretty":      indent(t, `{"Records":[`+a+`,`+b+`]}`),
		"byte order mark":      bom + `{"Records":[` + a + `,` + b + `]}`,
		"array":                `[` + a + `,` + b + `]`,
		"JSON lines":           a + "\n" + b + "\n",
		"JSON lines, ragged":   "\r\n" + a + "\r\n\r\n\n" + b,
		"concatenated":         a + b,
		"concatenated Records": `{"Records":[` + a + `]}{"Records":[` + b + `]}`,
		"pretty, concatenated": indent(t, a) + "\n" + indent(t, b),
		"lookup-events":        `{"NextToken":"n","Events":[` + item(sa) + `,` + item(sb) + `]}`,
		"lookup-events items":  item(sa) + "\n" + item(sb),
		"lookup-events array":  `[` + item(sa) + `,` + item(sb) + `]`,
		"insights look-up":     `{"Events":[` + a + `,` + b + `]}`,
		"subscription":         cloudWatch(a, b),
		"subscriptions joined": cloudWatch(a) + cloudWatch(b),
		"EventBridge to logs":  cloudWatch(bridge(a), bridge(b)),
		"filter-log-events":    `{"events":[{"logStreamName":"1_CloudTrail_eu-west-1","timestamp":1,"message":` + sa + `,"eventId":"1"},{"message":` + sb + `}],"searchedLogStreams":[]}`,
		"CloudWatch export":    "2026-03-01T10:00:00.000Z " + a + "\n1700000000000 " + b + "\n",
		"EventBridge":          bridge(a) + "\n" + bridge(b),
		"EventBridge array":    `[` + bridge(a) + `,` + bridge(b) + `]`,
		"message":              `{"message":` + sa + `}` + "\n" + `{"message":` + sb + `}`,
		"message object":       `{"message":` + a + `}` + "\n" + `{"message":` + b + `}`,
		"@message":             `[{"@timestamp":"x","@message":` + sa + `},{"@message":` + sb + `}]`,
		"_raw":                 `[{"_raw":` + sa + `,"_time":1},{"_raw":` + sb + `,"_time":2}]`,
		"_raw, pretty inside":  `[{"_raw":` + jsonString(t, indent(t, a)) + `},{"_raw":` + sb + `}]`,
		"result._raw":          `{"preview":false,"result":{"_raw":` + sa + `}}` + "\n" + `{"result":{"_raw":` + sb + `}}`,
		"_source":              `{"_index":"i","_source":` + a + `}` + "\n" + `{"_source":` + b + `}`,
		"_source message":      `{"_source":{"message":` + sa + `}}` + "\n" + `{"_source":{"message":` + sb + `}}`,
		"event.original":       `{"event":{"original":` + sa + `},"aws":{"cloudtrail":{"user_identity":{}}}}` + "\n" + `{"event.original":` + sb + `}`,
		"SQS messages":         `{"Messages":[{"MessageId":"m","Body":` + jsonString(t, bridge(a)) + `},{"Body":` + sb + `}]}`,
		"SQS to Lambda":        `{"Records":[{"messageId":"m","body":` + jsonString(t, bridge(a)) + `,"eventSource":"aws:sqs"},{"body":` + sb + `}]}`,
		"SNS to Lambda":        `{"Records":[{"EventSource":"aws:sns","Sns":{"Message":` + jsonString(t, bridge(a)) + `}}]}` + "\n" + `{"Type":"Notification","Message":` + sb + `}`,
		"search hits":          `{"took":1,"hits":{"total":2,"hits":[{"_source":` + a + `},{"_source":{"event":{"original":` + sb + `}}}]}}`,
		"search results":       `{"results":[{"_raw":` + sa + `},{"_raw":` + sb + `}]}`,
		"aws.cloudtrail":       `{"aws":{"cloudtrail":` + a + `}}` + "\n" + `{"aws.cloudtrail":` + b + `}`,
	}
}

func TestEveryCarrier(t *testing.T) {
	t.Parallel()
	want := make([]Event, 2)
	for i := range want {
		events, _ := decodeAll(t, &Decoder{}, plainRecord(i+1))
		want[i] = events[0]
	}
	for name, text := range carriers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, res := decodeAll(t, &Decoder{}, text)
			if len(events) != 2 || res.Invalid != 0 || res.Skip != "" || res.Carrier == "" {
				t.Fatalf("%d events, %+v", len(events), res)
			}
			for i, e := range events {
				if e.ID != want[i].ID || e.Time != want[i].Time || e.Name != "PutBucketPolicy" || e.Who.AccessKey != want[i].Who.AccessKey {
					t.Errorf("event %d is %+v", i, e)
				}
				record, err := Record(text, e.Span)
				if err != nil || !sameJSON(t, record, plainRecord(i+1)) {
					t.Errorf("record %d is %s, %v", i, record, err)
				}
			}
		})
	}
}

func sameJSON(t testing.TB, a, b string) bool {
	t.Helper()
	return indent(t, a) == indent(t, b)
}

func TestCarrierNames(t *testing.T) {
	t.Parallel()
	all := carriers(t)
	for name, want := range map[string]string{
		"Records": "Records", "array": "array", "JSON lines": "JSON objects", "lookup-events": "lookup-events",
		"lookup-events items": "lookup-events", "subscription": "CloudWatch Logs subscription",
		"filter-log-events": "filter-log-events", "CloudWatch export": "log lines", "EventBridge": "EventBridge",
	} {
		if _, res := decodeAll(t, &Decoder{}, all[name]); res.Carrier != want {
			t.Errorf("%s is called %q, want %q", name, res.Carrier, want)
		}
	}
}

func TestTextWithoutRecords(t *testing.T) {
	t.Parallel()
	const s3Note = `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"AWSLogs/a+b%3D.json.gz"}}}]}`
	for text, want := range map[string]string{
		"":               "empty file",
		" \n\t":          "empty file",
		bom:              "empty file",
		"[]":             "no CloudTrail record inside",
		`{"Records":[]}`: "no CloudTrail record inside",
		"{}":             unknownObject,
		"hello":          `not JSON: unexpected 'h' at byte 0 (line 1)`,
		"\n\nnull":       `not JSON: unexpected 'n' at byte 2 (line 3)`,
		`{"a":"b`:        "not JSON: the text ends in the middle of a value at byte 7 (line 1)",
		"{\n\"a\":}":     `not JSON: unexpected '}' at byte 6 (line 2)`,
		`{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health"}]}`: "CloudWatch Logs control message",
		`{"awslogs":{"data":"H4sI"}}`:                          "CloudWatch Logs data still packed in base64",
		`{"s3Bucket":"b","s3ObjectKey":["k"]}`:                 "CloudTrail delivery notification",
		`{"Type":"Notification","TopicArn":"t","Message":"m"}`: "SNS notification",
		`{"messageId":"1","body":"{}"}`:                        "SQS message",
		// What only points at objects (fact sheet section 6) is named as such, however
		// it is wrapped.
		s3Note: "S3 event notification",
		`{"Messages":[{"MessageId":"m","Body":` + jsonString(t, s3Note) + `}]}`:                                                        "S3 event notification",
		`{"Type":"Notification","TopicArn":"t","Message":` + jsonString(t, s3Note) + `}`:                                               "S3 event notification",
		`{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":` + jsonString(t, `{"s3Bucket":"b","s3ObjectKey":["k"]}`) + `}]}`: "CloudTrail delivery notification",
		`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`:                                                                  "S3 test notification",
		`{"version":"0","detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"b"},"object":{"key":"a+b"}}}`:     "S3 event notification",
		`{"version":"0","detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","detail":{"state":"running"}}`:       "EventBridge event that is no API call: EC2 Instance State-change Notification",
		`{"digestStartTime":"a","digestEndTime":"b"}`:                                                                                  digestFile,
	} {
		_, res := decodeAll(t, &Decoder{}, text)
		if res.Skip != want || res.Events != 0 {
			t.Errorf("%q: %d events, skip reason %q, want %q", text, res.Events, res.Skip, want)
		}
	}
}

func TestBrokenTextKeepsTheGoodRecords(t *testing.T) {
	t.Parallel()
	a, b := plainRecord(1), plainRecord(2)
	for name, c := range map[string]struct {
		text         string
		events, line int
	}{
		"cut in the second record":       {`{"Records":[` + a + `,` + b[:200], 1, 1},
		"cut after the first":            {`{"Records":[` + a, 1, 1},
		"closing bracket missing":        {`{"Records":[` + a + `,` + b, 2, 1},
		"broken line between":            {a + "\n" + b[:100] + "\n" + b + "\n", 2, 2},
		"garbage line between":           {a + "\n" + "%%%\n" + b + "\n", 2, 2},
		"trailing garbage":               {`{"Records":[` + a + `,` + b + `]}xyz`, 2, 1},
		"stray brace":                    {a + "}\n" + b, 2, 1},
		"broken string in lookup-events": {`{"Events":[{"CloudTrailEvent":"{\"eventName\":"},{"CloudTrailEvent":` + jsonString(t, a) + `}]}`, 1, 1},
		"mismatched brackets":            {`[` + a + `,{"a":[}]},` + b + `]`, 2, 1},
		"broken record in a list":        {`{"Records":[` + a[:300] + `,` + a + `,` + b + `]}`, 2, 1},
	} {
		events, res := decodeAll(t, &Decoder{}, c.text)
		if len(events) != c.events || res.Invalid != 1 || len(res.Problems) != 1 {
			t.Errorf("%s: %d events, want %d; %+v", name, len(events), c.events, res)
			continue
		}
		if p := res.Problems[0]; p.Line != c.line || p.Off > len(c.text) || p.Reason == "" {
			t.Errorf("%s: %+v, want line %d", name, p, c.line)
		}
	}
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	deepObject := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	deepWrap := strings.Repeat(`{"detail":`, 10_000) + plainRecord(1) + strings.Repeat("}", 10_000)
	in := func(v string) string {
		return `{"eventName":"X","eventSource":"s","eventID":"1","requestParameters":` + v + `}`
	}
	for name, text := range map[string]string{
		"deep array": deep, "deep object": deepObject, "deep wrapper": deepWrap, "deep in a record": in(deep),
		"deep object in a record": in(deepObject), "deep inside a string": `{"message":` + jsonString(t, in(deep)) + `}`,
		"deep list of lists": `{"QueryResultRows":` + deep + `}`,
	} {
		if events, res := decodeAll(t, &Decoder{}, text); len(events) != 0 || res.Skip == "" {
			t.Errorf("%s: %d events, %+v", name, len(events), res)
		}
	}
}

// TestPatience: text that breaks late from wherever one begins must not be read
// once per line. With 200 kB that would be seconds.
func TestPatience(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{"lines": "{\"a\":[\n", "records": `,{"eventVersion":"1","a":[0`} {
		text := `{"Records":[0` + strings.Repeat(unit, 200_000/len(unit))
		if name == "lines" {
			text = strings.Repeat(unit, 200_000/len(unit))
		}
		d := &Decoder{}
		_, res := decodeAll(t, d, text)
		if res.Events != 0 || res.Skip == "" || d.patience < -len(text) {
			t.Errorf("%s: patience %d, %+v", name, d.patience, res)
		}
	}
}

func TestEmitErrorEndsDecoding(t *testing.T) {
	t.Parallel()
	for name, text := range carriers(t) {
		stop := fmt.Errorf("enough")
		calls := 0
		_, err := new(Decoder).Decode(text, func(*Event) error { calls++; return stop })
		if err != stop || calls != 1 {
			t.Errorf("%s: %d calls, %v", name, calls, err)
		}
	}
}

// TestEveryPrefix cuts every carrier at every byte: there is never more than in
// the whole, and what is missing is told.
func TestEveryPrefix(t *testing.T) {
	t.Parallel()
	all := carriers(t)
	all["CSV"], all["OCSF"] = athenaCSV, ocsfObject
	var d Decoder
	for name, text := range all {
		whole, _ := decodeAll(t, &d, text)
		for n := range len(text) {
			res, err := d.Decode(text[:n], func(e *Event) error {
				_, err := Record(text[:n], e.Span)
				return err
			})
			if err != nil || res.Events > len(whole) {
				t.Fatalf("%s, %d bytes: %+v, %v", name, n, res, err)
			}
			if res.Events == 0 && res.Skip == "" {
				t.Fatalf("%s, %d bytes: no events and no reason", name, n)
			}
		}
	}
}
