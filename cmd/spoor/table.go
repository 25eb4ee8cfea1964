package main

import (
	"io"
	"strings"

	"spoor/ui/text"
)

// A table prints rows in aligned columns. It measures the first rows and then
// streams: no result is ever held as a whole. A spoken one prints each row as
// a line of headings and values, without the empty ones.
type table struct {
	w      io.Writer
	head   []string
	max    int // width of the terminal, 0 for none: then nothing is cut; or spoken
	rows   [][]string
	widths []int
}

const measuredRows = 200

// widestCell is how wide a column but the last gets on a terminal.
const widestCell = 44

// spoken in place of a width: rows are read out, by a person or a machine.
const spoken = -1

func newTable(w io.Writer, width int, head ...string) *table {
	return &table{w: w, head: head, max: width}
}

// add takes one row of log text; every cell is made safe here.
func (t *table) add(cells ...string) error {
	safe := make([]string, len(cells))
	for i, c := range cells {
		safe[i] = string(text.Clean(c))
	}
	if t.max == spoken {
		return t.speak(safe)
	}
	if t.widths != nil {
		return t.print(safe)
	}
	if t.rows = append(t.rows, safe); len(t.rows) < measuredRows {
		return nil
	}
	return t.flush()
}

func (t *table) speak(row []string) error {
	var parts []string
	for i, c := range row {
		if c != "" {
			parts = append(parts, strings.TrimLeft(t.head[i]+" "+c, " "))
		}
	}
	_, err := io.WriteString(t.w, strings.Join(parts, ", ")+"\n")
	return err
}

// flush prints what was held back to measure it.
func (t *table) flush() error {
	if t.max == spoken {
		return nil
	}
	if t.widths == nil {
		t.measure()
		if err := t.print(t.head); err != nil {
			return err
		}
	}
	for _, r := range t.rows {
		if err := t.print(r); err != nil {
			return err
		}
	}
	t.rows = nil
	return nil
}

// measure gives each column its widest cell, though no more than leaves room for
// the others; the last takes what is left.
func (t *table) measure() {
	t.widths = make([]int, len(t.head))
	for _, r := range append([][]string{t.head}, t.rows...) {
		for i, c := range r {
			t.widths[i] = min(max(t.widths[i], text.Width(text.Safe(c))), widestCell)
		}
	}
}

func (t *table) print(row []string) error {
	var b strings.Builder
	for i, c := range row {
		if i == len(row)-1 {
			b.WriteString(c)
			break
		}
		width := t.widths[i]
		if t.max == 0 { // no terminal: a long cell pushes the rest aside, whole
			width = max(width, text.Width(text.Safe(c)))
		}
		b.WriteString(string(text.Pad(text.Safe(c), width, "…")))
		b.WriteString("  ")
	}
	line := strings.TrimRight(b.String(), " ")
	if t.max > 0 {
		line = string(text.Truncate(text.Safe(line), t.max, "…"))
	}
	_, err := io.WriteString(t.w, line+"\n")
	return err
}
