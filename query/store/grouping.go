package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"spoor/query"
)

// A grouping collects the groups of a question by their values. DuckDB counts;
// numbers that stand for the same text are told to it beforehand, so that it
// returns few groups. What the records have at a path is read in stretches of
// the case and handed to it:
//
//	event_rows ─numbers of matching events─▶ partReader ─feed─▶ GROUP BY
type grouping struct {
	db     *DB
	index  map[string]*query.Group
	order  []*query.Group
	values valueTable // at paths
}

// pathStretch is how many events of the case are looked through at a time when
// grouping by a path: with each one some 20 bytes are held.
const pathStretch = 4 << 20

func (g *grouping) run(ctx context.Context, f query.Filter, by []string, sum string) error {
	if err := g.db.ready(ctx, append(by[:len(by):len(by)], sum)...); err != nil {
		return err
	}
	cells, err := g.db.columns(by)
	if err != nil {
		return err
	}
	h, err := g.db.settle(ctx, f)
	if err != nil {
		return err
	}
	defer h.release()
	var asks []partAsk
	for _, c := range cells {
		if c.path != nil {
			asks = append(asks, g.values.ask(c.path))
		}
	}
	if asks == nil {
		return g.count(ctx, h.where, cells, sum, nil)
	}
	read, err := g.db.newPartReader(asks, false)
	if err != nil {
		return err
	}
	last, _ := g.db.now()
	for from := int64(0); from <= last.last; from += pathStretch {
		part := expr{sql: fmt.Sprintf("e.seq BETWEEN %d AND %d", from, from+pathStretch-1)}
		if err := g.countPaths(ctx, all(h.where, part), cells, sum, read); err != nil {
			return err
		}
	}
	return nil
}

// countPaths counts the events of a condition by what their records have.
func (g *grouping) countPaths(ctx context.Context, where expr, cells []cell, sum string, read *partReader) error {
	seqs, objects, err := g.db.seqsAndObjects(ctx, "SELECT e.seq, e.object FROM event_rows AS e WHERE "+where.sql, where.args)
	if err != nil || len(seqs) == 0 {
		return err
	}
	events := make([]readEvent, len(seqs))
	for i, seq := range seqs {
		events[i] = readEvent{seq, objects[i], allAsks}
	}
	g.values.reset()
	found, err := read.read(ctx, events)
	if err != nil {
		return err
	}
	return g.count(ctx, where, cells, sum, pathFeed(seqs, found))
}

// pathFeed are events with the numbers of their values at some paths.
func pathFeed(seqs []int64, found [][]uint32) *feed {
	wide, _ := duckdb.NewTypeInfo(duckdb.TYPE_BIGINT) // fails for composite types only
	narrow, _ := duckdb.NewTypeInfo(duckdb.TYPE_UINTEGER)
	f := &feed{cols: []duckdb.ColumnInfo{{Name: "seq", T: wide}}, rows: len(seqs)}
	for k := range found {
		f.cols = append(f.cols, duckdb.ColumnInfo{Name: pathColumn(k), T: narrow})
	}
	f.fill = func(ch duckdb.DataChunk, row, i int) error {
		err := duckdb.SetChunkValue(ch, 0, row, seqs[i])
		for k := range found {
			if err == nil {
				err = duckdb.SetChunkValue(ch, k+1, row, found[k][i])
			}
		}
		return err
	}
	return f
}

func pathColumn(k int) string { return fmt.Sprintf("p%d", k) }

