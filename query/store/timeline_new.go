package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
)

// A principal or an address is new on the day (of UTC) on which the case first
// sees it and on the day after, if the account that saw it goes back some hours
// further. So it depends on what the case holds, not on the order in which it
// was loaded; and in a case of an hour nobody is new. Days, and not hours, so
// that DuckDB can tell it of any event by one look-up.
const (
	baseline = int64(6 * time.Hour / time.Microsecond)
	newDays  = 2
)

// seen says who is new when: by the number of an identity or of an address, the
// day on which it was first seen, counted from day zero; 0 is never new.
type seen struct {
	day0   int64 // days since 1970
	people []uint16
	places []uint16
	sql    expr // the condition that an event is by someone or from somewhere new
}

// nobody is what is known of a case before anyone asked.
var nobody = &seen{sql: exprFalse}

// firsts keeps the last answer.
type firsts struct {
	mu   sync.Mutex
	of   query.Totals // of the events that were there, whatever was noted since
	made time.Time
	last atomic.Pointer[seen]
	sums *firstSums // what it was told from
}

// now is the last answer, without a question.
func (f *firsts) now() *seen {
	if s := f.last.Load(); s != nil {
		return s
	}
	return nobody
}

// Working it out looks at all events: while a load goes on, an answer may be
// some seconds old, and a screen gets one only where that is quick. In a larger
// case Meet works it out beside the screen.
const (
	staleFirsts = 3 * time.Second
	quickFirsts = 1_000_000 // events; measured 60 ns of CPU each
)

// principalOf is what an identity is recognised by: the role for its sessions,
// which come and go, else the principal.
func principalOf(r identityRow) uint32 {
	if r.texts[whoRoleARN] != 0 {
		return r.texts[whoRoleARN]
	}
	return r.texts[whoPrincipal]
}

// fresh reports whether a first day makes something new at a time.
func (s *seen) fresh(days []uint16, id uint32, t int64) bool {
	if int(id) >= len(days) || days[id] == 0 {
		return false
	}
	since := t/dayMicros - s.day0 - int64(days[id])
	return since >= 0 && since < newDays
}

// freshen marks a change by a principal or from an address that is new, and
// raises its severity by one step, as graded does in SQL.
func (s *seen) freshen(r *query.Change, who, ip uint32) {
	if r.Time == noTime {
		return
	}
	r.NewActor, r.NewAddress = s.fresh(s.people, who, r.Time), s.fresh(s.places, ip, r.Time)
	if r.NewActor || r.NewAddress {
		r.Severity = uint8(change.Severity(r.Severity).Raise())
	}
}

// changed is the condition for events that are changes of a severity or
// graver. The grade of the rules is kept in the row of the event, so that no
// question about changes joins before it knows which rows it shows.
func (s *seen) changed(least uint8) expr {
	plain := expr{sql: fmt.Sprintf("e.grade > %d", least)}
	if least == 0 {
		return plain
	}
	return any1(plain, all(expr{sql: fmt.Sprintf("e.grade = %d", least)}, s.sql))
}

// anyChange is the condition for events that are changes.
var anyChange = nobody.changed(0)

// graded is the grade that the screen shows: that of the rules, raised for who
// and what is new.
func (s *seen) graded() string {
	if s.sql.sql == exprFalse.sql {
		return "e.grade"
	}
	return fmt.Sprintf("CASE WHEN e.grade BETWEEN 1 AND %d AND (%s) THEN e.grade + 1 ELSE e.grade END", change.Critical, s.sql.sql)
}

// Meet finds out who and what is new to the case, so that the timeline need not
// wait for it.
func (db *DB) Meet(ctx context.Context) error {
	before := db.firsts.now()
	s, err := db.firstSeen(ctx)
	if err == nil && s != before {
		db.bump() // severities may have changed
	}
	return err
}

// seenBy is firstSeen for a question that waits for it, and what is known so far
// for one that does not.
func (db *DB) seenBy(ctx context.Context, waits bool) (*seen, error) {
	if waits || db.Totals().Events <= quickFirsts {
		return db.firstSeen(ctx)
	}
	return db.firsts.now(), nil
}

// firstSeen returns when everyone was first seen in the case as it is now, or
// was a moment ago.
func (db *DB) firstSeen(ctx context.Context) (*seen, error) {
	f := &db.firsts
	f.mu.Lock()
	defer f.mu.Unlock()
	events := db.Totals()
	events.Revision = 0
	if s := f.last.Load(); s != nil && (f.of == events || time.Since(f.made) < staleFirsts) {
		return s, nil
	}
	s, err := ask(ctx, db, func(ctx context.Context, c conn) (*seen, error) { return db.readFirsts(ctx, c) })
	if err != nil {
		return nil, err
	}
	f.last.Store(s)
	f.of, f.made = events, time.Now()
	return s, nil
}

