package query

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// readCSV is a strict reader of RFC 4180 (section 2 and its grammar): every
// record ends with CRLF, quotes only around whole fields, two for one inside.
func readCSV(text string) ([][]string, error) {
	var rows [][]string
	row := []string{}
	for i := 0; i < len(text); {
		var cell strings.Builder
		if text[i] == '"' {
			for i++; ; i++ {
				if i >= len(text) {
					return nil, errors.New("open quote")
				}
				if text[i] != '"' {
					cell.WriteByte(text[i])
					continue
				}
				if i++; i >= len(text) || text[i] != '"' {
					break
				}
				cell.WriteByte('"')
			}
		} else {
			for ; i < len(text) && text[i] != ',' && text[i] != '\r'; i++ {
				if text[i] == '"' || text[i] == '\n' {
					return nil, fmt.Errorf("bare %q at %d", text[i], i)
				}
				cell.WriteByte(text[i])
			}
		}
		row = append(row, cell.String())
		switch {
		case strings.HasPrefix(text[i:], "\r\n"):
			rows, row = append(rows, row), []string{}
			i += 2
		case i < len(text) && text[i] == ',':
			if i++; i == len(text) {
				return nil, errors.New("no end of line")
			}
			if strings.HasPrefix(text[i:], "\r\n") {
				rows, row = append(rows, append(row, "")), []string{}
				i += 2
			}
		default:
			return nil, fmt.Errorf("at %d: neither comma nor CRLF", i)
		}
	}
	if len(row) > 0 {
		return nil, errors.New("no end of line")
	}
	return rows, nil
}

func TestCSVReadsBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	atoms := []string{"a", "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'", `"`, ",", ";", " ", "é", "\x00", "cmd|' /C calc'!A0"}
	random := func() string {
		var b strings.Builder
		for range r.IntN(5) {
			b.WriteString(atoms[r.IntN(len(atoms))])
		}
		return b.String()
	}
	for range 4_000 {
		want := [][]string{{random() + "h", random()}, {random(), random()}, {random(), random()}}
		for _, raw := range []bool{false, true} {
			var out bytes.Buffer
			w := NewCSVWriter(&out, raw)
			if err := w.Header(want[0]); err != nil {
				t.Fatal(err)
			}
			for _, row := range want[1:] {
				w.Write(texts(row...))
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			got, err := readCSV(out.String())
			if err != nil {
				t.Fatalf("%q: %v", out.String(), err)
			}
			if !raw {
				unmark(t, got)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%q: %s", out.String(), d)
			}
		}
	}
}

// unmark checks that no cell begins a formula and takes the marks off.
func unmark(t *testing.T, rows [][]string) {
	for _, row := range rows {
		for i, cell := range row {
			if r, _ := utf8.DecodeRuneInString(cell); strings.ContainsRune("=+-@\t\r\n＝＋－＠", r) {
				t.Fatalf("the cell %q is a formula", cell)
			}
			if isFormula(cell) {
				row[i] = cell[1:]
			}
		}
	}
}

func TestCSVCells(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := NewCSVWriter(&out, false)
	w.Header([]string{"time", "actor"})
	w.Write([]Value{{Null: true}, {Text: ""}})
	w.Write(texts("=1+1", `say "hi"`))
	w.Write(texts("a;b", "'quoted"))
	w.Flush()
	want := "time,actor\r\n,\"\"\r\n'=1+1,\"say \"\"hi\"\"\"\r\n\"a;b\",'quoted\r\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	if err := NewCSVWriter(brokenWriter{}, false).Flush(); err != nil {
		t.Errorf("flushing nothing: %v", err)
	}
	w = NewCSVWriter(brokenWriter{}, false)
	w.Write(texts("x"))
	if w.Flush() == nil {
		t.Error("the write error is lost")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }
