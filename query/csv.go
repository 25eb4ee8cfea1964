package query

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"
)

// A CSVWriter writes rows as CSV after RFC 4180: a header, comma, CRLF, cells
// quoted where they need it. A null value is an empty cell, an empty text is "".
//
// Log text must not run in a spreadsheet: a cell that begins with a character
// that begins a formula there (= + - @, tab, CR, LF and the full-width ＝＋－＠) gets
// the mark ' in front. So does one that begins with marks and then such a
// character; taking one mark off such cells thus gives back every value.
type CSVWriter struct {
	w   *bufio.Writer
	raw bool
}

// NewCSVWriter writes to w; raw leaves the mark out, for programs that read the
// file and are no spreadsheets.
func NewCSVWriter(w io.Writer, raw bool) *CSVWriter {
	return &CSVWriter{bufio.NewWriterSize(w, 64<<10), raw}
}

// Header writes the first row.
func (c *CSVWriter) Header(columns []string) error {
	for i, name := range columns {
		c.cell(i, Value{Text: name})
	}
	return c.endRow()
}

// Write writes one row. A write error stays and comes back from Flush at the
// latest.
func (c *CSVWriter) Write(row []Value) error {
	for i, v := range row {
		c.cell(i, v)
	}
	return c.endRow()
}

// Flush writes out what is buffered.
func (c *CSVWriter) Flush() error { return c.w.Flush() }

func (c *CSVWriter) endRow() error {
	_, err := c.w.WriteString("\r\n")
	return err
}

// cell writes one cell; bufio keeps the first error for endRow.
func (c *CSVWriter) cell(i int, v Value) {
	if i > 0 {
		c.w.WriteByte(',')
	}
	if v.Null {
		return
	}
	s := v.Text
	if isPlain(s) {
		c.w.WriteString(s)
		return
	}
	if !c.raw && IsFormula(s) {
		s = "'" + s
	}
	// Semicolons and tabs separate cells in some spreadsheets' locales.
	if s != "" && !strings.ContainsAny(s, "\",;\t\r\n") && s == strings.TrimSpace(s) {
		c.w.WriteString(s)
		return
	}
	c.w.WriteByte('"')
	c.w.WriteString(strings.ReplaceAll(s, `"`, `""`))
	c.w.WriteByte('"')
}

// isPlain reports whether a cell surely needs neither mark nor quotes: it begins
// with a letter or digit and holds nothing but what names and addresses do. That
// is nearly every cell, and much quicker to tell than the rest.
func isPlain(s string) bool {
	if s == "" || !plainBytes[s[0]] || s[0] < '0' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !plainBytes[s[i]] {
			return false
		}
	}
	return true
}

// plainBytes are letters, digits and - . / : _. Those that begin a formula lie
// below '0'.
var plainBytes = func() (t [256]bool) {
	for b := range t {
		t[b] = b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
	}
	for _, b := range "-./:_" {
		t[b] = true
	}
	return t
}()

// IsFormula reports whether a spreadsheet may take a cell for a formula, or
// whether it looks like one that was marked.
func IsFormula(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "'"))
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠", r)
}
