package store

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"spoor/loader/cloudtrail"
	"spoor/query"
	"spoor/query/store/blocks"
)

// A partReader puts questions to the records of some events: from search blocks,
// which it makes on the way where there are none yet, else from the objects. Of
// a frame it looks at no part but those of the events, and at each only once.
//
//	events ─by object─▶ blocks, objects ─a processor each─▶ answers, in numbers
type partReader struct {
	db     *DB
	asks   []partAsk
	groups map[uint32][]objectRow // objects without a block, with those that share theirs
}

// A partAsk is a question to a record. Answers are numbers, 0 for nothing. Its
// functions may run at the same time.
type partAsk struct {
	key   string                   // of the member whose part answers; "" when any may
	part  func(part string) uint32 // nil when only whole records can tell
	whole func(record string) uint32
	join  func(a, b uint32) uint32 // makes one of the answers of two parts
}

// A readEvent is an event to be read: its number, its object, and which asks are
// put to it, a bit each.
type readEvent struct {
	seq    int64
	object uint32
	asks   uint64
}

// maxAsks is how many asks a partReader can have.
const maxAsks = 64

const allAsks = ^uint64(0)

// newPartReader makes a reader. A case without blocks, and a reader of a few
// events, have none made.
func (db *DB) newPartReader(asks []partAsk, few bool) (*partReader, error) {
	p := &partReader{db: db, asks: asks}
	if few || !db.blocks.Kept() {
		return p, nil
	}
	groups, err := db.uncovered()
	p.groups = make(map[uint32][]objectRow)
	for _, g := range groups {
		for _, o := range g {
			p.groups[o.id] = g
		}
	}
	return p, err
}

// keys are those of the members that answer all asks, none when any may.
func (p *partReader) keys() (keys []string) {
	for _, a := range p.asks {
		if a.part == nil || a.key == "" {
			return nil
		}
		keys = append(keys, a.key)
	}
	return keys
}

// A partJob is events that lie in one block, in objects that are to make one, or
// in one object.
type partJob struct {
	unit
	wanted *wantedEvents
}

// wantedEvents are the events of a job, by number, each with its place in the
// list of all.
type wantedEvents struct {
	list []wantedEvent
	next int // in list, where the event asked for next is likely to be
}

type wantedEvent struct {
	seq int64
	at  int
}

func bySeq(e wantedEvent, seq int64) int { return cmp.Compare(e.seq, seq) }

// find returns the place of an event. Those of a frame come in order, mostly.
func (w *wantedEvents) find(seq int64) (at int, ok bool) {
	if w.next > 0 && w.list[w.next-1].seq >= seq {
		w.next, _ = slices.BinarySearchFunc(w.list, seq, bySeq)
	}
	for w.next < len(w.list) && w.list[w.next].seq < seq {
		w.next++
	}
	if w.next == len(w.list) || w.list[w.next].seq > seq {
		return 0, false
	}
	return w.list[w.next].at, true
}

// read returns, for each ask, the answer of each event.
func (p *partReader) read(ctx context.Context, events []readEvent) ([][]uint32, error) {
	out := make([][]uint32, len(p.asks))
	for k := range out {
		out[k] = make([]uint32, len(events))
	}
	todo, err := p.jobs(events)
	if err != nil {
		return nil, err
	}
	reading := query.ReadingOf(ctx)
	reading.Expect(int64(len(events)))
	var mu sync.Mutex
	next := func() (job partJob, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if len(todo) > 0 {
			job, todo, ok = todo[0], todo[1:], true
		}
		return job, ok
	}
	g, ctx := errgroup.WithContext(ctx)
	for range processors() {
		g.Go(func() error {
			w := &partWorker{partReader: p, look: newSearcher(p.db, nil), events: events, out: out, known: make([][]uint32, len(p.asks)), keys: p.keys()}
			for job, ok := next(); ok; job, ok = next() {
				if err := w.do(ctx, job); err != nil {
					return err
				}
				reading.Add(int64(len(job.wanted.list)))
			}
			return nil
		})
	}
	return out, g.Wait()
}

// jobs sorts events by where their records are read.
func (p *partReader) jobs(events []readEvent) ([]partJob, error) {
	view, err := p.db.blockView()
	if err != nil {
		return nil, err
	}
	var jobs []partJob
	ofBlock, ofObject := make(map[*blocks.Block]int), make(map[uint32]int)
	add := func(u unit) int {
		jobs = append(jobs, partJob{u, &wantedEvents{}})
		return len(jobs) - 1
	}
	place := func(id uint32) int {
		o, _ := p.db.objects.get(id)
		if b := view.Of(id); b != nil {
			if _, ok := ofBlock[b]; !ok {
				ofBlock[b] = add(unit{block: b})
			}
			at := ofBlock[b]
			jobs[at].objects = append(jobs[at].objects, o)
			return at
		}
		group := p.groups[id]
		if group == nil {
			return add(unit{objects: []objectRow{o}})
		}
		at := add(unit{build: true, objects: group})
		for _, o := range group {
			ofObject[o.id] = at
		}
		return at
	}
	for i, e := range events {
		at, ok := ofObject[e.object]
		if !ok {
			at = place(e.object)
			ofObject[e.object] = at
		}
		w := jobs[at].wanted
		w.list = append(w.list, wantedEvent{e.seq, i})
	}
	for _, job := range jobs {
		slices.SortFunc(job.wanted.list, func(a, b wantedEvent) int { return bySeq(a, b.seq) })
	}
	return jobs, nil
}

