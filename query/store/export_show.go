package store

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
	"spoor/query"
)

// A shower turns the numbers of slabs into the texts of rows.
type shower struct {
	db    *DB
	exprs []string // what it needs of every event
	cells []showCell
	paths []int       // the cells that are paths
	read  *partReader // of them, nil without
	found valueTable  // by read
	place int         // the column that is the object of an event, with paths
}

// A showCell shows one column. A field that depends on one small number is
// worked out once for each.
type showCell struct {
	cell
	at    []int          // its values among the columns of a slab
	one   bool           // a number tells all, half of a pair
	half  uint           // how far to shift that pair
	args  []driver.Value // used again for every row
	texts []string       // of the column's domain, as they were when the slab came
	memo  []query.Value  // by number, for kinds of numbers of which there are few
	known []bool
	none  bool       // no event of the slab has it
	last  recentTime // of a time

	recent []recentText // by number, the last bits of it
}

// A recentText is a text from the shelf; those of events that lie close together
// repeat.
type recentText struct {
	id    uint32
	value query.Value
}

const recentTexts = 1 << 16

// A recentTime is the time of the event before, which is often that of the next.
type recentTime struct {
	t     int64
	value query.Value
}

// placeColumns say where the record of an event lies.
var placeColumns = []string{"e.object", "e.off", "e.len", "e.form"}

func readPlace(v []driver.Value) place {
	return place{v[0].(uint32), cloudtrail.Span{Off: v[1].(uint32), Len: v[2].(uint32), Form: cloudtrail.Form(v[3].(uint8))}}
}

// place is where the record of a row lies, in a slab of placeColumns.
func (s *slab) place(row int) place {
	at := func(i int) uint64 { return s.cols[i].bits[row] }
	return place{uint32(at(0)), cloudtrail.Span{Off: uint32(at(1)), Len: uint32(at(2)), Form: cloudtrail.Form(at(3))}}
}

// newShower makes a shower of events of which there may be many, or few.
func newShower(db *DB, cells []cell, few bool) (*shower, error) {
	s := &shower{db: db}
	var asks []partAsk
	var numbers []string
	for _, c := range cells {
		if c.numbered() && !slices.Contains(numbers, c.cols[0]) {
			numbers = append(numbers, c.cols[0])
		}
	}
	s.exprs = pairs(numbers)
	for _, c := range cells {
		sc := showCell{cell: c, args: make([]driver.Value, len(c.cols))}
		if c.numbered() {
			i := slices.Index(numbers, c.cols[0])
			sc.one, sc.at, sc.half = true, []int{i / 2}, uint(i%2)*32
			s.cells = append(s.cells, sc)
			continue
		}
		for _, e := range c.cols {
			i := slices.Index(s.exprs, e)
			if i < 0 {
				i = len(s.exprs)
				s.exprs = append(s.exprs, e)
			}
			sc.at = append(sc.at, i)
		}
		if c.path != nil {
			s.paths, asks = append(s.paths, len(s.cells)), append(asks, s.found.ask(c.path))
		}
		s.cells = append(s.cells, sc)
	}
	s.place = len(s.exprs)
	if asks == nil {
		return s, nil
	}
	s.exprs = append(s.exprs, "e.object")
	var err error
	s.read, err = db.newPartReader(asks, few)
	return s, err
}

// numbered reports whether the number of a text, an identity, an object or a word
// of a few is all that a cell needs.
func (c cell) numbered() bool {
	switch c.field.(type) {
	case textField, manyField, personField, objectField, verdictField, enumField:
		return true
	}
	return false
}

// pairs puts two numbers into one value each: columns are what sorting costs.
func pairs(numbers []string) []string {
	var out []string
	for i := 0; i < len(numbers); i += 2 {
		e := numbers[i] + "::BIGINT"
		if i+1 < len(numbers) {
			e += " | (" + numbers[i+1] + "::BIGINT << 32)"
		}
		out = append(out, e)
	}
	return out
}

