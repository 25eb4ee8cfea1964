package store

import (
	"container/list"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"math"

	"github.com/zeebo/xxh3"

	"spoor/loader/cloudtrail"
)

// dayMicros is a day in µs; events are told apart day by day.
const dayMicros = 24 * 60 * 60 * 1_000_000

// noDay is the day of events without a time.
const noDay = math.MinInt32

func dayOf(t int64) int32 {
	if t == cloudtrail.NoTime {
		return noDay
	}
	d := t / dayMicros
	if t%dayMicros < 0 {
		d--
	}
	return int32(max(min(d, math.MaxInt32), noDay+1))
}

// hexDigits has the value of each hexadecimal digit in its low bits.
var hexDigits = func() (t [256]byte) {
	for c := range t {
		switch {
		case c >= '0' && c <= '9':
			t[c] = byte(c - '0')
		case c >= 'a' && c <= 'f':
			t[c] = byte(c - 'a' + 10)
		case c >= 'A' && c <= 'F':
			t[c] = byte(c-'A'+10) | upperHex
		default:
			t[c] = notHex
		}
	}
	return t
}()

const (
	upperHex = 0x10
	notHex   = 0x80
)

// guid reads a GUID in its usual spelling, in either case. canonical says that
// it is written in lower case, so that the number alone tells the text.
func guid(s string) (hi, lo uint64, canonical, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return 0, 0, false, false
	}
	upper := byte(0)
	for i, part := range [...]string{s[:8], s[9:13], s[14:18], s[19:23], s[24:]} {
		var v uint64
		for k := range len(part) {
			d := hexDigits[part[k]]
			if d&notHex != 0 {
				return 0, 0, false, false
			}
			v = v<<4 | uint64(d&0xf)
			upper |= d
		}
		switch i {
		case 0, 1, 2:
			hi = hi<<(4*len(part)) | v
		default:
			lo = lo<<(4*len(part)) | v
		}
	}
	canonical = upper&upperHex == 0
	return hi, lo, canonical, true
}

// guidText spells a GUID.
func guidText(hi, lo uint64) string {
	const digits = "0123456789abcdef"
	var b [36]byte
	n := 0
	for i := range b {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			b[i] = '-'
			continue
		}
		v := lo
		if n < 16 {
			v = hi
		}
		b[i] = digits[v>>(60-4*(n&15))&15]
		n++
	}
	return string(b[:])
}

// An eventKey says what counts as the same event. With a GUID for an eventID:
// that, with account, time, source and name. Otherwise the hash of the record as
// logged, for placeholder ids ("1", "<eventId>") must not merge what differs.
type eventKey struct{ hi, lo uint64 }

// keyOf makes the key of a row from stored columns alone, so that it needs no
// room in the case.
func keyOf(r *eventRow) eventKey {
	if r.idkind >= idText {
		return eventKey{r.uidHi, r.uidLo}
	}
	var b [36]byte
	binary.LittleEndian.PutUint64(b[0:], r.uidHi)
	binary.LittleEndian.PutUint64(b[8:], r.uidLo)
	binary.LittleEndian.PutUint64(b[16:], uint64(r.t))
	binary.LittleEndian.PutUint32(b[24:], r.account)
	binary.LittleEndian.PutUint32(b[28:], r.source)
	binary.LittleEndian.PutUint32(b[32:], r.name)
	h := xxh3.Hash128(b[:])
	return eventKey{h.Hi, h.Lo}
}

// keyBudget is how many keys are kept in memory, of all days together: about
// 64 bytes each at worst. A day of a large organization is in it several times
// over.
const keyBudget = 1 << 20

// known are the keys of the events in the case, by day. Days that have not been
// used for longest are dropped and read back from the case when needed.
type known struct {
	days  map[int32]*list.Element // of *keyDay
	order list.List               // most recently used first
	last  *keyDay                 // asked for
	total int
	turn  int // days touched in this turn are not dropped: their rows may not be in the case yet
}

type keyDay struct {
	day  int32
	turn int
	keys keyTable
}

func newKnown() *known { return &known{days: make(map[int32]*list.Element)} }

// day returns the keys of a day, fetched from the case by read if need be.
func (k *known) day(day int32, read func(day int32, into *keyTable) error) (*keyDay, error) {
	if k.last != nil && k.last.day == day && k.last.turn == k.turn {
		return k.last, nil
	}
	if e, ok := k.days[day]; ok {
		k.order.MoveToFront(e)
		k.last = e.Value.(*keyDay)
		k.last.turn = k.turn
		return k.last, nil
	}
	d := &keyDay{day: day, turn: k.turn}
	if err := read(day, &d.keys); err != nil {
		return nil, err
	}
	k.total += d.keys.n
	k.days[day] = k.order.PushFront(d)
	k.last = d
	return d, nil
}

// trim drops days until the budget holds.
func (k *known) trim() {
	for e := k.order.Back(); e != nil && k.total > keyBudget; {
		d, prev := e.Value.(*keyDay), e.Prev()
		if d.turn != k.turn {
			k.total -= d.keys.n
			delete(k.days, d.day)
			k.order.Remove(e)
		}
		e = prev
	}
}

// forget drops everything: after a batch that failed, the case knows better.
func (k *known) forget() { *k = *newKnown() }

// A keyTable maps keys to the seq of their event: open addressing, no pointers.
type keyTable struct {
	slots []keySlot
	n     int
}

type keySlot struct {
	key eventKey
	seq int64 // 0 is a free slot; seqs begin at 1
}

// put adds a key unless it is there; then it returns the seq it is there with.
func (t *keyTable) put(key eventKey, seq int64) (int64, bool) {
	if 4*t.n >= 3*len(t.slots) {
		t.grow()
	}
	mask := uint64(len(t.slots) - 1)
	for i := key.lo & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.seq == 0 {
			*s = keySlot{key, seq}
			t.n++
			return seq, true
		}
		if s.key == key {
			return s.seq, false
		}
	}
}

func (t *keyTable) grow() {
	old := t.slots
	t.slots = make([]keySlot, max(64, 2*len(old)))
	t.n = 0
	for _, s := range old {
		if s.seq != 0 {
			t.put(s.key, s.seq)
		}
	}
}

// readKeys reads the keys of a day back from the case.
func (db *DB) readKeys(ctx context.Context, c conn, day int32, into *keyTable) error {
	if err := db.lot.writers.flush(); err != nil {
		return err
	}
	where, args := "t IS NULL", []any(nil)
	if day != noDay {
		where, args = "t >= ? AND t < ?", []any{int64(day) * dayMicros, (int64(day) + 1) * dayMicros}
	}
	q := "SELECT seq, uid_hi, uid_lo, t, account, source, name, idkind FROM event_rows WHERE " + where
	return c.each(ctx, q, args, func(v []driver.Value) error {
		r := eventRow{
			seq: v[0].(int64), uidHi: v[1].(uint64), uidLo: v[2].(uint64), t: cloudtrail.NoTime,
			account: v[4].(uint32), source: v[5].(uint32), name: v[6].(uint32), idkind: v[7].(uint8),
		}
		if v[3] != nil {
			r.t = v[3].(int64)
		}
		into.put(keyOf(&r), r.seq)
		return nil
	})
}