// A partWorker does one job after the other.
type partWorker struct {
	*partReader
	look   *searcher
	events []readEvent
	out    [][]uint32
	known  [][]uint32 // by ask and part of the frame at hand: answer + 1
	record strings.Builder
	keys   []string // of the parts that matter, none for all
}

func (w *partWorker) do(ctx context.Context, job partJob) error {
	if job.block != nil || job.build {
		b, err := w.look.frames(ctx, job.unit, func(f *blocks.Frame) error { return w.frame(ctx, f, job.wanted) })
		if err != nil || b != nil {
			return err
		}
	}
	return w.objects(ctx, job)
}

// frame puts the asks to the wanted events of a frame.
func (w *partWorker) frame(ctx context.Context, f *blocks.Frame, wanted *wantedEvents) error {
	for k := range w.known {
		w.known[k] = slices.Grow(w.known[k][:0], f.Repeating())[:f.Repeating()]
		clear(w.known[k])
	}
	err := f.Each(w.keys, func(seq int64, parts []uint32) bool {
		i, ok := wanted.find(seq)
		if !ok {
			return true
		}
		w.record.Reset()
		for k, a := range w.asks {
			switch {
			case w.events[i].asks&(1<<k) == 0:
			case a.part != nil:
				w.out[k][i] = w.inParts(f, k, parts)
			default:
				w.out[k][i] = a.whole(w.whole(f, parts))
			}
		}
		return ctx.Err() == nil
	})
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// inParts is the answer of the parts of an event.
func (w *partWorker) inParts(f *blocks.Frame, k int, parts []uint32) uint32 {
	found := uint32(0)
	for _, part := range parts {
		switch n := w.answer(f, k, part); {
		case n == 0:
		case found == 0:
			found = n
		default:
			found = w.asks[k].join(found, n)
		}
	}
	return found
}

// answer is that of a part, worked out once for all events that have it.
func (w *partWorker) answer(f *blocks.Frame, k int, part uint32) uint32 {
	if int(part) >= len(w.known[k]) {
		return w.asks[k].part(f.Part(part))
	}
	if w.known[k][part] == 0 {
		w.known[k][part] = w.asks[k].part(f.Part(part)) + 1
	}
	return w.known[k][part] - 1
}

// whole puts the record of an event together, once.
func (w *partWorker) whole(f *blocks.Frame, parts []uint32) string {
	if w.record.Len() == 0 {
		for _, part := range parts {
			w.record.WriteString(f.Part(part))
		}
	}
	return w.record.String()
}

// objects puts the asks to events in the objects as they came.
func (w *partWorker) objects(ctx context.Context, job partJob) error {
	spans, err := w.db.spansOf(ctx, job.unit.objects)
	if err != nil {
		return err
	}
	for _, o := range job.unit.objects {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, err := w.db.unpackQuick(o)
		if err != nil {
			return err
		}
		for _, e := range spans[o.id] {
			i, ok := job.wanted.find(e.seq)
			if !ok {
				continue
			}
			record, err := cloudtrail.Record(text, e.span)
			if err != nil {
				return err
			}
			for k, a := range w.asks {
				if w.events[i].asks&(1<<k) != 0 {
					w.out[k][i] = a.whole(record)
				}
			}
		}
	}
	return nil
}

// A valueTable numbers the values that records have at paths.
type valueTable struct {
	mu     sync.Mutex
	ids    map[string]uint32
	values []string // by number; 0 stands for absent
}

// reset forgets all values.
func (t *valueTable) reset() { t.ids, t.values = make(map[string]uint32), []string{""} }

// value is the value of a number; it holds until reset.
func (t *valueTable) value(id uint32) query.Value {
	return query.Value{Text: t.values[id], Null: id == 0}
}

func (t *valueTable) number(s string) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	id, ok := t.ids[s]
	if !ok {
		s = strings.Clone(s) // it holds all of a frame or object in memory
		id = uint32(len(t.values))
		t.values = append(t.values, s)
		t.ids[s] = id
	}
	return id
}

// ask asks for the number of what a record has at a path.
func (t *valueTable) ask(path []string) partAsk {
	number := func(values iter.Seq[string]) uint32 {
		text, ok := joinValues(values)
		if !ok {
			return 0
		}
		return t.number(text)
	}
	return partAsk{
		key:   path[0],
		part:  func(part string) uint32 { return number(query.FindPart(part, path)) },
		whole: func(record string) uint32 { return number(query.Find(record, path)) },
		join: func(a, b uint32) uint32 { // keys that differ in case only
			t.mu.Lock()
			both := t.values[a] + valuesApart + t.values[b]
			t.mu.Unlock()
			return t.number(both)
		},
	}
}

// valuesApart stands between the values that a record has at one path.
const valuesApart = ", "

// joinValues makes one text of values as logged; ok is false when there is none.
func joinValues(values iter.Seq[string]) (text string, ok bool) {
	for raw := range values {
		if ok {
			text += valuesApart
		}
		text += query.ValueText(raw)
		ok = true
	}
	return text, ok
}

// probeAsk asks whether a record matches: 1 for yes.
func probeAsk(p query.Probe) partAsk {
	yes := func(test func(string) bool) func(string) uint32 {
		if test == nil {
			return nil
		}
		return func(s string) uint32 {
			if test(s) {
				return 1
			}
			return 0
		}
	}
	return partAsk{key: p.Key, part: yes(p.Part), whole: yes(p.Whole), join: func(a, _ uint32) uint32 { return a }}
}
