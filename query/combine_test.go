package query

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t testing.TB, text string) Filter {
	t.Helper()
	f, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return f
}

func TestTicking(t *testing.T) {
	t.Parallel()
	null := Value{Null: true}
	tests := []struct {
		start, how, field string
		value             Value
		want              string
	}{
		{"", "include", "event", Value{Text: "GetObject"}, "event=GetObject"},
		{"event=GetObject", "include", "event", Value{Text: "PutObject"}, "event=GetObject,PutObject"},
		{"event=GetObject,PutObject", "include", "event", Value{Text: "GetObject"}, "event=PutObject"},
		{"event=PutObject", "include", "event", Value{Text: "PutObject"}, ""},
		{"a event=x b", "include", "event", Value{Text: "y"}, "a event=x,y b"},
		{"a event=x b", "include", "event", Value{Text: "x"}, "a b"},
		{"event:x", "include", "event", Value{Text: "y"}, "event:x event=y"},
		{"event=x", "include", "event", null, "event=x OR -event:*"},
		{"event=x OR -event:*", "include", "event", null, "event=x"},
		{"event=x OR -event:*", "include", "event", Value{Text: "y"}, "event=x,y OR -event:*"},
		{"-event:*", "include", "event", null, ""},
		{"event!=x", "include", "event", Value{Text: "x"}, "event=x"},
		{"event!=x,y", "include", "event", Value{Text: "x"}, "event=x event!=y"},
		{"", "exclude", "event", Value{Text: "x"}, "event!=x"},
		{"event!=x", "exclude", "event", Value{Text: "y"}, "event!=x,y"},
		{"event!=x,y", "exclude", "event", Value{Text: "x"}, "event!=y"},
		{"event!=x", "exclude", "event", Value{Text: "x"}, ""},
		{"event=x,y", "exclude", "event", Value{Text: "x"}, "event=y event!=x"},
		{"", "exclude", "event", null, "event:*"},
		{"event:*", "exclude", "event", null, ""},
		{"-event:*", "exclude", "event", null, "event:*"},
		{"event!=x", "exclude", "event", null, "event!=x event:*"},
		{"event=x event:y* a", "only", "event", Value{Text: "z"}, "a event=z"},
		{"event!=x", "only", "EventName", null, "-event:*"},
		{"outcome:ok", "include", "outcome", Value{Text: "denied"}, "outcome:ok,denied"},
		{"", "include", "time", Value{Text: "2024-05-01T10:00:00Z"}, "time:2024-05-01T10:00:00Z"},
		{"", "include", "bytesout", Value{Text: "5"}, "bytesout:5"},
		{"", "include", "agent", Value{Text: `a "b", (c) \d`}, `agent="a \"b\", (c) \\d"`},
		{"", "include", "agent", Value{Text: ""}, `agent=""`},
		{"", "include", "agent", Value{Text: "*"}, `agent=*`},
		{"", "include", "agent", Value{Text: "x\xffy"}, "agent=x\ufffdy"},
		{"", "include", `requestParameters."a.b"`, Value{Text: "/x"}, `requestParameters."a.b"=/x`},
		{`requestParameters.a=1`, "include", `requestParameters.a`, Value{Text: "2"}, `requestParameters.a=1,2`},
		{"", "include", "text", Value{Text: "some words"}, `"some words"`},
		{`"some words"`, "include", "text", Value{Text: "some words"}, ""},
	}
	for _, tt := range tests {
		f := mustParse(t, tt.start)
		do := map[string]func(string, Value) (Filter, error){"include": f.Include, "exclude": f.Exclude, "only": f.Only}[tt.how]
		got, err := do(tt.field, tt.value)
		if err != nil {
			t.Errorf("%q %s %s %q: %v", tt.start, tt.how, tt.field, tt.value.Text, err)
			continue
		}
		if got.String() != tt.want {
			t.Errorf("%q %s %s %q = %q, want %q", tt.start, tt.how, tt.field, tt.value.Text, got, tt.want)
		}
		checkRoundTrip(t, got)
	}
	if _, err := mustParse(t, "").Include("nofield", Value{Text: "x"}); err == nil {
		t.Error("Include takes an unknown field")
	}
}

