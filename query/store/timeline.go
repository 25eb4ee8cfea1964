package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"spoor/loader/cloudtrail"
	"spoor/query"
)

// Changes returns a page of the timeline. Unfolded pages step by key as pages
// of events do; folded ones are made of as many of those as it takes.
func (db *DB) Changes(ctx context.Context, r query.ChangeRequest) (query.ChangePage, error) {
	if r.Sessions {
		if err := db.ready(ctx, "session"); err != nil {
			return query.ChangePage{}, err
		}
	}
	cd, err := db.compile(ctx, r.Filter)
	if err != nil {
		return query.ChangePage{}, err
	}
	if r.N <= 0 {
		return query.ChangePage{}, nil
	}
	if r.Fold {
		return db.foldedChanges(ctx, r, cd)
	}
	p, _, err := db.changePage(ctx, r, cd)
	return p, err
}

// changePage returns an unfolded page, and the condition it was asked under.
func (db *DB) changePage(ctx context.Context, r query.ChangeRequest, cd cond) (query.ChangePage, expr, error) {
	desc := (r.Order == query.Newest) != r.Back
	req := query.PageRequest{Order: r.Order, From: r.From, Back: r.Back, Include: r.Include, N: r.N}
	seen, err := db.seenBy(ctx, r.Exact)
	if err != nil {
		return query.ChangePage{}, expr{}, err
	}
	for {
		h, err := db.hits(ctx, cd, desc)
		if err != nil {
			return query.ChangePage{}, expr{}, err
		}
		where := all(h.where, seen.changed(r.Least), db.inGroup(r.By, r.Group))
		page, err := ask(ctx, db, func(ctx context.Context, c conn) (query.ChangePage, error) {
			return db.changeRows(ctx, c, req, where, desc, seen)
		})
		h.release()
		if err != nil {
			return page, where, err
		}
		if page.Partial = !h.complete; !page.Partial || len(page.Rows) == r.N && h.settled(times(page.Rows), desc) == r.N {
			return page, where, nil
		}
	}
}

// times are the rows of a page as far as settled needs them.
func times(list []query.Change) []query.Row {
	out := make([]query.Row, len(list))
	for i, c := range list {
		out[i] = query.Row{Seq: c.Seq, Time: c.Time}
	}
	return out
}

// changeRows fetches one page within a connection.
func (db *DB) changeRows(ctx context.Context, c conn, r query.PageRequest, where expr, desc bool, seen *seen) (query.ChangePage, error) {
	rows, more, err := window(db, r, where, desc, func(where expr, n int) ([]query.Change, error) {
		return db.fetchChanges(ctx, c, where, desc, n, seen)
	})
	if err != nil {
		return query.ChangePage{}, err
	}
	p := query.ChangePage{Rows: rows, More: more}
	if r.Back {
		slices.Reverse(p.Rows)
	}
	return p, db.sentences(ctx, c, p.Rows)
}

// changeColumns are what fetchChanges reads of an event.
const changeColumns = "e.seq, e.t, e.uid_hi, e.uid_lo, e.idkind, e.idtext, e.who, e.source, e.name, e.region, e.account, e.ip, e.ecode, e.outcome, e.resource, e.rtype, e.grade"

// fetchChanges reads the first n changes of a condition in order of time, and
// marks what is new.
func (db *DB) fetchChanges(ctx context.Context, c conn, where expr, desc bool, n int, seen *seen) ([]query.Change, error) {
	dir := "ASC"
	if desc {
		dir = "DESC"
	}
	session := db.fields["session"]
	cols := changeColumns
	if session != nil {
		for _, e := range session.cols() {
			cols += ", " + e
		}
	}
	var rows []query.Change
	q := fmt.Sprintf("SELECT %s FROM event_rows AS e WHERE %s ORDER BY e.t %s, e.seq %s LIMIT %d", cols, where.sql, dir, dir, n)
	err := c.each(ctx, q, where.args, func(v []driver.Value) error {
		ch := db.newChange(v)
		seen.freshen(&ch, uint32(number(v[6])), uint32(number(v[11])))
		if session != nil {
			ch.Session = session.show(db, v[17:]).Text
		}
		rows = append(rows, ch)
		return nil
	})
	return rows, err
}

// newChange makes a change of what changeColumns lists.
func (db *DB) newChange(v []driver.Value) query.Change {
	word := func(dom domain, i int) string { return db.dicts[dom].text(uint32(number(v[i]))) }
	who := db.people.get(uint32(number(v[6])))
	ch := query.Change{
		Seq: number(v[0]), Time: noTime,
		Actor:   db.dicts[domPerson].text(who.texts[whoActor]),
		Service: strings.TrimSuffix(word(domSource, 7), ".amazonaws.com"), Action: word(domName, 8),
		Region: word(domRegion, 9), Account: word(domAccount, 10), SourceIP: word(domIP, 11), Error: word(domError, 12),
		Outcome: uint8(number(v[13])), Resource: word(domResource, 14), ResourceType: word(domResourceType, 15),
		Severity: uint8(number(v[16]) - 1), ID: idField{}.show(db, v[2:6]).Text,
	}
	if v[1] != nil {
		ch.Time = number(v[1])
	}
	if noted, ok := db.notes.of(v[2].(uint64), v[3].(uint64)); ok {
		ch.Mark, ch.Note, ch.Tags = noted.Mark, noted.Note, noted.Tags
	}
	if cloudtrail.Kind(who.kind) != cloudtrail.KindService {
		ch.Via = db.dicts[domPerson].text(who.texts[whoInvokedBy])
	}
	return ch
}

// sentences fills in what the table of changes says of the rows.
func (db *DB) sentences(ctx context.Context, c conn, rows []query.Change) error {
	if len(rows) == 0 {
		return nil
	}
	index := make(map[int64]int, len(rows))
	args := make([]any, len(rows))
	low, high := rows[0].Seq, rows[0].Seq
	for i, r := range rows {
		index[r.Seq], args[i] = i, r.Seq
		low, high = min(low, r.Seq), max(high, r.Seq)
	}
	// The bounds let DuckDB pass over row groups.
	q := fmt.Sprintf("SELECT seq, summary, public, probe FROM changes_rows WHERE seq BETWEEN %d AND %d AND seq IN (%s)", low, high, marks(len(args)))
	return c.each(ctx, q, args, func(v []driver.Value) error {
		if i, ok := index[number(v[0])]; ok {
			r := &rows[i]
			r.Summary, r.Public, r.Probe = text(v[1]), number(v[2]) != 0, number(v[3]) != 0
		}
		return nil
	})
}
