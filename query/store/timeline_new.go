package store

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/query"
)

// A principal or an address is new when the case goes back some hours before it
// was first seen in the account, for a day from then on. So it depends on what
// the case holds, not on the order in which it was loaded; and in a case of an
// hour nobody is new.
const (
	baseline = int64(6 * time.Hour / time.Microsecond)
	newFor   = int64(24 * time.Hour / time.Microsecond)
)

// seen is when everyone and every address was first seen.
type seen struct {
	actors   map[uint32]int64 // by principalOf
	places   map[uint64]int64 // by account and address
	accounts map[uint32]int64 // the beginning of an account's events
}

// firsts keeps the last answer.
type firsts struct {
	mu       sync.Mutex
	revision uint64
	made     time.Time
	seen     *seen
}

// staleFirsts is how old the answer may be while a load goes on: working it
// out looks at all events.
const staleFirsts = 3 * time.Second

// principalOf is what an identity is recognised by: the role for its sessions,
// which come and go, else the principal.
func principalOf(r identityRow) uint32 {
	if r.texts[whoRoleARN] != 0 {
		return r.texts[whoRoleARN]
	}
	return r.texts[whoPrincipal]
}

func placeKey(account, ip uint32) uint64 { return uint64(account)<<32 | uint64(ip) }

// freshen marks a change by a principal or from an address that is new, and
// raises its severity by one step.
func (db *DB) freshen(s *seen, r *query.Change, person identityRow, account, ip uint32) {
	start, ok := s.accounts[account]
	if !ok || r.Time == noTime {
		return
	}
	isNew := func(first int64, known bool) bool {
		return known && first-start >= baseline && r.Time-first < newFor
	}
	if k := cloudtrail.Kind(person.kind); k != cloudtrail.KindService && k != cloudtrail.KindServiceLinked {
		first, known := s.actors[principalOf(person)]
		r.NewActor = isNew(first, known)
	}
	if _, isIP := cloudtrail.ParseIP(r.SourceIP); isIP {
		first, known := s.places[placeKey(account, ip)]
		r.NewAddress = isNew(first, known)
	}
	if r.NewActor || r.NewAddress {
		r.Severity = uint8(change.Severity(r.Severity).Raise())
	}
}

// firstSeen returns when everyone was first seen in the case as it is now, or
// was a moment ago.
func (db *DB) firstSeen(ctx context.Context) (*seen, error) {
	f := &db.firsts
	f.mu.Lock()
	defer f.mu.Unlock()
	_, rev := db.now()
	if f.seen != nil && (f.revision == rev || time.Since(f.made) < staleFirsts) {
		return f.seen, nil
	}
	s, err := ask(ctx, db, func(ctx context.Context, c conn) (*seen, error) { return db.readFirsts(ctx, c) })
	if err != nil {
		return nil, err
	}
	f.seen, f.revision, f.made = s, rev, time.Now()
	return s, nil
}

func (db *DB) readFirsts(ctx context.Context, c conn) (*seen, error) {
	s := &seen{actors: map[uint32]int64{}, places: map[uint64]int64{}, accounts: map[uint32]int64{}}
	err := c.each(ctx, "SELECT who, min(t) FROM event_rows WHERE t IS NOT NULL GROUP BY who", nil, func(v []driver.Value) error {
		earliest(s.actors, principalOf(db.people.get(uint32(number(v[0])))), number(v[1]))
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = c.each(ctx, "SELECT account, ip, min(t) FROM event_rows WHERE t IS NOT NULL GROUP BY account, ip", nil, func(v []driver.Value) error {
		account, t := uint32(number(v[0])), number(v[2])
		s.places[placeKey(account, uint32(number(v[1])))] = t
		earliest(s.accounts, account, t)
		return nil
	})
	return s, err
}

func earliest[K comparable](m map[K]int64, k K, t int64) {
	if old, ok := m[k]; !ok || t < old {
		m[k] = t
	}
}
