package store

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zeebo/xxh3"

	"spoor/loader"
	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/store/blocks"
)

// nasty are texts that break programs which paste, and ones that differ in case
// or folding only. Fields hold valid UTF-8: the decoder sees to it.
var nasty = []string{
	"alice", "ALICE", "Alice", "bob", "straße", "STRASSE", "ſam", "sam", "\u212aelvin", "kelvin", "日本", "😀", "é", "e\u0301",
	`'`, `''`, `"`, `\`, `\\`, `\"`, "%", "_", "a%b", "a_b", "axb", ";--", "'; DROP TABLE event_rows; --", "$1", "?", "*", "a*b", "a?b", "{}", "[0]",
	"\x00", "a\x00b", "\ufffd", "\u202e", "\t", "\r\n", " ", " lead", "trail ", "=1+1", "-x", "!x", "/x/", "a/b", "<a>&b", "a..b", "1..2", "a,b", "(x)", "AND", "OR",
	"null", "NULL", "true", "0", "00", "1", "1.0", "1e3", "-1", "10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::1", "2001:DB8:0::1", "::ffff:10.0.0.1", "AWS Internal",
	"iam.amazonaws.com", "IAM.amazonaws.com", "iam", "UpdateFunctionCode20150331v2", "UpdateFunctionCode", "arn:aws:iam::1:user/alice", "arn:aws:s3:::b/k", "2024-05-01", "2024-05-01T00:00:00Z",
}

// A told event knows its values as the matcher wants them.
type told struct {
	event  loader.Event
	values map[string][]query.Value
	record string
}

func (e told) Values(field string) []query.Value { return e.values[field] }
func (e told) Record() string                    { return e.record }

// teller makes events of nasty values, absent ones among them.
type teller struct {
	r *rand.Rand
	n int
}

func (g *teller) pick() string {
	if g.r.IntN(4) == 0 {
		return ""
	}
	return nasty[g.r.IntN(len(nasty))]
}

func (g *teller) next() told {
	g.n++
	who := g.identity()
	e := cloudtrail.Event{
		ID: g.id(), Time: time.Date(2024, 5, 1, 0, 0, 0, g.r.IntN(3)*500_000_000, time.UTC).Add(time.Duration(g.r.IntN(5)-2) * 12 * time.Hour).UnixMicro(),
		Source: g.pick(), Name: g.pick(), Region: g.pick(), Account: g.pick(), SourceIP: g.pick(), UserAgent: g.pick(), ErrorCode: g.pick(), ErrorMessage: g.pick(), EventType: g.pick(),
		Category: cloudtrail.Category(g.r.IntN(6)), Outcome: cloudtrail.Outcome(g.r.IntN(4)), ReadOnly: g.r.IntN(2) == 0, MFA: cloudtrail.MFA(g.r.IntN(3)),
		BytesIn: int64(g.r.IntN(4)) - 1, BytesOut: int64(g.r.IntN(3)-1) * 1_000_000, Who: who,
	}
	if e.BytesOut < 0 {
		e.BytesOut = cloudtrail.NoBytes
	}
	if g.r.IntN(10) == 0 {
		e.Time = cloudtrail.NoTime
	}
	out := told{event: loader.Event{Event: e}}
	if g.r.IntN(2) == 0 {
		c := change.Change{ResourceType: "AWS::X::" + g.pick(), Summary: "did it", Severity: change.Severity(g.r.IntN(5))}
		for range g.r.IntN(3) {
			if s := g.pick(); s != "" && !slices.Contains(c.Resources, s) {
				c.Resources = append(c.Resources, s)
			}
		}
		if len(c.Resources) == 0 {
			c.ResourceType = ""
		}
		out.event.Change = &c
	}
	out.values, out.record = g.values(out.event), g.record(who)
	return out
}

func (g *teller) id() string {
	switch g.r.IntN(4) {
	case 0:
		return g.pick()
	case 1:
		return strings.ToUpper(guidText(g.r.Uint64(), g.r.Uint64()))
	}
	return guidText(g.r.Uint64(), g.r.Uint64())
}

// identity makes one whose decoded texts are those of its raw text.
func (g *teller) identity() *cloudtrail.Identity {
	w := &cloudtrail.Identity{Type: g.pick(), PrincipalID: g.pick(), ARN: g.pick(), Account: g.pick(), AccessKey: g.pick(), InvokedBy: g.pick(),
		Role: g.pick(), SessionName: g.pick(), Actor: "x" + g.pick(), Created: cloudtrail.NoTime}
	raw, _ := json.Marshal(map[string]any{"type": w.Type, "principalId": w.PrincipalID, "arn": w.ARN, "accessKeyId": w.AccessKey, "invokedBy": w.InvokedBy, "n": g.n})
	w.Raw = string(raw)
	h := xxh3.HashString128(w.Raw)
	w.Hash = [2]uint64{h.Hi, h.Lo}
	return w
}

