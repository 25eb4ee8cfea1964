package cloudtrail

import (
	"encoding/json"
	"strings"
	"testing"
)

const athenaCSV = `"eventversion","useridentity","eventtime","eventsource","eventname","awsregion","sourceipaddress","errorcode","requestparameters","readonly","resources","eventid","recipientaccountid","timestamp"
"1.08","{type=AssumedRole, principalid=AROA1:ann, arn=arn:aws:sts::111122223333:assumed-role/Admin/ann, accountid=111122223333, invokedby=null, accesskeyid=ASIA1, sessioncontext={attributes={mfaauthenticated=false, creationdate=2026-03-01T09:00:00Z}, sessionissuer={type=Role, principalid=AROA1, arn=arn:aws:iam::111122223333:role/Admin, username=Admin}}}","2026-03-01T10:00:00Z","ec2.amazonaws.com","RunInstances","eu-west-1","198.51.100.7",,"{""instanceType"":""t3.micro"",
""note"":""two lines""}","false","[{arn=arn:aws:ec2:::instance/i-1, accountid=111122223333, type=AWS::EC2::Instance}]","e-1","111122223333","2026/03/01"
"1.08","{type=IAMUser, username=bob, odd}","2026-03-01T10:00:01Z","s3.amazonaws.com","GetObject","eu-west-1","198.51.100.8","AccessDenied","","true","","e-2","111122223333","2026/03/01"
`

func TestAthenaCSV(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"plain": athenaCSV, "CRLF and mark": bom + strings.ReplaceAll(athenaCSV, "\n", "\r\n")} {
		events, res := decodeAll(t, &Decoder{}, text)
		if len(events) != 2 || res.Carrier != "CSV" || res.Invalid != 0 {
			t.Fatalf("%s: %d events, %+v", name, len(events), res)
		}
		a, b := events[0], events[1]
		if a.Name != "RunInstances" || a.Time != 1772359200_000000 || a.ReadOnly || a.Who.Role != "Admin" || a.Who.SessionName != "ann" || a.Who.InvokedBy != "" ||
			!strings.Contains(a.Request, `"t3.micro"`) || textAt(a.Resources[1:], "ARN") != "arn:aws:ec2:::instance/i-1" {
			t.Errorf("%s: %+v %+v", name, a, a.Who)
		}
		if b.Outcome != Denied || !b.ReadOnly || b.Who.Actor != "bob, odd" || b.Request != "" {
			t.Errorf("%s: %+v %+v", name, b, b.Who)
		}
		for _, e := range events {
			if e.Span.Form != FormCSV {
				t.Errorf("form %d", e.Span.Form)
			}
			sameFromRecord(t, text, e)
		}
	}
}

func TestBrokenCSVRows(t *testing.T) {
	t.Parallel()
	events, res := decodeAll(t, &Decoder{}, athenaCSV+"\nshort\n\"x\",\"y\",\"2026\",\"s\",\"\"\n")
	if len(events) != 2 || res.Invalid != 2 {
		t.Errorf("%d events, %+v", len(events), res)
	}
	if _, res := decodeAll(t, &Decoder{}, "a,b,c\n1,2,3\n"); res.Events != 0 || res.Skip == "" {
		t.Errorf("another table: %+v", res)
	}
}

func TestLakeRows(t *testing.T) {
	t.Parallel()
	text := `{"QueryStatus":"FINISHED","QueryResultRows":[
	 [{"eventTime":"2026-03-01 10:00:00.000"},{"eventName":"GetObject"},{"eventSource":"s3.amazonaws.com"},{"eventID":"e-1"},{"userIdentity":"{type=IAMUser, username=ann}"},{"readOnly":"true"},{"errorCode":null}],
	 [{"eventTime":"2026-03-01 10:00:01.500"},{"eventName":"CreateUser"},{"eventSource":"iam.amazonaws.com"},{"eventID":"e-2"}],
	 [{"count":"17"}]]}`
	events, res := decodeAll(t, &Decoder{}, text)
	if len(events) != 2 || res.Invalid != 0 || res.Other != 2 {
		t.Fatalf("%d events, %+v", len(events), res)
	}
	if a, b := events[0], events[1]; a.Who.Actor != "ann" || !a.ReadOnly || a.ErrorCode != "" || b.Time != 1772359201_500000 {
		t.Errorf("%+v %+v", a, b)
	}
	for _, e := range events {
		if e.Span.Form != FormLake {
			t.Errorf("form %d", e.Span.Form)
		}
		sameFromRecord(t, text, e)
	}
}

const ocsfObject = `{"class_uid":6003,"class_name":"API Activity","metadata":{"uid":"e-1","event_code":"AwsApiCall","product":{"version":"1.08","feature":{"name":"Management"}}},
	"time":1772359200000,"api":{"operation":"DeleteUser","service":{"name":"iam.amazonaws.com"},"request":{"uid":"r-1","data":"{\"userName\":\"bob\"}"},
	"response":{"error":"AccessDenied","message":"no","data":null}},"cloud":{"region":"us-east-1","account":{"uid":"111122223333"}},
	"src_endpoint":{"ip":"198.51.100.7"},"http_request":{"user_agent":"aws-cli/2"},
	"actor":{"user":{"type":"AssumedRole","uid":"arn:aws:sts::111122223333:assumed-role/Admin/ann","uid_alt":"AROA1:ann","account":{"uid":"111122223333"},"credential_uid":"ASIA1"},
	"session":{"created_time_dt":"2026-03-01T09:00:00Z","is_mfa":true,"issuer":"arn:aws:iam::111122223333:role/Admin"}},
	"resources":[{"uid":"arn:aws:iam::111122223333:user/bob","type":"AWS::IAM::User","owner":{"account":{"uid":"111122223333"}}}],
	"unmapped":{"readOnly":"false","sharedEventID":"sh-1","additionalEventData":{"a":1}}}`

func TestOCSF(t *testing.T) {
	t.Parallel()
	text := ocsfObject + "\n" + strings.ReplaceAll(ocsfObject, "e-1", "e-2") + "\n" + `{"class_uid":4001,"time":1}`
	events, res := decodeAll(t, &Decoder{}, text)
	if len(events) != 2 || res.Carrier != "OCSF" || res.Other != 1 {
		t.Fatalf("%d events, %+v", len(events), res)
	}
	e := events[0]
	if e.Span.Form != FormOCSF || e.Name != "DeleteUser" || e.Time != 1772359200_000000 || e.Outcome != Denied || e.ReadOnly || e.MFA != MFAYes ||
		e.Who.Role != "Admin" || e.Who.SessionName != "ann" || textAt(e.Request, "userName") != "bob" || e.SharedID != "sh-1" ||
		e.Account != "111122223333" || e.Response != "" || textAt(e.Additional, "a") != "1" {
		t.Errorf("%+v %+v", e, e.Who)
	}
	for _, e := range events {
		sameFromRecord(t, text, e)
	}
}

// What OCSF has no name for comes back from under its dotted keys.
func TestUnmappedOCSF(t *testing.T) {
	t.Parallel()
	text := strings.Replace(ocsfObject, `"unmapped":{`, `"unmapped":{"userIdentity.onBehalfOf.userId":"u-1","userIdentity.sessionContext.signInSessionArn":"arn:aws:signin:eu-west-1:1:session/u",
		"userIdentity.sessionContext.attributes.mfaAuthenticated":"false","userIdentity.sessionContext.ec2RoleDelivery":"1.0","userIdentity":{"credentialId":"c-1"},"additionalEventData.bytesTransferredOut":"42",
		"serviceEventDetails":"{\"UserAuthentication\":\"Success\"}","vpcEndpointId":"vpce-1","sessionCredentialFromConsole":"true","responseElements.x":null,"a.b":"c",".":1,"eventName":"Other",`, 1)
	events, _ := decodeAll(t, &Decoder{}, text)
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	if e.Who.OnBehalfOf != "u-1" || e.Who.SignInSession == "" || e.Who.EC2Delivery != "1.0" || e.Who.CredentialID != "c-1" || e.MFA != MFAYes || e.Who.Role != "Admin" || e.BytesOut != 42 ||
		textAt(e.Service, "UserAuthentication") != "Success" || e.VPCEndpoint != "vpce-1" || !e.Console || e.Name != "DeleteUser" || textAt(e.Additional, "a") != "1" || e.SharedID != "sh-1" || e.ReadOnly {
		t.Errorf("%+v %+v", e, e.Who)
	}
	sameFromRecord(t, text, e)
}

func TestStructText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`:                               `{}`,
		`{a=b}`:                            `{"a":"b"}`,
		`{a=b, c=d, e, f=null}`:            `{"a":"b","c":"d, e","f":null}`,
		`{a={b=c, d={}}, e=[x, y], f=1=2}`: `{"a":{"b":"c","d":{}},"e":["x","y"],"f":"1=2"}`,
		`[{a=b}, {a=c}]`:                   `[{"a":"b"},{"a":"c"}]`,
		`{a=b`:                             "", `{=b}`: "", `[}`: "", `{a=b]`: "", `{a b=c}`: "",
	} {
		got, rest, ok := structJSON(text, 0)
		if !ok || rest != "" {
			got = ""
		}
		if got != want || got != "" && !json.Valid([]byte(got)) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestRecordRefusesForeignSpans(t *testing.T) {
	t.Parallel()
	for _, s := range []Span{{Off: 10, Len: 1}, {Off: 0, Len: 1 << 31}, {Len: 2, Form: FormString}, {Len: 2, Form: FormCSV}, {Len: 2, Form: 99}} {
		if record, err := Record(`""`, s); err == nil {
			t.Errorf("%+v: %q", s, record)
		}
	}
}
