package query

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPartsJoinToTheRecord(t *testing.T) {
	t.Parallel()
	for record, want := range map[string][]string{
		`{"a":1,"b":{"c":"x,\"y"},"d":[{"e":2}]}`: {`{"a":1,`, `"b":{"c":"x,\"y"},`, `"d":[{"e":2}]}`},
		"{ \"a\" : 1 ,\n  \"b\" : null\n}":        {"{ \"a\" : 1 ,\n  ", "\"b\" : null\n}"},
		`{"a":"\\","b":"\\\""}`:                   {`{"a":"\\",`, `"b":"\\\""}`},
		`{}`:                                      {`{}`},
		`{"a":1}`:                                 {`{"a":1}`},
		``:                                        {``},
		`"text"`:                                  {`"text"`},
		`[{"a":1}]`:                               {`[{"a":1}]`},
		`{"a":1,"b"`:                              {`{"a":1,`, `"b"`},
		`{"a":1,b:2}`:                             {`{"a":1,b:2}`},
		`{"a" 1,"b":2}`:                           {`{"a" 1,"b":2}`},
	} {
		got := slices.Collect(Parts(record))
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", record, got)
		}
	}
}

// FuzzParts holds that no byte is lost and that every cut is before a quote.
func FuzzParts(f *testing.F) {
	f.Add(`{"a":1,"b":{"c":"x,\"y"}}`)
	f.Fuzz(func(t *testing.T, record string) {
		parts := slices.Collect(Parts(record))
		if strings.Join(parts, "") != record {
			t.Fatalf("%q", parts)
		}
		for _, p := range parts[1:] {
			if p[0] != '"' {
				t.Errorf("cut before %q", p)
			}
		}
	})
}

// wordsOfRecords are what records and questions of the test are made of.
var wordsOfRecords = []string{"alice", "ALICE", "kelvin", "\u212aelvin", "ſam", "a/b", "<a>", "a\"b", `a\b`, "10.0.0.1", "::ffff:10.0.0.1", "true", "12", "x y", "é", "\u2028", "", "{", "Name", "arn:aws:iam::1:user/x"}

func randomRecord(r *rand.Rand) string {
	word := func() string { return wordsOfRecords[r.IntN(len(wordsOfRecords))] }
	m := map[string]any{"Name": word(), "n": r.IntN(20), "flag": r.IntN(2) == 0, "nothing": nil, "params": map[string]any{"Name": word(), "list": []any{word(), r.IntN(3), map[string]any{word(): word()}}}}
	for range r.IntN(3) {
		m[word()] = word()
	}
	raw, _ := json.Marshal(m)
	switch s := string(raw); r.IntN(4) {
	case 0:
		return strings.ReplaceAll(s, "/", `\/`)
	case 1:
		pretty, _ := json.MarshalIndent(m, "", "  ")
		return string(pretty)
	case 2:
		return strings.ReplaceAll(s, "a", `\u0061`)
	default:
		return s
	}
}

// probesOfWords are questions of every form about the words of the records.
func probesOfWords(t *testing.T) map[string]Probe {
	t.Helper()
	out := map[string]Probe{}
	texts := []string{`"\"Name\":\""`, `"\"Name\": \"alice"`, `"e\",\"n"`, `","`, `"{"`, `"}"`, `":"`, `": "`, `true`, `ull`, `"\""`, `"\"\""`, `a*e`, `N?me`, `*`, `al*n`, `n*12`,
		`/^\{/`, `/\}$/`, `/alice.*kelvin/`, `/(?i)ALICE/`, `/[a-z]+vin/`, `/\bal/`, `/[^x]ame/`, `/Name":"a/`, `/(alice|12)/`, `/(al)+i/`, `/\d\d/`, `/x*/`, `/[!-~]lice/`}
	for _, w := range wordsOfRecords {
		if w == "" {
			continue
		}
		q := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(w) + `"`
		texts = append(texts, q, "params.name:"+q, "params.list:"+q, "params.name="+q, `"params":`+q, `"name":`+q, `"Name":`+q)
	}
	texts = append(texts, "params.name:*", "params.name:a*", "params.list:*l*", "params.name:/^a/", "params.name:/(?i)^ALI/", "params.list.kelvin:*", `"n">5`, `"params":*alice*`, `"params":*name*`, `"params":"{*"`,
		"params.name:10.0.0.0/8", "params.name:10.0.0.1", "params.list:1,2", "params.name:alice,sam", `"nothing":*`, `"flag":true`)
	for _, text := range texts {
		f, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		switch n := f.Root().(type) {
		case Text:
			out[text] = n.Probe()
		case Term:
			if n.Path == nil {
				n = Term{Path: []string{n.Field}, Op: n.Op, Values: n.Values}
			}
			out[text] = n.Probe(Clock{Now: time.Unix(0, 0)})
		}
	}
	return out
}

