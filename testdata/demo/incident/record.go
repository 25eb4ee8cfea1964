package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// obj is a JSON object; its keys come out sorted, so that the same story always
// gives the same bytes.
type obj = map[string]any

// record is one CloudTrail record, its fields in the order CloudTrail writes.
type record struct {
	EventVersion string `json:"eventVersion"`
	UserIdentity any    `json:"userIdentity"`
	EventTime    string `json:"eventTime"`
	EventSource  string `json:"eventSource"`
	EventName    string `json:"eventName"`
	AWSRegion    string `json:"awsRegion"`
	SourceIP     string `json:"sourceIPAddress"`
	UserAgent    string `json:"userAgent"`
	ErrorCode    string `json:"errorCode,omitempty"`
	ErrorMessage string `json:"errorMessage,omitempty"`
	Request      any    `json:"requestParameters"`
	Response     any    `json:"responseElements"`
	Additional   any    `json:"additionalEventData,omitempty"`
	RequestID    string `json:"requestID"`
	EventID      string `json:"eventID"`
	ReadOnly     bool   `json:"readOnly"`
	Resources    any    `json:"resources,omitempty"`
	EventType    string `json:"eventType"`
	Management   bool   `json:"managementEvent"`
	Recipient    string `json:"recipientAccountId"`
	SharedID     string `json:"sharedEventID,omitempty"`
	Category     string `json:"eventCategory"`
	Console      string `json:"sessionCredentialFromConsole,omitempty"`
}

// caller is a set of credentials in use: who, from where, with what.
type caller struct {
	identity obj
	account  string
	ip       string
	agent    string
	console  bool
}

func (c caller) from(ip, agent string) caller { c.ip, c.agent = ip, agent; return c }

// story collects records and hands out ids that depend on nothing but order.
type story struct {
	records []record
	n       int
}

func (s *story) id(kind string) string {
	s.n++
	sum := sha256.Sum256(fmt.Appendf(nil, "spoor demo %s %d", kind, s.n))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:32]
}

// option changes a record that call is about to add.
type option func(*record)

func response(v any) option { return func(r *record) { r.Response = v } }
func more(v any) option     { return func(r *record) { r.Additional = v } }
func in(region string) option {
	return func(r *record) { r.AWSRegion = region }
}
func denied(code, message string) option {
	return func(r *record) { r.ErrorCode, r.ErrorMessage, r.Response = code, message, nil }
}
func touching(resources ...obj) option {
	return func(r *record) { r.Resources = resources }
}
func data() option {
	return func(r *record) { r.Management, r.Category = false, "Data" }
}
func kind(eventType string) option { return func(r *record) { r.EventType = eventType } }
func delivered(account, shared string) option {
	return func(r *record) { r.Recipient, r.SharedID = account, shared }
}

// read and write add a call; the service is its short name.
func (s *story) read(at time.Time, who caller, service, name string, request any, opts ...option) {
	s.call(at, who, service, name, request, true, opts)
}

func (s *story) write(at time.Time, who caller, service, name string, request any, opts ...option) {
	s.call(at, who, service, name, request, false, opts)
}

func (s *story) call(at time.Time, who caller, service, name string, request any, readOnly bool, opts []option) {
	r := record{
		EventVersion: "1.11", UserIdentity: who.identity, EventTime: stamp(at),
		EventSource: service + ".amazonaws.com", EventName: name, AWSRegion: "us-east-1",
		SourceIP: who.ip, UserAgent: who.agent, Request: request,
		RequestID: s.id("request"), EventID: s.id("event"), ReadOnly: readOnly,
		EventType: "AwsApiCall", Management: true, Recipient: who.account, Category: "Management",
	}
	if who.console {
		r.Console = "true"
	}
	for _, o := range opts {
		o(&r)
	}
	s.records = append(s.records, r)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// body writes records as CloudTrail delivers them: one line, one list.
func body(records []record) []byte {
	b, err := json.Marshal(struct{ Records []record }{records})
	if err != nil {
		panic(err) // the story is made of plain values
	}
	return b
}
