package query

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"
)

// A CSV makes CSV after RFC 4180: comma, CRLF, cells quoted where they need it. A
// null value is an empty cell, an empty text is "".
//
// Log text must not run in a spreadsheet: a cell that begins with a character
// that begins a formula there (= + - @, tab, CR, LF and the full-width ＝＋－＠) gets
// the mark ' in front. So does one that begins with marks and then such a
// character; taking one mark off such cells thus gives back every value.
//
// It is not safe for concurrent use.
type CSV struct {
	raw    bool
	recent [recentCells]string // cells that are written as they are
}

// recentCells is how many cells are known again without a look at them: most
// columns have few values, and a value that repeats is one string.
const recentCells = 256

// NewCSV makes one; raw leaves the mark out, for programs that read the file and
// are no spreadsheets.
func NewCSV(raw bool) *CSV { return &CSV{raw: raw} }

// AppendHeader appends the first row.
func (f *CSV) AppendHeader(b []byte, columns []string) []byte {
	row := make([]Value, len(columns))
	for i, name := range columns {
		row[i].Text = name
	}
	return f.AppendRow(b, row)
}

// AppendRow appends a row.
func (f *CSV) AppendRow(b []byte, row []Value) []byte {
	for i := range row {
		if i > 0 {
			b = append(b, ',')
		}
		if v := &row[i]; !v.Null {
			b = f.appendCell(b, v.Text)
		}
	}
	return append(b, '\r', '\n')
}

func (f *CSV) appendCell(b []byte, s string) []byte {
	if s == "" {
		return append(b, `""`...)
	}
	known := &f.recent[(uint(len(s))*31+uint(s[len(s)-1])*7+uint(s[len(s)/2]))%recentCells]
	if s == *known { // as good as free for a string that is the same memory
		return append(b, s...)
	}
	var seen byte
	for i := range len(s) {
		seen |= cellBytes[s[i]]
	}
	mark := !f.raw && isFormula(s)
	if seen&(separates|quotes) == 0 && !mark && s == strings.TrimSpace(s) { // nearly every cell
		*known = s
		return append(b, s...)
	}
	quoted := seen&(separates|quotes) != 0 || s != strings.TrimSpace(s)
	if quoted {
		b = append(b, '"')
	}
	if mark {
		b = append(b, '\'')
	}
	if seen&quotes != 0 {
		s = strings.ReplaceAll(s, `"`, `""`)
	}
	if b = append(b, s...); quoted {
		b = append(b, '"')
	}
	return b
}

// What bytes mean for a cell that has them.
const (
	other     byte = 1 << iota // none of those that names and addresses are made of
	separates                  // it needs quotes: some spreadsheets' locales separate cells by semicolons or tabs
	quotes                     // and this is one
)

var cellBytes = func() (t [256]byte) {
	for b := range t {
		switch {
		case b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || strings.IndexByte("-./:_", byte(b)) >= 0:
		case strings.IndexByte(",;\t\r\n", byte(b)) >= 0:
			t[b] = separates
		case b == '"':
			t[b] = quotes
		default:
			t[b] = other
		}
	}
	return t
}()

// beginsName reports whether a cell begins with a letter or digit.
func beginsName(s string) bool { return s != "" && s[0] >= '0' && cellBytes[s[0]] == 0 }

// A CSVWriter writes rows as CSV.
type CSVWriter struct {
	w      *bufio.Writer
	format *CSV
	row    []byte
}

// NewCSVWriter writes to w, as NewCSV has it.
func NewCSVWriter(w io.Writer, raw bool) *CSVWriter {
	return &CSVWriter{w: bufio.NewWriterSize(w, 64<<10), format: NewCSV(raw)}
}

// Header writes the first row.
func (c *CSVWriter) Header(columns []string) error {
	_, err := c.w.Write(c.format.AppendHeader(nil, columns))
	return err
}

// Write writes one row. A write error stays and comes back from Flush at the
// latest.
func (c *CSVWriter) Write(row []Value) error {
	c.row = c.format.AppendRow(c.row[:0], row)
	_, err := c.w.Write(c.row)
	return err
}

// Flush writes out what is buffered.
func (c *CSVWriter) Flush() error { return c.w.Flush() }

// isFormula reports whether a spreadsheet may take a cell for a formula, or
// whether it looks like one that was marked.
func isFormula(s string) bool {
	if beginsName(s) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "'"))
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠", r)
}
