package store

import (
	"container/list"
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/zeebo/xxh3"

	"spoor/loader/cloudtrail"
)

// hourMicros is an hour in µs; events are told apart hour by hour.
const hourMicros = 60 * 60 * 1_000_000

// noHour is the hour of events without a time.
const noHour = math.MinInt64

func hourOf(t int64) int64 {
	if t == cloudtrail.NoTime {
		return noHour
	}
	h := t / hourMicros
	if t%hourMicros < 0 {
		h--
	}
	return h
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

// keyBudget is how many keys are kept in memory, of all hours together: about
// 64 bytes each at worst. An hour of a large organization is in it several times
// over.
const keyBudget = 1 << 20

// known are the keys of the events in the case, by hour. Hours that have not been
// used for longest are dropped and read back from the case when needed.
type known struct {
	hours map[int64]*list.Element // of *keyHour
	order list.List               // most recently used first
	last  *keyHour                // asked for
	total int
	turn  int // hours touched in this turn are not dropped: their rows may not be in the case yet
}

type keyHour struct {
	hour int64
	turn int
	keys keyTable
}

func newKnown() *known { return &known{hours: make(map[int64]*list.Element)} }

// hour returns the keys of an hour, fetched from the case by read if need be.
func (k *known) hour(hour int64, read func(hour int64, into *keyTable) error) (*keyHour, error) {
	if k.last != nil && k.last.hour == hour && k.last.turn == k.turn {
		return k.last, nil
	}
	if e, ok := k.hours[hour]; ok {
		k.order.MoveToFront(e)
		k.last = e.Value.(*keyHour)
		k.last.turn = k.turn
		return k.last, nil
	}
	h := &keyHour{hour: hour, turn: k.turn}
	if err := read(hour, &h.keys); err != nil {
		return nil, err
	}
	k.total += h.keys.n
	k.hours[hour] = k.order.PushFront(h)
	k.last = h
	return h, nil
}

// trim drops hours until the budget holds.
func (k *known) trim() {
	for e := k.order.Back(); e != nil && k.total > keyBudget; {
		h, prev := e.Value.(*keyHour), e.Prev()
		if h.turn != k.turn {
			k.total -= h.keys.n
			delete(k.hours, h.hour)
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

// readKeys reads the keys of an hour back from the case.
func (db *DB) readKeys(ctx context.Context, c conn, hour int64, into *keyTable) error {
	if err := db.lot.writers.flush(); err != nil {
		return err
	}
	where, args := "t IS NULL", []any(nil)
	if hour != noHour {
		where, args = "t >= ? AND t < ?", []any{hour * hourMicros, (hour + 1) * hourMicros}
	}
	q := fmt.Sprintf("SELECT seq, uid_hi, uid_lo, coalesce(t, %d), account, source, name, idkind FROM event_rows WHERE %s", noTime, where)
	return c.chunks(ctx, q, args, func(v vectors) error {
		seq, hi, lo, t, account, source, name, kind := v.ints(0), v.words(1), v.words(2), v.ints(3), v.ids(4), v.ids(5), v.ids(6), v.bytes(7)
		for i := range seq {
			into.put(keyOf(&eventRow{uidHi: hi[i], uidLo: lo[i], t: t[i], account: account[i], source: source[i], name: name[i], idkind: kind[i]}), seq[i])
		}
		return nil
	})
}