// readFirsts tells from the sums who is new.
func (db *DB) readFirsts(ctx context.Context, c conn) (*seen, error) {
	sums, err := db.firstSums(ctx, c)
	if err != nil {
		return nil, err
	}
	start, people, places := sums.start, sums.people, sums.places
	isNew := func(f first, ok bool) bool { return ok && f.t-start[f.account] >= baseline }
	whoDays, ipDays := map[uint32]int64{}, map[uint32]int64{}
	for _, p := range db.people.all() {
		if k := cloudtrail.Kind(p.kind); k == cloudtrail.KindService || k == cloudtrail.KindServiceLinked {
			continue
		}
		if f, ok := people[principalOf(p)]; isNew(f, ok) {
			whoDays[p.id] = f.t / dayMicros
		}
	}
	addresses := db.dicts[domIP].all()
	for id, f := range places {
		if _, isIP := cloudtrail.ParseIP(addresses[id]); isIP && isNew(f, true) {
			ipDays[id] = f.t / dayMicros
		}
	}
	return newSeen(whoDays, ipDays), nil
}

// newSeen makes the look-ups of the days on which people and addresses were
// first seen.
func newSeen(people, places map[uint32]int64) *seen {
	if len(people)+len(places) == 0 {
		return nobody
	}
	s := &seen{day0: 1 << 62}
	for _, m := range []map[uint32]int64{people, places} {
		for _, d := range m {
			s.day0 = min(s.day0, d-1)
		}
	}
	s.people, s.places = s.days(people), s.days(places)
	s.sql = all(expr{sql: "e.t IS NOT NULL"}, any1(s.since("e.who", s.people), s.since("e.ip", s.places)))
	return s
}

func (s *seen) days(m map[uint32]int64) []uint16 {
	var out []uint16
	for id, d := range m {
		for int(id) >= len(out) {
			out = append(out, 0)
		}
		out[id] = uint16(min(d-s.day0, 1<<16-1))
	}
	return out
}

// since is the condition that an event lies in the days on which what col names
// is new. The numbers are all of this program's making, and written out.
func (s *seen) since(col string, days []uint16) expr {
	if len(days) == 0 {
		return exprFalse
	}
	return expr{sql: fmt.Sprintf("e.t // %d - %d - (%s) BETWEEN 0 AND %d", dayMicros, s.day0, lookUp(col, days), newDays-1)}
}

// never is what lookUp gives for what is never new: no day is near it.
const never = -10_000_000

// lookUp is the value that a list holds at the number in col: few by cases, many
// by strings of bits, one a binary digit, which DuckDB reads at any place at once.
func lookUp(col string, list []uint16) string {
	var top uint16
	found := 0
	var cases, some strings.Builder
	for id, v := range list {
		top |= v
		if v != 0 {
			found++
			if found <= fewIDs {
				fmt.Fprintf(&cases, " WHEN %d THEN %d", id, v)
			}
		}
		some.WriteByte('0' + byte(min(v, 1)))
	}
	if found <= fewIDs {
		return fmt.Sprintf("CASE %s%s ELSE %d END", col, cases.String(), never)
	}
	bit := func(digits string) string { return fmt.Sprintf("get_bit('%s'::BIT, %s::INTEGER)", digits, col) }
	var sum []string
	for i := range bits.Len16(top) {
		var plane strings.Builder
		for _, v := range list {
			plane.WriteByte('0' + byte(v>>i&1))
		}
		sum = append(sum, fmt.Sprintf("%d * %s", 1<<i, bit(plane.String())))
	}
	return fmt.Sprintf("CASE WHEN %s >= %d THEN %d WHEN %s = 1 THEN %s ELSE %d END", col, len(list), never, bit(some.String()), strings.Join(sum, " + "), never)
}

// A severityField is how grave a change is, as the timeline shows it; absent for
// events that change nothing.
type severityField struct{ db *DB }

func (f severityField) cols() []string { return []string{f.db.firsts.now().graded()} }

func (severityField) show(_ *DB, v []driver.Value) query.Value {
	if g := number(v[0]); g > 0 {
		return query.Value{Text: change.Severity(g - 1).String()}
	}
	return query.Value{Null: true}
}

// ready finds out who is new before a question that shows severities.
func (f severityField) ready(ctx context.Context) error {
	_, err := f.db.firstSeen(ctx)
	return err
}

func (f severityField) where(ctx context.Context, db *DB, t query.Term, clock query.Clock) (expr, error) {
	if t.Op == query.Present {
		return anyChange, nil
	}
	s, err := db.firstSeen(ctx)
	if err != nil {
		return expr{}, err
	}
	test := t.Test(clock)
	var list []expr
	for g := change.Info; g <= change.Critical; g++ {
		if !test(g.String()) {
			continue
		}
		some := s.changed(uint8(g)) // of this severity or graver
		for g < change.Critical && test((g + 1).String()) {
			g++
		}
		if g < change.Critical {
			some = all(some, s.changed(uint8(g+1)).not())
		}
		list = append(list, some)
	}
	return any1(list...), nil
}
