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

// Event returns one event in full, by its number. The row, the record and the
// relatives are fetched side by side: at 10M events they take 12, 14 and 24 ms.
func (db *DB) Event(ctx context.Context, seq int64) (query.Event, error) {
	var ev query.Event
	var twins, same []int64
	g, one := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		twins, same, err = db.relatives(one, seq)
		return err
	})
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
	ev.Twins, ev.SameID = twins, same
	return ev, nil
}

// eventRecord fills in what is said of the record.
func (db *DB) eventRecord(ctx context.Context, seq int64, ev *query.Event) error {
	at, err := ask(ctx, db, func(ctx context.Context, c conn) ([]place, error) { return db.places(ctx, c, []int64{seq}) })
	if err != nil {
		return err
	}
	p := at[0]
	text, err := db.text(&db.texts, p.object)
	if err != nil {
		return err
	}
	record, err := cloudtrail.Record(text, p.span)
	o, _ := db.objects.get(p.object)
	ev.Object, ev.Offset, ev.Record, ev.Lossy = o.name, int64(p.span.Off), []byte(record), lossyWords(p.span.Form)
	return err
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
		rows, err := db.rows(ctx, c, expr{"e.seq = ?", []any{seq}}, cols, true, 1)
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

// relatives finds the other events with the sharedEventID, and with the eventID,
// of an event.
func (db *DB) relatives(ctx context.Context, seq int64) (twins, same []int64, err error) {
	lists, err := ask(ctx, db, func(ctx context.Context, c conn) (lists [2][]int64, err error) {
		lists[0], lists[1], err = relatives(ctx, c, seq)
		return lists, err
	})
	return lists[0], lists[1], err
}

func relatives(ctx context.Context, c conn, seq int64) (twins, same []int64, err error) {
	var key []any
	err = c.each(ctx, "SELECT shared_hi, shared_lo, uid_hi, uid_lo, idkind, idtext FROM event_rows WHERE seq = ?", []any{seq}, func(v []driver.Value) error {
		for _, x := range v {
			key = append(key, x)
		}
		return nil
	})
	if err != nil || key == nil {
		return nil, nil, err
	}
	if key[0].(uint64) != 0 || key[1].(uint64) != 0 {
		if twins, err = others(ctx, c, seq, "shared_hi = ? AND shared_lo = ?", key[0], key[1]); err != nil {
			return nil, nil, err
		}
	}
	switch key[4].(uint8) {
	case idGUID, idSpelled:
		same, err = others(ctx, c, seq, "uid_hi = ? AND uid_lo = ? AND idkind <= 1", key[2], key[3])
	case idText:
		same, err = others(ctx, c, seq, "idtext = ?", key[5])
	}
	return twins, same, err
}

// maxRelatives bounds how many relatives of an event are listed: placeholder ids
// can stand on thousands of events.
const maxRelatives = 100

// others lists the events of a condition but one.
func others(ctx context.Context, c conn, seq int64, where string, args ...any) ([]int64, error) {
	var list []int64
	q := fmt.Sprintf("SELECT seq FROM event_rows WHERE %s AND seq <> ? ORDER BY seq LIMIT %d", where, maxRelatives)
	err := c.each(ctx, q, append(args, seq), func(v []driver.Value) error {
		list = append(list, v[0].(int64))
		return nil
	})
	return list, err
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