// TestProbesDecideOnPartsAsOnRecords is the proof of searching parts: a part
// matches exactly when the record does, and no hint rules out what matches.
func TestProbesDecideOnPartsAsOnRecords(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	probes := probesOfWords(t)
	if len(probes) < 100 {
		t.Fatalf("only %d questions", len(probes))
	}
	hits, byPart, ruledOut, keyed := 0, 0, 0, 0
	for range 400 {
		record := randomRecord(r)
		parts := slices.Collect(Parts(record))
		for text, p := range probes {
			want := p.Whole(record)
			may := func(s string) bool { return len(p.Pieces) == 0 || p.Holds(s) || p.Escapes && strings.Contains(s, `\`) }
			candidate, got := false, false
			for _, part := range parts {
				c := may(part)
				candidate = candidate || c
				got = got || c && p.Part != nil && p.Part(part)
				if !c && p.Part != nil && p.Part(part) {
					t.Fatalf("%s: the hint rules out %s", text, part)
				}
				if key, ok := PartKey(part); ok && p.Key != "" && !strings.EqualFold(key, p.Key) && p.Part(part) {
					t.Fatalf("%s is found in the member %s: %s", text, key, part)
				} else if ok && p.Key != "" && p.Part(part) {
					keyed++
				}
			}
			if p.Part != nil && got != want {
				t.Fatalf("%s: %v by parts, %v by the record %s", text, got, want, record)
			}
			if want && !candidate || want && !may(record) {
				t.Fatalf("%s: the hint rules out %s", text, record)
			}
			if want {
				hits++
			}
			if p.Part != nil {
				byPart++
			}
			if !candidate {
				ruledOut++
			}
		}
	}
	if hits == 0 || byPart == 0 || ruledOut == 0 || keyed == 0 {
		t.Errorf("%d hits, %d decided by parts, %d ruled out, %d by key", hits, byPart, ruledOut, keyed)
	}
}

// Hints step from piece to piece, whichever of them comes first.
func TestHintsStep(t *testing.T) {
	t.Parallel()
	text := "one TWO three two one three"
	next := Probe{Pieces: []string{"two", "three", "none", "one"}}.Hints(text)
	var got []int
	for from := 0; next(from) >= 0; {
		got = append(got, next(from))
		from = next(from) + 1
	}
	if want := []int{0, 4, 8, 14, 18, 22}; !slices.Equal(got, want) {
		t.Errorf("pieces at %v, want %v", got, want)
	}
	if next = (Probe{Pieces: []string{"two"}}).Hints(text); next(5) != 14 || next(15) != -1 {
		t.Error("hints don't pass over what comes before")
	}
}

func TestPartKey(t *testing.T) {
	t.Parallel()
	for part, want := range map[string]string{
		`{"a":1,`: "a", `"b":{"c":1}}`: "b", " {\n \"d\" : 1": "d", `"":1`: "",
	} {
		if key, ok := PartKey(part); !ok || key != want {
			t.Errorf("%s: %q, %v", part, key, ok)
		}
	}
	for _, part := range []string{``, `{`, `{}`, `12`, `"a`, `"a\"b":1`, `"\u0061":1`, ` "a":1`, `[{"a":1}]`} {
		if key, ok := PartKey(part); ok {
			t.Errorf("%s: %q", part, key)
		}
	}
}
