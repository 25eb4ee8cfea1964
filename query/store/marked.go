package store

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"
	"time"

	"spoor/query"
)

// Noted returns everything noted in the case that has events under a filter, the
// last change first, with what it is about. Under a filter that matches all,
// what the case holds no event of is there, too.
func (db *DB) Noted(ctx context.Context, f query.Filter) ([]query.Noted, error) {
	list, err := db.Annotations(ctx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	out := make([]query.Noted, len(list))
	conds := make([]expr, len(list))
	for i, a := range list {
		out[i] = query.Noted{Annotation: a, Title: a.Name, Time: noTime, Filter: a.Within()}
		one := []query.Annotation{a}
		sessions, err := db.aboutSessions(ctx, one)
		if err != nil {
			return nil, err
		}
		resources, err := db.aboutResources(one)
		if err != nil {
			return nil, err
		}
		conds[i] = any1(aboutEvents(one), resources, sessions)
	}
	if err := db.countNoted(ctx, f, out, conds); err != nil {
		return nil, err
	}
	if !f.All() {
		out = slices.DeleteFunc(out, func(n query.Noted) bool { return n.Events == 0 })
	}
	if err := db.titleEvents(ctx, out); err != nil {
		return nil, err
	}
	return out, db.titleSessions(ctx, out)
}

// notedAtOnce is how many annotations are counted in one pass.
const notedAtOnce = 64

// countNoted counts the events of each under the filter, and finds the first.
func (db *DB) countNoted(ctx context.Context, f query.Filter, list []query.Noted, conds []expr) error {
	h, err := db.filter(ctx, f)
	if err != nil {
		return err
	}
	defer h.release()
	for at := 0; at < len(list); at += notedAtOnce {
		some := conds[at:min(at+notedAtOnce, len(conds))]
		cols, args := make([]string, len(some)), []any(nil)
		for i, e := range some {
			cols[i] = "count(*) FILTER (WHERE " + e.sql + "), min(e.t) FILTER (WHERE " + e.sql + ")"
			args = append(append(args, e.args...), e.args...)
		}
		where := all(h.where, any1(some...))
		_, err := ask(ctx, db, func(ctx context.Context, c conn) (int, error) {
			return 0, c.each(ctx, "SELECT "+strings.Join(cols, ", ")+" FROM event_rows AS e WHERE "+where.sql, append(args, where.args...), func(v []driver.Value) error {
				for i := range some {
					n := &list[at+i]
					if n.Events = number(v[2*i]); v[2*i+1] != nil {
						n.Time = number(v[2*i+1])
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// titleEvents says of events who did what to what.
func (db *DB) titleEvents(ctx context.Context, list []query.Noted) error {
	var seqs []int64
	at := map[int64]*query.Noted{}
	for i := range list {
		if n := &list[i]; n.About == query.AboutEvent && n.Seq != 0 {
			seqs, at[n.Seq] = append(seqs, n.Seq), n
		}
	}
	rows, err := db.RowsOf(ctx, seqs, []string{"actor", "event", "resource", "id"})
	for _, r := range rows {
		n := at[r.Seq]
		var words []string
		for _, v := range r.Values[:3] {
			if !v.Null {
				words = append(words, v.Text)
			}
		}
		n.Title, n.Time = strings.Join(words, " "), r.Time
		if !r.Values[3].Null {
			if n.Filter, err = query.Is("id", r.Values[3]); err != nil {
				return err
			}
		}
	}
	return err
}

// titleSessions says of sessions who it was and how.
func (db *DB) titleSessions(ctx context.Context, list []query.Noted) error {
	x := db.sessions.index.Load()
	if x == nil {
		return nil
	}
	at := map[string]*query.Noted{}
	var nums []uint32
	for i := range list {
		n := &list[i]
		if n.About != query.AboutSession {
			continue
		}
		if num, ok := x.named(n.Name); ok {
			at[n.Name], nums = n, append(nums, uint32(num))
		}
	}
	if len(nums) == 0 {
		return nil
	}
	rows, err := db.sessionRows(ctx, x, nums)
	for i := range rows {
		s := &rows[i].Session
		n := at[s.ID]
		if n.Title = s.Actor + ", " + string(s.Kind); s.Start != noTime {
			n.Title += " from " + time.UnixMicro(s.Start).UTC().Format("2006-01-02 15:04") + " UTC"
		}
	}
	return err
}
