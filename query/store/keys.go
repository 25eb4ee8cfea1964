package store

import (
	"container/list"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

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

// An eventKey says what counts as the same event. With a GUID for an eventID: that,
// with account, time, source and name. Otherwise the hash of the record as logged,
// for placeholder ids ("1", "<eventId>") must not merge what differs.
type eventKey struct{ hi, lo uint64 }

// A content sums up what a record says of its event. Records of one key that say
// different things are all kept (fact sheet section 5.3): CloudTrail logs no two
// such, but whoever can write to a bucket can put an altered copy of a log into it,
// which must not take the place of what was delivered; nor may it depend on the order
// of loading what a case tells.
type content uint64

// anyContent is that of a record which a carrier converted: it says less than the
// original and is no other event.
const anyContent content = 0

// keyOf makes the key of a row from stored columns alone, so that it needs no room
// in the case.
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

// contentOf sums up a row, its caller, what it gave out and what it changed (zero for
// nothing), from stored columns as well: all that sessions and changes are made of, for
// no order of loading may tell in them. Spaces, the order of names, and fields of which
// these are not made differ between carriers of one record, and don't count.
func contentOf(r *eventRow, who *identityRow, gave mintRow, did string) content {
	if r.form > uint8(cloudtrail.FormString) {
		return anyContent
	}
	var room [512]byte
	b := binary.LittleEndian.AppendUint64(room[:0], uint64(who.created))
	b = binary.LittleEndian.AppendUint64(b, r.sharedHi)
	b = binary.LittleEndian.AppendUint64(b, r.sharedLo)
	for _, v := range [...]uint32{
		r.region, r.ip, r.agent, r.ecode, r.emsg,
		gave.issued, gave.roleARN, gave.session, gave.principal, gave.target, gave.sourceIdent, gave.signIn, gave.from, gave.account, gave.roleName,
	} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	for _, v := range who.texts {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = strconv.AppendBool(append(b, r.outcome, r.grade, r.anchor), r.readonly)
	b = strconv.AppendBool(b, who.assumedRoot)
	return content(xxh3.Hash(append(b, did...)) | 1)
}

// keyBudget is how many keys are kept in memory, of all hours together: about
// 85 bytes each at worst. An hour of a large organization is in it several times
// over.
const keyBudget = 1 << 20

// keysAhead is how many keys are read from the case at once, of the hours that
// follow the one asked for: loading goes by day, and a year has 8,760 hours.
const keysAhead, hoursAhead = 1 << 16, 31 * 24

// known are the keys of the events in the case, by hour. Hours that have not been
// used for longest are dropped and read back from the case when needed.
type known struct {
	stored map[int64]int           // events of each hour in the case; nil until asked for
	hours  map[int64]*list.Element // of *keyHour
	order  list.List               // most recently used first
	last   *keyHour                // asked for
	total  int
	turn   int // hours touched in this turn are not dropped: their rows may not be in the case yet
}

type keyHour struct {
	hour int64
	turn int
	keys keyTable
}

// A keySource reads what the case has.
type keySource interface {
	hours() (map[int64]int, error)                                                              // events of each hour
	keys(first, last int64, take func(hour int64, key eventKey, says content, seq int64)) error // of some hours
}

func newKnown() *known { return &known{hours: make(map[int64]*list.Element)} }

// put adds a key of an hour unless it is there; then it returns the seq it is there
// with.
func (k *known) put(hour int64, key eventKey, says content, seq int64, from keySource) (int64, bool, error) {
	h, err := k.hour(hour, from)
	if err != nil {
		return 0, false, err
	}
	first, isNew := h.keys.put(key, says, seq)
	if isNew {
		k.total++
		k.stored[hour]++
	}
	return first, isNew, nil
}

// hour returns the keys of an hour, fetched from the case if need be.
func (k *known) hour(hour int64, from keySource) (*keyHour, error) {
	if k.last != nil && k.last.hour == hour && k.last.turn == k.turn {
		return k.last, nil
	}
	e, ok := k.hours[hour]
	if !ok {
		if err := k.fetch(hour, from); err != nil {
			return nil, err
		}
		e = k.hours[hour]
	}
	k.order.MoveToFront(e)
	k.last = e.Value.(*keyHour)
	k.last.turn = k.turn
	return k.last, nil
}

// fetch takes in an hour, and while it asks the case those that come next as well.
func (k *known) fetch(hour int64, from keySource) (err error) {
	if k.stored == nil {
		if k.stored, err = from.hours(); err != nil {
			return err
		}
	}
	fetched := map[int64]*keyHour{hour: {hour: hour}}
	last, n := hour, k.stored[hour]
	for h := hour + 1; n > 0 && hour != noHour && h-hour < hoursAhead && k.hours[h] == nil && n+k.stored[h] <= keysAhead; h++ {
		if k.stored[h] > 0 {
			last, n = h, n+k.stored[h]
			fetched[h] = &keyHour{hour: h}
		}
	}
	if n > 0 {
		if err := from.keys(hour, last, func(h int64, key eventKey, says content, seq int64) { fetched[h].keys.put(key, says, seq) }); err != nil {
			return err
		}
	}
	for h, f := range fetched {
		k.total += f.keys.n
		k.hours[h] = k.order.PushFront(f)
	}
	return nil
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

// A keyTable maps keys and contents to the seq of their event: open addressing, no
// pointers. The first content of a key lies where the key says, others where key and
// content say, so that many of one key are found as fast as any.
type keyTable struct {
	slots []keySlot
	n     int
}

type keySlot struct {
	key  eventKey
	says content
	seq  int64 // 0 is a free slot; seqs begin at 1
}

// put adds a key with a content unless it is there; then it returns the seq it is
// there with.
func (t *keyTable) put(key eventKey, says content, seq int64) (int64, bool) {
	if 4*t.n >= 3*len(t.slots) {
		t.grow()
	}
	s := t.find(key.lo, func(s *keySlot) bool { return s.key == key })
	if s.seq != 0 && s.says != says && s.says != anyContent && says != anyContent {
		s = t.find(key.lo^uint64(says), func(s *keySlot) bool { return s.key == key && s.says == says })
	}
	if s.seq != 0 {
		return s.seq, false
	}
	*s = keySlot{key, says, seq}
	t.n++
	return seq, true
}

// find returns the first slot from a place on that is free or the one.
func (t *keyTable) find(place uint64, one func(*keySlot) bool) *keySlot {
	mask := uint64(len(t.slots) - 1)
	for i := place & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.seq == 0 || one(s) {
			return s
		}
	}
}

func (t *keyTable) grow() {
	old := t.slots
	t.slots = make([]keySlot, max(64, 2*len(old)))
	t.n = 0
	for _, s := range old {
		if s.seq != 0 {
			t.put(s.key, s.says, s.seq)
		}
	}
}

// caseKeys is the case as a keySource: all rows that its lot has made, but for those
// of the batch at hand. It waits for ready before it uses the connection.
type caseKeys struct {
	ctx   context.Context
	db    *DB
	c     conn
	ready <-chan struct{}
}

func (s caseKeys) flush() error {
	<-s.ready
	return s.db.lot.writers.flush()
}

func (s caseKeys) hours() (map[int64]int, error) {
	if err := s.flush(); err != nil {
		return nil, err
	}
	hours := make(map[int64]int)
	q := fmt.Sprintf("SELECT (t - ((t %% %[1]d) + %[1]d) %% %[1]d) // %[1]d AS hour, count(*) FROM event_rows GROUP BY hour", hourMicros)
	err := s.c.each(s.ctx, q, nil, func(v []driver.Value) error {
		if v[0] == nil {
			v[0] = int64(noHour)
		}
		hours[number(v[0])] = int(number(v[1]))
		return nil
	})
	return hours, err
}

func (s caseKeys) keys(first, last int64, take func(hour int64, key eventKey, says content, seq int64)) error {
	if err := s.flush(); err != nil {
		return err
	}
	where, args := "t IS NULL", []any(nil)
	if first != noHour {
		where, args = "t >= ? AND t < ?", []any{first * hourMicros, (last + 1) * hourMicros}
	}
	gave, did, err := saidOf(s.ctx, s.c, "WHERE seq IN (SELECT seq FROM event_rows WHERE "+where+")", args)
	if err != nil {
		return err
	}
	people := s.db.people.all()
	q := fmt.Sprintf("SELECT seq, uid_hi, uid_lo, coalesce(t, %d), account, source, name, region, ip, agent, ecode, emsg, who, idkind, outcome, grade, form, readonly, shared_hi, shared_lo, anchor "+
		"FROM event_rows WHERE %s", noTime, where)
	return s.c.chunks(s.ctx, q, args, func(v vectors) error {
		seq, hi, lo, t := v.ints(0), v.words(1), v.words(2), v.ints(3)
		account, source, name, region, ip, agent, ecode, emsg, who := v.ids(4), v.ids(5), v.ids(6), v.ids(7), v.ids(8), v.ids(9), v.ids(10), v.ids(11), v.ids(12)
		kind, outcome, grade, form, readonly := v.bytes(13), v.bytes(14), v.bytes(15), v.bytes(16), v.bools(17)
		sharedHi, sharedLo, anchor := v.words(18), v.words(19), v.bytes(20)
		for i := range seq {
			r := eventRow{uidHi: hi[i], uidLo: lo[i], t: t[i], account: account[i], source: source[i], name: name[i], region: region[i], ip: ip[i], agent: agent[i],
				ecode: ecode[i], emsg: emsg[i], idkind: kind[i], outcome: outcome[i], grade: grade[i], form: form[i], readonly: readonly[i],
				sharedHi: sharedHi[i], sharedLo: sharedLo[i], anchor: anchor[i]}
			take(hourOf(t[i]), keyOf(&r), contentOf(&r, &people[who[i]], gave[seq[i]], did[seq[i]]), seq[i])
		}
		return nil
	})
}

// saidOf reads what events gave out and changed, as far as contentOf looks at it, by seq.
func saidOf(ctx context.Context, c conn, where string, args []any) (gave map[int64]mintRow, did map[int64]string, err error) {
	gave, did = make(map[int64]mintRow), make(map[int64]string)
	err = c.chunks(ctx, "SELECT seq, issued_key, role_arn, session_name, principal, target, source_ident, signin, from_principal, for_account, role_name FROM mints "+where, args, func(v vectors) error {
		issued, role, session, principal, target := v.ids(1), v.ids(2), v.ids(3), v.ids(4), v.ids(5)
		source, signIn, from, account, name := v.ids(6), v.ids(7), v.ids(8), v.ids(9), v.ids(10)
		for i, seq := range v.ints(0) {
			gave[seq] = mintRow{issued: issued[i], roleARN: role[i], session: session[i], principal: principal[i], target: target[i],
				sourceIdent: source[i], signIn: signIn[i], from: from[i], account: account[i], roleName: name[i]}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	err = c.each(ctx, "SELECT seq, summary FROM changes_rows "+where, args, func(v []driver.Value) error {
		did[number(v[0])] = text(v[1])
		return nil
	})
	return gave, did, err
}
