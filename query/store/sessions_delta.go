package store

import (
	"context"
	"errors"
	"slices"

	"spoor/query/session"
)

// A delta is what changed in the tables.
type delta struct {
	*touched
	x        *sessionIndex
	to       []uint32 // the number now, of sessions left alone
	placed   []uint32 // the numbers of sessions
	sessions []session.Session
	risks    [][]session.Risk // of all
}

// write makes the tables say what the sessions are now.
func (d *delta) write(ctx context.Context, c conn) error {
	again, err := d.reassessed(ctx, c)
	if err != nil {
		return err
	}
	var gone []uint64
	for _, n := range d.numbers() {
		gone = append(gone, d.touched.x.list[n].id)
	}
	rows := slices.Clone(gone)
	for i := range again {
		rows = append(rows, numberOfSession(again[i].ID))
	}
	if err := errors.Join(deleteNumbers(ctx, c, d.db, "session_rows", "id", rows), deleteNumbers(ctx, c, d.db, "session_spans", "session", gone),
		deleteNumbers(ctx, c, d.db, "session_causes", "who", d.dirty), deleteNumbers(ctx, c, d.db, "session_breaks", "who", d.refused)); err != nil {
		return err
	}
	for _, list := range [][]session.Session{again, d.sessions} {
		if err := insertSessions(ctx, c, d.naming, list); err != nil {
			return err
		}
	}
	is := make([]bool, len(d.x.list))
	for _, n := range d.placed {
		is[n] = true
	}
	if err := d.x.insertSpans(ctx, c, func(n uint32) bool { return is[n] }); err != nil {
		return err
	}
	if d.foreknown { // the state is kept with the last part: half of it is no answer
		if d.final {
			return d.ev.write(ctx, c, d.x)
		}
		return nil
	}
	if _, err := c.exec(ctx, "DELETE FROM session_state"); err != nil {
		return err
	}
	return d.evidence(ctx, c)
}

// reassessed reads the sessions left alone that have other signs of risk now, and
// gives them those.
func (d *delta) reassessed(ctx context.Context, c conn) ([]session.Session, error) {
	var nums []uint32
	for i, now := range d.to {
		if !d.in[i] && d.touched.x.list[i].riskSum != d.x.list[now].riskSum {
			nums = append(nums, now)
		}
	}
	rows, err := d.x.rows(ctx, c, d.lexicon, nums)
	out := make([]session.Session, len(rows))
	for i := range rows {
		out[i] = rows[i].Session
		out[i].Face, out[i].Risks = d.identity(rows[i].face), d.risks[rows[i].num]
	}
	return out, err
}

func (d *delta) evidence(ctx context.Context, c conn) error {
	var causes []causeRow
	for _, who := range d.dirty {
		if by, ok := d.ev.causes[who]; ok {
			causes = append(causes, causeRow{who, by})
		}
	}
	var breaks []breakRow
	for _, who := range d.refused {
		breaks = append(breaks, d.ev.breaks[who]...)
	}
	return insertEvidence(ctx, c, d.x, causes, d.paired, breaks)
}

// deleteNumbers takes rows out of a table.
func deleteNumbers[T uint64 | uint32](ctx context.Context, c conn, db *DB, from, col string, list []T) error {
	if len(list) == 0 {
		return nil
	}
	name, withdraw := db.feeds.offer(numbersFeed("n", list))
	defer withdraw()
	_, err := c.exec(ctx, "DELETE FROM "+from+" WHERE "+col+" IN (SELECT n FROM spoor_feed(?))", name)
	return err
}
