package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"spoor/loader/cloudtrail"
	"spoor/query"
)

// Event returns one event in full, by its number. The row and the record are
// fetched side by side: at 10M events they cost 4 and 15 ms of CPU, most of it for
// unpacking the object. What else in the case belongs with it, Relatives tells.
func (db *DB) Event(ctx context.Context, seq int64) (query.Event, error) {
	var ev query.Event
	g, one := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		ev.Row, ev.Fields, err = db.eventRow(one, seq)
		return err
	})
	g.Go(func() error { return db.eventRecord(one, seq, &ev) })
	if err := g.Wait(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return query.Event{}, err
	}
	return ev, nil
}

// eventRecord fills in what is said of the record.
func (db *DB) eventRecord(ctx context.Context, seq int64, ev *query.Event) error {
	p, err := db.placeOf(ctx, seq)
	if err != nil {
		return err
	}
	text, err := db.text(&db.texts, p.object)
	if err != nil {
		return err
	}
	record, err := cloudtrail.Record(text, p.span)
	o, _ := db.objects.get(p.object)
	ev.Object, ev.Offset, ev.Record, ev.Lossy = o.name, int64(p.span.Off), []byte(record), lossyWords(p.span.Form)
	return err
}

// placeOf finds where an event lies.
func (db *DB) placeOf(ctx context.Context, seq int64) (place, error) {
	found, err := ask(ctx, db, func(ctx context.Context, c conn) (found []place, err error) {
		q := "SELECT " + strings.Join(placeColumns, ", ") + " FROM event_rows AS e WHERE e.seq = ?"
		err = c.each(ctx, q, []any{seq}, func(v []driver.Value) error {
			found = append(found, readPlace(v))
			return nil
		})
		return found, err
	})
	if err == nil && len(found) == 0 {
		err = ErrNoEvent
	}
	if err != nil {
		return place{}, err
	}
	return found[0], nil
}

// lossyWords says why a record is not as logged.
func lossyWords(f cloudtrail.Form) string {
	switch f {
	case cloudtrail.FormCSV:
		return "put together from a row of CSV: what the query did not select is missing"
	case cloudtrail.FormLake:
		return "put together from a query result: what the query did not select is missing"
	case cloudtrail.FormOCSF:
		return "converted back from OCSF: what that format drops is missing"
	}
	return ""
}

// eventRow reads the fields of an event.
func (db *DB) eventRow(ctx context.Context, seq int64) (query.Row, map[string]query.Value, error) {
	var cols []cell
	for _, f := range query.Fields() {
		if b := db.fields[f.Name]; b != nil {
			cols = append(cols, cell{name: f.Name, field: b, cols: b.cols()})
		}
	}
	type answer struct {
		row    query.Row
		fields map[string]query.Value
	}
	a, err := ask(ctx, db, func(ctx context.Context, c conn) (a answer, err error) {
		rows, err := db.unordered(ctx, c, expr{"e.seq = ?", []any{seq}}, cols)
		if err != nil {
			return a, err
		}
		if len(rows) == 0 {
			return a, ErrNoEvent
		}
		a = answer{rows[0], make(map[string]query.Value, len(cols))}
		for i, col := range cols {
			a.fields[col.name] = rows[0].Values[i]
		}
		return a, db.allResources(ctx, c, seq, a.fields)
	})
	return a.row, a.fields, err
}

// maxRelatives bounds how many relatives of an event are listed: placeholder ids
// can stand on thousands of events.
const maxRelatives = 100

// Relatives finds the other events with the sharedEventID and with the eventID of
// an event, the first maxRelatives of each. It looks at all events (10M: 30 ms
// of CPU), because neither id says when the others were logged: the copies of a call
// are seconds apart, the ends of an Insight hours.
func (db *DB) Relatives(ctx context.Context, seq int64) (query.Relatives, error) {
	var r query.Relatives
	conditions, err := ask(ctx, db, func(ctx context.Context, c conn) ([2]expr, error) { return kinships(ctx, c, seq) })
	if err != nil {
		return r, err
	}
	for i, list := range []*[]query.Row{&r.Twins, &r.SameID} {
		where := conditions[i]
		if where.sql == "" {
			continue
		}
		q := fmt.Sprintf("SELECT seq FROM event_rows WHERE %s AND seq <> ? ORDER BY seq LIMIT %d", where.sql, maxRelatives+1)
		seqs, err := db.seqs(ctx, q, append(where.args, seq))
		if err != nil {
			return r, err
		}
		r.More = r.More || len(seqs) > maxRelatives
		if *list, err = db.RowsOf(ctx, seqs[:min(len(seqs), maxRelatives)], query.RelativeColumns); err != nil {
			return r, err
		}
	}
	return r, nil
}

// kinships are the conditions that twins and the events of the same id meet, and
// the event itself; empty where it can't have any.
func kinships(ctx context.Context, c conn, seq int64) (w [2]expr, err error) {
	err = c.each(ctx, "SELECT shared_hi, shared_lo, uid_hi, uid_lo, idkind, idtext FROM event_rows WHERE seq = ?", []any{seq}, func(v []driver.Value) error {
		if v[0].(uint64) != 0 || v[1].(uint64) != 0 {
			w[0] = expr{"shared_hi = ? AND shared_lo = ?", []any{v[0], v[1]}}
		}
		switch v[4].(uint8) {
		case idGUID, idSpelled:
			w[1] = expr{"uid_hi = ? AND uid_lo = ? AND idkind <= 1", []any{v[2], v[3]}}
		case idText:
			w[1] = expr{"idtext = ?", []any{v[5]}}
		}
		return nil
	})
	return w, err
}

// allResources adds the further resources of an event to its fields.
func (db *DB) allResources(ctx context.Context, c conn, seq int64, fields map[string]query.Value) error {
	names, kinds := []string{fields["resource"].Text}, []string{fields["resourcetype"].Text}
	err := c.each(ctx, "SELECT resource, rtype FROM touched WHERE seq = ? ORDER BY rowid", []any{seq}, func(v []driver.Value) error {
		names = append(names, db.dicts[domResource].text(v[0].(uint32)))
		if k := db.dicts[domResourceType].text(v[1].(uint32)); k != "" && !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
		return nil
	})
	fields["resource"] = textValue(strings.Join(names, ", "))
	fields["resourcetype"] = textValue(strings.Trim(strings.Join(kinds, ", "), ", "))
	return err
}
