package query

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text   string // with | at the cursor
		items  string // the first ones
		field  string
		prefix string
		slot   string // what is replaced
	}{
		{"|", "time: actor: root: type:", "", "", ""},
		{"act|", "actor: action:", "", "", "act"},
		{"-act|", "actor: action:", "", "", "act"},
		{"(foo OR act|", "actor: action:", "", "", "act"},
		{"actor|", "actor: actor:* actor!= actor=", "", "", "actor"},
		{"bytesout|", "bytesout: bytesout:* bytesout!= bytesout>= bytesout<=", "", "", "bytesout"},
		{"severity|", "severity: severity:* severity!= severity>= severity<=", "", "", "severity"},
		{"severity>=h|", "high", "", "h", "h"},
		{"severity:|", "info low medium high critical", "", "", ""},
		{"eventN|", "eventName:", "", "", "eventN"},
		{"requestP|", "requestParameters.", "", "", "requestP"},
		{"userIdentity.p|", "userIdentity.principalId", "", "", "userIdentity.p"},
		{"actor:|", "", "actor", "", ""},
		{"actor:al|", "", "actor", "al", "al"},
		{"actor:al|ice b", "", "actor", "al", "alice"},
		{"actor:bob,al|", "", "actor", "al", "al"},
		{`actor:"two wo|`, "", "actor", "two wo", `"two wo`},
		{`actor:"a \"b|`, "", "actor", `a "b`, `"a \"b`},
		{"eventName=Get|", "", "event", "Get", "Get"},
		{"outcome:|", "ok denied throttled error", "", "", ""},
		{"outcome:ok,d|", "denied", "", "d", "d"},
		{"-outcome:D|", "denied", "", "D", "D"},
		{"type:Ass|", "AssumedRole", "type", "Ass", "Ass"},
		{"time:|", "today yesterday last:1h", "", "", ""},
		{"last:|", "15m 1h", "", "", ""},
		{"actor:/al|", "", "", "", ""},
		{`"a phrase|`, "", "", "", `"a phrase`},
		{"actor:alice |", "time: actor:", "", "", ""},
		{"actor:alice eve|", "event: eventtype:", "", "", "eve"},
		{"requestParameters.bucketName:pr|", "", "path", "pr", "pr"},
		{"/re/ a|", "actor: account: agent:", "", "", "a"},
		{`"x y" mf|`, "mfa:", "", "", "mf"},
		{"nothinglikeit|", "", "", "", "nothinglikeit"},
		{"act|or:alice", "actor: action:", "", "", "act"},
		{"a:1 -eventt|", "eventtype: eventTime:", "", "", "eventt"},
		{"(event:a OR mf|", "mfa:", "", "", "mf"},
		{`agent:"aws cli|`, "", "agent", "aws cli", `"aws cli`},
		{"account:1,2|", "", "account", "2", "2"},
		{"bytesin>=10|", "", "", "10", "10"},
		{"event!=x|", "", "event", "x", "x"},
	}
	for _, tt := range tests {
		before, after, _ := strings.Cut(tt.text, "|")
		c := Complete(before+after, len(before))
		var items []string
		for i, it := range c.Items {
			if want := strings.Fields(tt.items); len(want) > 0 && i == len(want) {
				break
			}
			items = append(items, it.Text)
		}
		field := c.Field
		if c.Path != nil {
			field = "path"
		}
		got := []string{strings.Join(items, " "), field, c.Prefix, (before + after)[c.From:c.To]}
		if d := cmp.Diff([]string{tt.items, tt.field, tt.prefix, tt.slot}, got); d != "" {
			t.Errorf("%s: %s", tt.text, d)
		}
	}
}

func TestCompletedValuesParse(t *testing.T) {
	t.Parallel()
	values := append([]string{"alice", "a b", `say "hi"`, `back\slash`, "a*b", "x,y", "/re/", "1..2", "(x)", "東京", "a=b", "-x"}, pieces...)
	for _, v := range values {
		for _, text := range []string{"actor:", "actor=x,", "-event!="} {
			c := Complete(text, len(text))
			f, err := Parse(text + c.Insert(v))
			if err != nil {
				t.Errorf("%q in %s: %v", v, text, err)
				continue
			}
			term, _ := f.Root().(Term)
			if n := len(term.Values); n == 0 || term.Values[n-1].Text != strings.ToValidUTF8(v, "\uFFFD") {
				t.Errorf("%q in %s is read as %#v", v, text, f.Root())
			}
		}
	}
}

func TestCompleteNeverFails(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 15_000 {
		text := randomText(r)
		cursor := r.IntN(len(text)+3) - 1
		c := Complete(text, cursor)
		if c.From < 0 || c.From > c.To || c.To > len(text) {
			t.Fatalf("Complete(%q, %d) = %d to %d", text, cursor, c.From, c.To)
		}
	}
}