// show makes the rows of a slab.
func (s *shower) show(ctx context.Context, c *slab) error {
	n := len(s.cells)
	c.rows = c.rows[:0]
	if need := c.len() * n; cap(c.values) < need {
		c.values = make([]query.Value, need)
	}
	for k := range s.cells {
		s.cells[k].refresh(s.db)
	}
	for i := range c.len() {
		values := c.values[i*n : (i+1)*n : (i+1)*n]
		for k := range s.cells {
			values[k] = s.cells[k].value(s.db, c, i)
		}
		c.rows = append(c.rows, query.Row{Seq: c.seqs[i], Time: c.times[i], Values: values})
	}
	return s.showPaths(ctx, c)
}

// refresh looks up what has come since the last slab.
func (c *showCell) refresh(db *DB) {
	if dom, ok := textOfField(c.field); ok && !dom.shelved() {
		c.texts = db.dicts[dom].all()
	}
	switch c.field.(type) {
	case nil:
		c.none = true
	case noteField:
		c.none = db.notes.empty()
	}
}

// textOfField is the domain of a field whose value is a text by number.
func textOfField(f binding) (domain, bool) {
	switch f := f.(type) {
	case textField:
		return f.dom, true
	case manyField:
		return f.dom, true
	}
	return 0, false
}

// value shows the cell of a row.
func (c *showCell) value(db *DB, s *slab, row int) query.Value {
	switch {
	case c.none:
		return query.Value{Null: true}
	case c.one:
		return c.text(db, uint32(s.cols[c.at[0]].bits[row]>>c.half))
	}
	switch f := c.field.(type) {
	case timeField:
		if t := s.times[row]; t == noTime {
			return query.Value{Null: true}
		} else if t != c.last.t || c.last.value.Text == "" {
			c.last = recentTime{t, query.Value{Text: timeText(t)}}
		}
		return c.last.value
	case idField:
		return f.of(db, s.cols[c.at[0]].bits[row], s.cols[c.at[1]].bits[row], uint8(s.cols[c.at[2]].bits[row]), uint32(s.cols[c.at[3]].bits[row]))
	}
	for i, at := range c.at {
		c.args[i] = s.cols[at].value(row)
	}
	return c.field.show(db, c.args)
}

// text shows a cell that depends on a number. That of an identity or object is
// remembered.
func (c *showCell) text(db *DB, id uint32) query.Value {
	if c.texts != nil {
		if int(id) < len(c.texts) {
			return textValue(c.texts[id])
		}
		return query.Value{Null: true}
	}
	if dom, ok := textOfField(c.field); ok { // on the shelf
		if c.recent == nil {
			c.recent = make([]recentText, recentTexts)
		}
		r := &c.recent[id%recentTexts]
		if r.id != id || id == 0 {
			*r = recentText{id, textValue(strings.Clone(db.dicts[dom].text(id)))} // not to hold all of its block
		}
		return r.value
	}
	if int(id) >= len(c.memo) {
		more := max(2*len(c.memo), int(id)+1)
		c.memo = append(c.memo, make([]query.Value, more-len(c.memo))...)
		c.known = append(c.known, make([]bool, more-len(c.known))...)
	}
	if !c.known[id] {
		c.args[0] = id
		c.memo[id], c.known[id] = c.field.show(db, c.args), true
	}
	return c.memo[id]
}

// showPaths fills in the columns that only the records can fill.
func (s *shower) showPaths(ctx context.Context, c *slab) error {
	if s.read == nil {
		return nil
	}
	events := make([]readEvent, c.len())
	for i, seq := range c.seqs {
		events[i] = readEvent{seq, uint32(c.cols[s.place].bits[i]), allAsks}
	}
	s.found.reset()
	found, err := s.read.read(ctx, events)
	if err != nil {
		return err
	}
	for k, at := range s.paths {
		for i, id := range found[k] {
			c.rows[i].Values[at] = s.found.value(id)
		}
	}
	return nil
}
