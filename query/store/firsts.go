package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
)

// firstSums say when the case first saw accounts, principals and addresses. They
// are kept in a table, for the next start, and only what came since is looked at.
type firstSums struct {
	state          caseState
	start          map[uint32]int64 // by account, µs UTC
	people, places map[uint32]first // by number of a principal's text, and of an address
}

// A first is when something was first seen, and in which account.
type first struct {
	t       int64
	account uint32
}

func newFirstSums() *firstSums {
	return &firstSums{start: map[uint32]int64{}, people: map[uint32]first{}, places: map[uint32]first{}}
}

// firstSums brings the sums up to date. db.firsts.mu is held.
func (db *DB) firstSums(ctx context.Context, c conn) (*firstSums, error) {
	f := &db.firsts
	now := db.stateOfCase()
	sums := f.sums
	if sums == nil {
		var err error
		if sums, err = loadFirsts(ctx, c); err != nil {
			return nil, err
		}
	}
	f.sums = nil // until all went well
	grew, err := sums.grew(ctx, c, now)
	if err != nil {
		return nil, err
	}
	if !grew {
		sums = newFirstSums()
	}
	came := now.events - sums.state.events
	if came > 0 {
		if err := sums.take(ctx, c, db.people, sums.state.last, now.last); err != nil {
			return nil, err
		}
	}
	sums.state = now
	if came >= quickFirsts {
		if err := sums.save(ctx, c); err != nil {
			return nil, err
		}
	}
	f.sums = sums
	return sums, nil
}

// grew reports whether a state differs from that of the sums by events that came only.
func (s *firstSums) grew(ctx context.Context, c conn, now caseState) (bool, error) {
	if s.state == now {
		return true, nil
	}
	n, err := c.int64s(ctx, fmt.Sprintf("SELECT count(*) FROM event_rows AS e WHERE e.seq > %d AND e.seq <= %d", s.state.last, now.last))
	return err == nil && s.state.events+n[0] == now.events, err
}

// take looks at the events numbered above from, up to to, twice.
func (s *firstSums) take(ctx context.Context, c conn, who *people, from, to int64) error {
	each := func(col string, key func(id uint32) uint32, into map[uint32]first) error {
		q := fmt.Sprintf("SELECT %s, account, min(t) FROM event_rows WHERE t IS NOT NULL AND seq > %d AND seq <= %d GROUP BY ALL", col, from, to)
		return c.each(ctx, q, nil, func(v []driver.Value) error {
			k, f := key(uint32(number(v[0]))), first{number(v[2]), uint32(number(v[1]))}
			if old, ok := into[k]; !ok || f.before(old) {
				into[k] = f
			}
			if old, ok := s.start[f.account]; !ok || f.t < old {
				s.start[f.account] = f.t
			}
			return nil
		})
	}
	if err := each("who", func(id uint32) uint32 { return principalOf(who.get(id)) }, s.people); err != nil {
		return err
	}
	return each("ip", func(id uint32) uint32 { return id }, s.places)
}

// before is earlier; of two at one moment the account met first decides, so
// that it does not matter how events were summed up.
func (f first) before(o first) bool { return f.t < o.t || f.t == o.t && f.account < o.account }

// A firstRow is one of the sums, or, with the kinds that come last, their state.
type firstRow struct {
	kind        uint8
	id, account uint32
	t           int64
}

const (
	firstAccount uint8 = iota
	firstPrincipal
	firstAddress
	firstEvents // t is caseState.events
	firstLast   // t is caseState.last
)

// firstTable is made when it is first needed: a case that an earlier version
// made lacks it.
var firstTable = table[firstRow]{"first_rows", []column[firstRow]{
	byteCol("kind", func(r *firstRow) uint8 { return r.kind }),
	idCol("id", func(r *firstRow) uint32 { return r.id }),
	idCol("account", func(r *firstRow) uint32 { return r.account }),
	intCol("t", func(r *firstRow) int64 { return r.t }),
}}

func (s *firstSums) save(ctx context.Context, c conn) error {
	rows := []firstRow{{kind: firstEvents, t: s.state.events}, {kind: firstLast, t: s.state.last}}
	for account, t := range s.start {
		rows = append(rows, firstRow{firstAccount, 0, account, t})
	}
	for id, f := range s.people {
		rows = append(rows, firstRow{firstPrincipal, id, f.account, f.t})
	}
	for id, f := range s.places {
		rows = append(rows, firstRow{firstAddress, id, f.account, f.t})
	}
	return c.inTx(ctx, func() error {
		for _, q := range []string{strings.Replace(firstTable.ddl(), "CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1), "DELETE FROM first_rows"} {
			if _, err := c.exec(ctx, q); err != nil {
				return err
			}
		}
		return firstTable.insert(ctx, c, rows)
	})
}

// loadFirsts reads what was saved; nothing is as good as none.
func loadFirsts(ctx context.Context, c conn) (*firstSums, error) {
	s := newFirstSums()
	n, err := c.int64s(ctx, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'first_rows'")
	if err != nil || n[0] == 0 {
		return s, err
	}
	err = c.each(ctx, "SELECT kind, id, account, t FROM first_rows", nil, func(v []driver.Value) error {
		id, f := uint32(number(v[1])), first{number(v[3]), uint32(number(v[2]))}
		switch uint8(number(v[0])) {
		case firstAccount:
			s.start[f.account] = f.t
		case firstPrincipal:
			s.people[id] = f
		case firstAddress:
			s.places[id] = f
		case firstEvents:
			s.state.events = f.t
		case firstLast:
			s.state.last = f.t
		}
		return nil
	})
	return s, err
}
