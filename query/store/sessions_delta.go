package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/duckdb/duckdb-go/v2"

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

// updateFeed feeds rows of a number and what belongs to it.
func updateFeed[T any](kind duckdb.Type, nums []int64, to []T) *feed {
	num, _ := duckdb.NewTypeInfo(duckdb.TYPE_BIGINT) // fails for composite types only
	val, _ := duckdb.NewTypeInfo(kind)
	return &feed{cols: []duckdb.ColumnInfo{{Name: "num", T: num}, {Name: "val", T: val}}, rows: len(nums), fill: func(ch duckdb.DataChunk, row, i int) error {
		return errors.Join(duckdb.SetChunkValue(ch, 0, row, nums[i]), duckdb.SetChunkValue(ch, 1, row, to[i]))
	}}
}

// updateNumbers sets a column of a table, by number.
func (db *DB) updateNumbers(ctx context.Context, c conn, table, num, col string, f *feed) error {
	if f.rows == 0 {
		return nil
	}
	name, withdraw := db.feeds.offer(f)
	defer withdraw()
	_, err := c.exec(ctx, fmt.Sprintf("UPDATE %[1]s SET %[3]s = m.val FROM spoor_feed(?) AS m WHERE %[1]s.%[2]s = m.num", table, num, col), name)
	return err
}

// write makes the tables say what the sessions are now.
func (d *delta) write(ctx context.Context, c conn) error {
	var gone, dirty []int64
	for _, n := range d.numbers() {
		gone = append(gone, int64(n))
	}
	for _, who := range d.dirty {
		dirty = append(dirty, int64(who))
	}
	for _, del := range []struct {
		from, col string
		list      []int64
	}{{"session_rows", "num", gone}, {"session_spans", "session", gone}, {"session_parents", "child", gone}, {"session_causes", "who", dirty}, {"session_breaks", "who", d.refused}} {
		if err := d.db.deleteNumbers(ctx, c, del.from, del.col, del.list); err != nil {
			return err
		}
	}
	if err := d.update(ctx, c); err != nil {
		return err
	}
	if err := insertSessions(ctx, c, d.naming, d.sessions, func(i int) int64 { return int64(d.placed[i]) }); err != nil {
		return err
	}
	is := map[uint32]bool{}
	for _, n := range d.placed {
		is[n] = true
	}
	var spans []whoSpan
	for _, s := range d.x.spans {
		if is[s.session] {
			spans = append(spans, s)
		}
	}
	if err := spanTable.insert(ctx, c, spans); err != nil {
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

func (d *delta) evidence(ctx context.Context, c conn) error {
	var causes []causeRow
	for _, who := range d.dirty {
		if by, ok := d.ev.causes[who]; ok {
			causes = append(causes, causeRow{who, by})
		}
	}
	var breaks []breakRow
	for _, who := range d.refused {
		breaks = append(breaks, d.ev.breaks[uint32(who)]...)
	}
	return insertEvidence(ctx, c, d.x, causes, d.paired, breaks)
}

// update gives the sessions left alone their numbers, and their signs of risk.
func (d *delta) update(ctx context.Context, c conn) error {
	var was, is, again []int64
	var risks []string
	for i, now := range d.to {
		if d.in[i] {
			continue
		}
		if int(now) != i {
			was, is = append(was, int64(i)), append(is, int64(now))
		}
		if d.touched.x.list[i].riskSum != d.x.list[now].riskSum {
			again, risks = append(again, int64(now)), append(risks, listText(d.risks[now]))
		}
	}
	for _, t := range []struct{ table, num string }{{"session_rows", "num"}, {"session_parents", "child"}} {
		if err := d.db.updateNumbers(ctx, c, t.table, t.num, t.num, updateFeed(duckdb.TYPE_BIGINT, was, is)); err != nil {
			return err
		}
	}
	now := make([]uint32, len(is))
	for i := range is {
		now[i] = uint32(is[i])
	}
	if err := d.db.updateNumbers(ctx, c, "session_spans", "session", "session", updateFeed(duckdb.TYPE_UINTEGER, was, now)); err != nil {
		return err
	}
	return d.db.updateNumbers(ctx, c, "session_rows", "num", "risks", updateFeed(duckdb.TYPE_VARCHAR, again, risks))
}

// deleteNumbers takes rows out of a table.
func (db *DB) deleteNumbers(ctx context.Context, c conn, from, col string, list []int64) error {
	if len(list) == 0 {
		return nil
	}
	name, withdraw := db.feeds.offer(numbersFeed("n", list))
	defer withdraw()
	_, err := c.exec(ctx, "DELETE FROM "+from+" WHERE "+col+" IN (SELECT n FROM spoor_feed(?))", name)
	return err
}