// count groups in the database. rows are the values at paths, if there are any.
func (g *grouping) count(ctx context.Context, where expr, cells []cell, sum string, rows *feed) error {
	total := "0"
	if b, ok := g.db.fields[sum].(numberField); ok {
		total = "coalesce(sum(" + b.col + "), 0)::BIGINT"
	}
	j := lookups{db: g.db}
	defer j.release()
	if rows != nil {
		j.join(rows, "p", "p.seq = e.seq")
	}
	var list strings.Builder
	shows := make([]func([]driver.Value) query.Value, len(cells))
	widths := make([]int, len(cells))
	paths := 0
	for i, c := range cells {
		exprs, show := j.key(c)
		if c.path != nil {
			exprs, show = []string{"p." + pathColumn(paths)}, func(v []driver.Value) query.Value { return g.values.value(v[0].(uint32)) }
			paths++
		}
		for _, e := range exprs {
			list.WriteString(", " + e)
		}
		shows[i], widths[i] = show, len(exprs)
	}
	q := fmt.Sprintf("SELECT count(*), %s, min(e.t), max(e.t)%s FROM event_rows AS e%s WHERE %s GROUP BY ALL", total, &list, &j.sql, where.sql)
	args := append(j.args, where.args...)
	groups, err := ask(ctx, g.db, func(ctx context.Context, c conn) (groups []query.Group, err error) {
		err = c.each(ctx, q, args, func(v []driver.Value) error {
			group := query.Group{N: number(v[0]), Sum: number(v[1]), First: noTime, Last: noTime, Key: make([]query.Value, len(cells))}
			if v[2] != nil {
				group.First, group.Last = number(v[2]), number(v[3])
			}
			at := 4
			for i, n := range widths {
				group.Key[i] = shows[i](v[at : at+n])
				at += n
			}
			if group.N > 0 { // without anything to group by, nothing is one group
				groups = append(groups, group)
			}
			return nil
		})
		return groups, err
	})
	for _, group := range groups {
		g.add(group)
	}
	return err
}

// add joins a group with those of the same values.
func (g *grouping) add(more query.Group) {
	var b strings.Builder
	for _, v := range more.Key {
		fmt.Fprintf(&b, "%t%d:%s", v.Null, len(v.Text), v.Text)
	}
	have := g.index[b.String()]
	if have == nil {
		g.index[b.String()] = &more
		g.order = append(g.order, &more)
		return
	}
	have.N += more.N
	have.Sum += more.Sum
	if more.First != noTime && (have.First == noTime || more.First < have.First) {
		have.First = more.First
	}
	have.Last = max(have.Last, more.Last) // noTime is the least number
}

// lookups are tables that a question needs beside event_rows AS e.
type lookups struct {
	db   *DB
	sql  strings.Builder
	args []any
	undo []func()
	n    int
}

func (j *lookups) release() {
	for _, f := range j.undo {
		f()
	}
}

// join adds a feed under a name.
func (j *lookups) join(f *feed, name, on string) {
	feed, withdraw := j.db.feeds.offer(f)
	j.undo = append(j.undo, withdraw)
	fmt.Fprintf(&j.sql, " JOIN spoor_feed(?) AS %s ON %s", name, on)
	j.args = append(j.args, feed)
}

// key are expressions that are equal only for equal values of a cell, and what
// shows a value of theirs. Many identities share an actor or a key, so the text
// is looked up for each first.
func (j *lookups) key(c cell) ([]string, func([]driver.Value) query.Value) {
	person, ok := c.field.(personField)
	if !ok {
		show := func(v []driver.Value) query.Value { return query.Value{Null: true} }
		if c.field != nil {
			show = func(v []driver.Value) query.Value { return c.field.show(j.db, v) }
		}
		return c.cols, show
	}
	j.n++
	name := fmt.Sprintf("w%d", j.n)
	var ids, texts []uint32
	for _, r := range j.db.people.all() {
		ids, texts = append(ids, r.id), append(texts, r.texts[person])
	}
	j.join(pairsFeed(ids, texts), name, name+".id = e.who")
	return []string{name + ".text"}, func(v []driver.Value) query.Value { return textValue(j.db.dicts[domPerson].text(v[0].(uint32))) }
}

// pairsFeed is a feed of two columns, id and text.
func pairsFeed(ids, texts []uint32) *feed {
	narrow, _ := duckdb.NewTypeInfo(duckdb.TYPE_UINTEGER) // fails for composite types only
	return &feed{cols: []duckdb.ColumnInfo{{Name: "id", T: narrow}, {Name: "text", T: narrow}}, rows: len(ids), fill: func(ch duckdb.DataChunk, row, i int) error {
		if err := duckdb.SetChunkValue(ch, 0, row, ids[i]); err != nil {
			return err
		}
		return duckdb.SetChunkValue(ch, 1, row, texts[i])
	}}
}

// tells reports whether equal values of key mean equal values as shown and the
// other way round, and whether they are single numbers.
func tells(c cell) bool {
	switch c.field.(type) {
	case textField, manyField, personField, enumField, objectField:
		return true
	}
	return false
}

// allTell reports whether that is so for all of some columns.
func (db *DB) allTell(names []string) ([]cell, bool) {
	cells, err := db.columns(names)
	return cells, err == nil && !slices.ContainsFunc(cells, func(c cell) bool { return !tells(c) })
}
