package loader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"spoor/loader/change"
	"spoor/loader/cloudtrail"
)

const eventSize = int64(unsafe.Sizeof(Event{}))

// checkEvery is how many events are decoded between two looks at the budget.
const checkEvery = 4096

// A worker turns fetched objects into results.
type worker struct {
	*load
	unpack *Unpacker
	decode decodeFunc
}

// decodeAll works until all has been fetched.
func (l *load) decodeAll(ctx context.Context) error {
	w := &worker{load: l, unpack: NewUnpacker(l.opt.MaxUnpacked), decode: l.opt.decode()}
	w.unpack.buffers = l.buffers
	defer w.unpack.Close()
	for {
		select {
		case f, ok := <-l.fetched:
			if !ok {
				return nil
			}
			if err := w.process(ctx, f); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// process sends the result of one object. Its error is only the end of ctx.
func (w *worker) process(ctx context.Context, f fetched) error {
	r := result{Loaded: Loaded{Object: f.obj}, hold: f.hold, box: f.box, end: f.end, members: f.members}
	switch {
	case f.fail != nil:
		r.fail(f.fail)
	case f.end:
		r.Outcome, r.Part = Archive, f.obj.Part
	case f.skip != "":
		r.Outcome, r.Reason = Skipped, f.skip
	default:
		u, err := w.open(ctx, f)
		if err != nil {
			r.fail(err)
			break
		}
		if u.form == formatTar {
			// A small packed one, which came to light only now. Its members
			// reserve what they need.
			f.hold.release()
			w.buffers.put(u.buf)
			return w.fetchArchive(ctx, &f, sniff(f.data[:min(len(f.data), sniffLen)]), bytes.NewReader(f.data), func(m fetched) error { return w.process(ctx, m) })
		}
		w.read(ctx, f, u, &r)
	}
	r.spoiled = f.fail == nil
	r.hold.shrink(int64(len(r.Delivered)+len(r.Text)) + int64(cap(r.Events))*eventSize)
	if ctx.Err() != nil {
		r.hold.release()
		return ctx.Err()
	}
	return w.send(ctx, r)
}

// open unpacks an object and sees that the budget knows its real size.
func (w *worker) open(ctx context.Context, f fetched) (unpacked, error) {
	size := int64(len(f.data))
	need := func(n int64) error { return f.hold.need(ctx, size+n) }
	if err := need(0); err != nil {
		return unpacked{}, err
	}
	return w.unpack.unpack(f.data, true, need)
}

// read decodes the text of an object into its result.
func (w *worker) read(ctx context.Context, f fetched, u unpacked, r *result) {
	r.buf = u.buf
	r.SHA256, r.Unpacked, r.Notes = u.sum, int64(len(u.text)), u.notes
	if u.form == formatForeign {
		r.Outcome, r.Reason = Skipped, foreign(asBytes(u.text[:min(len(u.text), sniffLen)]))
		return
	}
	if u.text == "" {
		r.Outcome, r.Reason = Skipped, "empty"
		return
	}
	text, note := toUTF8(u.text)
	if note != "" {
		r.Notes = append(r.Notes, note)
	}
	events, part := w.buffers.takeEvents(len(text)/1500+1), f.obj.Part
	d, err := w.guard(text, func(e *cloudtrail.Event) error {
		if part != nil && !part.takes(e) {
			r.Outside++
			return nil
		}
		events = append(events, Event{Event: *e, Change: change.Derive(e)})
		if len(events)%checkEvery == 0 {
			return w.checkEvents(ctx, f, len(text), len(events))
		}
		return nil
	})
	r.Carrier, r.Invalid, r.Digest = strings.Clone(d.carrier), d.invalid, d.digest // the text does not stay
	r.Notes = append(r.Notes, d.notes...)
	switch {
	case err != nil:
		r.fail(err)
		return
	case d.fail != "":
		r.fail(errors.New(d.fail))
	case d.skip != "":
		r.Outcome, r.Reason = Skipped, strings.Clone(d.skip)
	case r.Outside > 0 && len(events) == 0:
		r.Outcome, r.Reason, r.Part = Skipped, "holds nothing of the time, accounts and regions asked for", part
	default:
		if r.Outside > 0 {
			r.Part = part
			r.Notes = append(r.Notes, fmt.Sprintf("left out, as not of the time, accounts and regions asked for: %d", r.Outside))
		}
		r.Outcome, r.Text, r.Events = Done, text, events
	}
	if (r.Outcome == Done || r.Digest) && !f.obj.Linked {
		r.Delivered = f.data
	}
}

// checkEvents keeps the decoded events within the budget and the limit: a
// hostile file may hold millions of tiny records.
func (w *worker) checkEvents(ctx context.Context, f fetched, text, events int) error {
	n := int64(events) * eventSize
	if n > w.opt.MaxUnpacked {
		return fmt.Errorf("decode: more than %d records in one object (limit: --max-object)", events-1)
	}
	return f.hold.need(ctx, int64(len(f.data)+text)+n)
}

// guard decodes, and turns a panic into an error: one strange log file must not
// take the program down.
func (w *worker) guard(text string, emit func(*cloudtrail.Event) error) (d decoded, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decode: internal error, please report it: %v", p)
		}
	}()
	return w.decode(text, emit)
}
