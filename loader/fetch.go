package loader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// smallArchive is the size up to which a packed file is read whole before it is
// known whether a tar archive is inside. Looking first costs more than it saves
// where files are small.
const smallArchive = 1 << 20

// fetched is the content of one object, on its way to a decoder.
type fetched struct {
	job
	data    []byte
	hold    *reservation
	fail    error  // why there is no content
	skip    string // why nobody asked for it
	box     *box   // the archive it comes from
	end     bool   // no object, but the end of box
	members int    // with end: how many have been passed on
}

// fetchAll fetches objects until the queue is empty.
func (l *load) fetchAll(ctx context.Context) error {
	pass := func(f fetched) error {
		select {
		case l.fetched <- f:
			return nil
		case <-ctx.Done():
			f.hold.release()
			return ctx.Err()
		}
	}
	for {
		j, ok := l.queue.get(ctx)
		if !ok {
			return ctx.Err()
		}
		f := fetched{job: j}
		archive, err := l.fetch(ctx, &f, pass)
		if ctx.Err() != nil {
			f.hold.release()
			return ctx.Err()
		}
		if archive {
			continue
		}
		f.fail = err
		if err := pass(f); err != nil {
			return err
		}
	}
}

// fetch reads one object whole into f; of an archive it passes on the members.
func (l *load) fetch(ctx context.Context, f *fetched, pass func(fetched) error) (archive bool, err error) {
	if f.hold, err = l.budget.reserve(ctx, estimate(f.obj.Name, f.obj.Size)); err != nil {
		return false, err
	}
	body, err := f.src.Open(ctx, f.obj)
	if errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("open: no longer there: %w", err)
	}
	if err != nil {
		return false, fmt.Errorf("open: %w", err)
	}
	defer body.Close()
	if d, ok := body.(Described); ok {
		f.obj.Meta = d.Meta()
	}
	large := f.obj.Size < 0 || f.obj.Size > smallArchive
	head, err := readHead(body, large)
	if err != nil {
		return false, fmt.Errorf("read: %w", err)
	}
	form := sniff(head[:min(len(head), sniffLen)])
	var whole io.Reader = io.MultiReader(bytes.NewReader(head), body)
	switch {
	case form == formatZip:
		if _, ok := body.(io.ReaderAt); ok {
			whole = body
		}
	case form == formatTar, large && packedTar(form, head):
	default:
		f.data, err = readAll(whole, f.obj.Size, l.opt.MaxUnpacked)
		return false, err
	}
	f.hold.release()
	return true, l.fetchArchive(ctx, f, form, whole, pass)
}

// fetchArchive passes on the members of an archive, then its end.
func (l *load) fetchArchive(ctx context.Context, f *fetched, form format, body io.Reader, pass func(fetched) error) error {
	end := fetched{job: f.job, box: &box{outer: f.box}, end: true}
	end.fail = l.expand(ctx, f.job, form, body, 1, func(m fetched) error {
		m.box = end.box
		end.members++
		return pass(m)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return pass(end)
}

// readHead reads as much as it takes to know the format.
func readHead(r io.Reader, large bool) ([]byte, error) {
	n := sniffLen
	if large {
		n = 64 << 10
	}
	head := make([]byte, n)
	n, err := io.ReadFull(r, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:n], err
}

// readAll reads to the end. size is what to expect, -1 if unknown; more than
// limit is an error.
func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	room := min(max(size, 0), limit) + 1 // one more, to see the end without growing
	var b bytes.Buffer
	b.Grow(int(min(room, 64<<20)) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read: after %d bytes: %w", n, err)
	case n > limit:
		return nil, fmt.Errorf("read: more than %s (limit: --max-object)", sizeWords(limit))
	}
	return b.Bytes(), nil
}
