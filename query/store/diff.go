package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/history"
)

// historyMost bounds how many changes of a resource are read to rebuild its
// state. Only calls that tell of state count, so this is a lot.
const historyMost = 500

// Diff returns the state of the resource that an event changed, before and
// after it, as far as the case tells.
func (db *DB) Diff(ctx context.Context, seq int64) (query.Diff, error) {
	events, err := db.decoded(ctx, []int64{seq})
	if err != nil {
		return query.Diff{}, err
	}
	ev := events[0]
	c := change.Derive(ev)
	d := query.Diff{Seq: seq, Time: ev.Time}
	switch {
	case c == nil:
		d.Note = "this event changed nothing"
		return d, nil
	case len(c.Resources) == 0:
		d.Note = "the record names no resource"
		return d, nil
	}
	d.Resource, d.Type = c.Resources[0], c.ResourceType
	if ev.Outcome != cloudtrail.OK {
		d.Note = "the call failed: nothing changed"
		return d, nil
	}
	earlier, err := db.told(ctx, c.Resources[0], c.ResourceType, ev.Account, ev.Time, seq)
	if err != nil {
		return d, err
	}
	return history.Diff(d.Resource, d.Type, earlier, historyEvent(seq, ev)), nil
}

// StateAt returns what the case tells of a resource at a time.
func (db *DB) StateAt(ctx context.Context, resource, kind, account string, at time.Time) (query.State, error) {
	events, err := db.told(ctx, resource, kind, account, at.UnixMicro(), 1<<62)
	if err != nil {
		return query.State{}, err
	}
	if kind == "" {
		kind = change.TypeOf(resource)
	}
	return history.At(resource, kind, at.UnixMicro(), events), nil
}

// told lists the successful changes of a resource that tell of its state,
// oldest first, up to a time and there before a seq.
func (db *DB) told(ctx context.Context, resource, kind, account string, until, before int64) ([]history.Event, error) {
	r, err := db.resolve(ctx, resource, kind, account)
	if err != nil {
		return nil, err
	}
	where := all(db.about(r), anyChange, expr{sql: "e.outcome = 0"}, db.callTo(history.Names()),
		expr{"e.t <= ? AND (e.t < ? OR e.seq < ?)", []any{until, until, before}})
	seqs, err := db.seqs(ctx, fmt.Sprintf("SELECT e.seq FROM event_rows AS e WHERE %s ORDER BY e.t DESC, e.seq DESC LIMIT %d", where.sql, historyMost), where.args)
	if err != nil {
		return nil, err
	}
	slices.Reverse(seqs)
	events, err := db.decoded(ctx, seqs)
	out := make([]history.Event, len(events))
	for i, ev := range events {
		out[i] = historyEvent(seqs[i], ev)
	}
	return out, err
}

func historyEvent(seq int64, ev *cloudtrail.Event) history.Event {
	return history.Event{Seq: seq, Time: ev.Time, Source: ev.Source, Name: cloudtrail.BaseName(ev.Name), Request: ev.Request, Answer: ev.Response}
}