func (g *teller) record(who *cloudtrail.Identity) string {
	params := map[string]any{
		"Name": g.pick(), "n": []any{g.r.IntN(5), 2.5, "1.0", g.pick()}[g.r.IntN(4)], "flag": g.r.IntN(2) == 0, "nothing": nil,
		"list": []any{g.pick(), map[string]any{"Key": g.pick(), "k.ey": g.pick()}}, "at": []string{"2024-05-01T00:00:00Z", "2024-05-01", "soon"}[g.r.IntN(3)],
	}
	raw, _ := json.Marshal(map[string]any{"serial": g.n, "userIdentity": json.RawMessage(who.Raw), "requestParameters": params})
	return string(raw)
}

// values are those of the catalogue, the empty text being absent.
func (g *teller) values(e loader.Event) map[string][]query.Value {
	m := map[string]string{
		"actor": e.Who.Actor, "type": e.Who.Type, "principal": e.Who.ARN, "key": e.Who.AccessKey, "role": e.Who.Role, "sessionname": e.Who.SessionName,
		"caller": e.Who.Account, "account": e.Account, "region": e.Region, "service": e.Source, "event": e.Name, "eventtype": e.EventType, "ip": e.SourceIP,
		"agent": e.UserAgent, "error": e.ErrorCode, "message": e.ErrorMessage, "id": e.ID, "object": "/nasty.json", "readonly": fmt.Sprint(e.ReadOnly),
		"outcome": []string{"ok", "denied", "throttled", "error"}[e.Outcome], "mfa": []string{"", "no", "yes"}[e.MFA],
		"category": []string{"Management", "Data", "NetworkActivity", "Insight", "Aggregated", "Other"}[e.Category],
	}
	if e.Who.ARN == "" {
		m["principal"] = e.Who.PrincipalID
	}
	if e.Time != cloudtrail.NoTime {
		m["time"] = timeText(e.Time)
	}
	for name, n := range map[string]int64{"bytesin": e.BytesIn, "bytesout": e.BytesOut} {
		if n != cloudtrail.NoBytes {
			m[name] = fmt.Sprint(n)
		}
	}
	values := make(map[string][]query.Value)
	for name, s := range m {
		values[name] = []query.Value{{Text: s, Null: s == ""}}
	}
	if e.Change != nil {
		for _, r := range e.Change.Resources {
			values["resource"] = append(values["resource"], query.Value{Text: r})
		}
		if e.Change.ResourceType != "" {
			values["resourcetype"] = []query.Value{{Text: e.Change.ResourceType}}
		}
	}
	return values
}

// asker makes filters as people might type them, from the same values.
type asker struct{ r *rand.Rand }

func (g asker) one(list ...string) string { return list[g.r.IntN(len(list))] }

func (g asker) text() string { return nasty[g.r.IntN(len(nasty))] }

func quoted(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }

// value writes a value in quotes, or bare where it can be, with a wildcard.
func (g asker) value() string {
	s := g.text()
	switch g.r.IntN(4) {
	case 0:
		plain := regexp.MustCompile(`[^\pL\pN]`).ReplaceAllString(s, "?")
		return g.one(plain+"*", "*"+plain, "*"+plain+"*", "?"+plain)
	case 1:
		return `/` + strings.ReplaceAll(g.one("(?i)", "^", "")+regexp.QuoteMeta(s), "/", `\/`) + `/`
	}
	return quoted(s)
}

func (g asker) term() string {
	texts := []string{"actor", "type", "principal", "key", "role", "sessionname", "caller", "account", "region", "service", "event", "eventtype",
		"resource", "resourcetype", "ip", "agent", "error", "message", "id", "object",
		"requestParameters.name", "requestParameters.N", "requestParameters.flag", "requestParameters.nothing", "requestParameters.list",
		"requestParameters.list.key", `requestParameters.list."K.ey"`, "userIdentity.principalId", "userIdentity.invokedBy", "userIdentity.arn", "userIdentity.n", `"serial"`, "requestParameters"}
	switch name := g.one(texts...); g.r.IntN(12) {
	case 0:
		return name + ":*"
	case 1:
		return name + g.one("=", "!=") + quoted(g.text())
	case 2:
		return name + ":" + quoted(g.text()) + "," + g.value()
	case 3:
		return "time" + g.one(":2024-05-01", ":..2024-05-01", ":2024-05-01..", "<2024-05-01T00:00:00Z", "<=2024-05-01T00:00:00Z", ">2024-05-01", ">=2024-05-01", ":*",
			":2024-04-30T12:00..2024-05-01T00:00:00Z", "=2024-05-01T00:00:00.5Z", ":last:12h", ">last:12h", ":ago:1d", ":2024-05-01,2024-04-30")
	case 4:
		return g.one("bytesin", "bytesout") + g.one(":0", ":1,2", "<1", "<=1", ">1", ">=1MB", ":1..2", ":..0", ":*", "!=1", ":0.5")
	case 5:
		return g.one("readonly:true", "readonly:no", "mfa:yes", "mfa:n*", "mfa!=yes", "mfa:*", "outcome:ok,denied", "outcome:?r*", "category:data", "category:Other,Insight", "verdict:*",
			"severity:high", "severity>=high", "severity<medium", "severity>low", "severity<=high", "severity:low..high,critical", "severity:low,critical", "severity!=info", "severity:*")
	case 6:
		return "ip:" + g.one("10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::/0", "10.0.0.1", "2001:db8::1", "::1/128")
	case 7:
		return g.one("requestParameters.n", "userIdentity.n", `"serial"`) + g.one(">1", "<2.5", "<=2", ">=2", ":1..2", ":2.5", "=1.0", "<100")
	case 8:
		return "requestParameters.at" + g.one(">2024-04-30", "<2024-05-01", ":2024-05-01..2024-05-02", "<=2024-05-01T00:00:00Z", ":soon")
	case 9:
		return g.one(quoted(g.text()), quoted(`"Name":"`+g.text()), quoted(g.text()+`","flag":`), `/(?i)(alice|bob)/`, `/kelvin.*true/`, `/^.{40}"/`, `/[a-z]\*b/`, `":true,"`, "null", "requestP*")
	case 10:
		return g.one("ali?e", "a*b", "kel*", `/(?i)ALICE/`, "sam", "日本")
	default:
		return name + ":" + g.value()
	}
}