// Any value an event can hold must be found by including it and hidden by
// excluding it.
func TestTickedValuesMatchThemselves(t *testing.T) {
	t.Parallel()
	for _, s := range append(pieces, "a..b", "10.0.0.0/8", "AND", "x y", "", "/re/", "<eventId>") {
		s = strings.ToValidUTF8(s, "\ufffd")
		for _, field := range []string{"actor", "ip", "service", "event", "resource"} {
			event := subject{values: map[string][]Value{field: texts(s)}}
			with, err := Filter{}.Include(field, Value{Text: s})
			if err != nil {
				t.Fatal(err)
			}
			without, _ := Filter{}.Exclude(field, Value{Text: s})
			for _, f := range []Filter{with, mustParse(t, with.String())} {
				if !f.Matcher(testClock).Match(event) {
					t.Errorf("%s does not find %q", f, s)
				}
			}
			if without.Matcher(testClock).Match(event) {
				t.Errorf("%s finds %q", without, s)
			}
		}
	}
}

func TestChips(t *testing.T) {
	t.Parallel()
	f := mustParse(t, "event:Get* -actor:bob (ip:1.2.3.4 OR ip:1.2.3.5) (a OR key:x) words")
	want := []Chip{
		{Text: "event:Get*", Field: "event"}, {Text: "-actor:bob", Field: "actor", Negated: true},
		{Text: "(ip:1.2.3.4 OR ip:1.2.3.5)", Field: "ip"}, {Text: "(a OR key:x)"}, {Text: "words"},
	}
	got := f.Chips()
	for i := range got {
		got[i].Node = nil
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got, want := f.Remove(2).String(), "event:Get* -actor:bob (a OR key:x) words"; got != want {
		t.Errorf("Remove(2) = %s", got)
	}
	if got := f.Remove(9); !got.Equal(f) {
		t.Errorf("Remove(9) = %s", got)
	}
	if got, want := f.Without("IP").String(), "event:Get* -actor:bob (a OR key:x) words"; got != want {
		t.Errorf("Without(ip) = %s", got)
	}
	if got := f.And(f); !got.Equal(f) {
		t.Errorf("f and f = %s", got)
	}
	if got, want := mustParse(t, "a b").Or(mustParse(t, "c")).String(), "a b OR c"; got != want {
		t.Errorf("Or = %s", got)
	}
	if got, want := mustParse(t, "a b").Not().String(), "-(a b)"; got != want {
		t.Errorf("Not = %s", got)
	}
	if got := f.Not().Not(); !got.Equal(f) || !(Filter{}).Not().All() {
		t.Errorf("not not f = %s", got)
	}
	if !f.Or(Filter{}).All() || len((Filter{}).Chips()) != 0 {
		t.Error("the empty filter is not neutral")
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	law := strings.Fields("time actor root type principal key role session sessionname account caller region service event eventtype resource resourcetype ip agent error message outcome readonly category mfa bytesin bytesout id object verdict severity mark note tag text")
	var names []string
	seen := map[string]string{}
	for _, f := range Fields() {
		names = append(names, f.Name)
		if f.Help == "" || f.Title == "" || f.Width == 0 {
			t.Errorf("%s lacks help, title or width", f.Name)
		}
		if f.Kind.Closed() != (len(f.Values) > 0 && f.Kind != KindText) {
			t.Errorf("%s: kind and values disagree", f.Name)
		}
		for _, a := range append(f.Aliases, f.Name) {
			if other := seen[strings.ToLower(a)]; other != "" && other != f.Name {
				t.Errorf("%s names %s and %s", a, other, f.Name)
			}
			seen[strings.ToLower(a)] = f.Name
			if g, ok := Lookup(strings.ToUpper(a)); !ok || g.Name != f.Name {
				t.Errorf("Lookup(%s) = %s", a, g.Name)
			}
		}
	}
	if d := cmp.Diff(law, names); d != "" {
		t.Error(d)
	}
	for _, k := range recordKeys {
		mustParse(t, k+":*")
	}
}

func TestColumnPath(t *testing.T) {
	t.Parallel()
	f, path, err := ColumnPath("eventName")
	if err != nil || f.Name != "event" || path != nil {
		t.Errorf("eventName: %v %v %v", f.Name, path, err)
	}
	f, path, err = ColumnPath(`requestParameters."a.b".c`)
	if err != nil || f.Name != "" || !cmp.Equal(path, []string{"requestParameters", "a.b", "c"}) {
		t.Errorf("path: %v %q %v", f.Name, path, err)
	}
	for _, bad := range []string{"", "acton", "a b", "event:x", `"a`, "x..y", "event:", ","} {
		if _, _, err := ColumnPath(bad); err == nil {
			t.Errorf("ColumnPath(%q) is no error", bad)
		}
	}
}