func (g asker) filter(depth int) string {
	if depth == 0 || g.r.IntN(3) == 0 {
		return g.one("", "", "-", "NOT ") + g.term()
	}
	return g.one("", "-") + "(" + g.filter(depth-1) + g.one(" ", " AND ", " OR ") + g.filter(depth-1) + ")"
}

// TestStoreAgreesOnNastyValues puts generated filters to generated events: every
// kind of field, every operator, values absent or made to break things. The
// matcher says what is right.
func TestStoreAgreesOnNastyValues(t *testing.T) {
	t.Parallel()
	db, indexed := newCase(t), newCase(t)
	smallFrames(indexed, 4<<10)
	indexed.many = 1 // hits are bits
	g := &teller{r: rand.New(rand.NewPCG(11, 12))}
	var events []told
	var list []loader.Event
	var text strings.Builder
	var at [][2]int
	for range 400 {
		e := g.next()
		at = append(at, [2]int{text.Len(), len(e.record)})
		text.WriteString(e.record + "\n")
		events, list = append(events, e), append(list, e.event)
	}
	for _, db := range []*DB{db, indexed} {
		if s := load(t, db, pack1("/nasty.json", text.String(), list, func(i int) (int, int) { return at[i][0], at[i][1] })); s.Events != len(events) {
			t.Fatalf("stored %+v", s)
		}
	}
	db.blocks = blocks.New("", 0) // searches the records as they came
	if err := indexed.Index(t.Context()); err != nil || coveredEvents(indexed) != int64(len(events)) {
		t.Fatalf("%d events in blocks, %v", coveredEvents(indexed), err)
	}
	tellSeverity(t, db, events)
	ask := asker{rand.New(rand.NewPCG(13, 14))}
	some := 0
	for range 300 {
		f := ask.filter(2)
		parsed, err := query.Parse(f)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		agree(t, indexed, events, parsed)
		if got := agree(t, db, events, parsed); got > 0 && got < len(events) {
			some++
		}
	}
	if some < 100 {
		t.Errorf("only %d filters told events apart", some)
	}
}

// tellSeverity tells the matcher the severities that are shown: those of who is
// new in the case are raised (timeline_new.go).
func tellSeverity(t *testing.T, db *DB, events []told) {
	t.Helper()
	err := whole{db}.Walk(t.Context(), query.Walk{Columns: []string{"severity"}}, func(r query.Row) error {
		events[r.Seq-1].values["severity"] = []query.Value{r.Values[0]}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// agree compares store and matcher and returns how many events matched.
func agree(t *testing.T, db *DB, events []told, f query.Filter) int {
	t.Helper()
	m := f.Matcher(db.clock())
	var want []int64
	for i, e := range events {
		if m.Match(e) {
			want = append(want, int64(i+1))
		}
	}
	var got []int64
	err := whole{db}.Walk(t.Context(), query.Walk{Filter: f}, func(r query.Row) error {
		got = append(got, r.Seq)
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", f, err)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: the store finds %d, the matcher %d: %s", f, len(got), len(want), firstDifference(got, want, events))
	}
	if n, err := (whole{db}).Count(t.Context(), f); err != nil || n.N != int64(len(want)) {
		t.Errorf("%s: count %d, %v, want %d", f, n.N, err, len(want))
	}
	return len(want)
}

func firstDifference(got, want []int64, events []told) string {
	for i := range events {
		seq := int64(i + 1)
		if slices.Contains(got, seq) != slices.Contains(want, seq) {
			return fmt.Sprintf("event %d (%v) %s %+v", seq, slices.Contains(want, seq), events[i].record, events[i].values)
		}
	}
	return ""
}
