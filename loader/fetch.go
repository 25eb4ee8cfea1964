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
		l.opt.following.fetched(j, err)
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
	if f.obj.Size >= 0 && f.obj.Size <= smallArchive {
		if f.data, err = readAll(body, f.obj.Size, l.opt.MaxUnpacked); err != nil {
			return false, err
		}
		if form := sniff(f.data[:min(len(f.data), sniffLen)]); form == formatZip || form == formatTar {
			f.hold.release()
			return true, l.fetchArchive(ctx, f, form, bytes.NewReader(f.data), pass)
		}
		return false, nil
	}
	return l.fetchLarge(ctx, f, body, pass)
}

// fetchLarge is fetch for what may be too large to be read whole, as archives
// are.
func (l *load) fetchLarge(ctx context.Context, f *fetched, body io.Reader, pass func(fetched) error) (archive bool, err error) {
	form, whole, err := look(body)
	if err != nil {
		return false, err
	}
	if form == formatText {
		f.data, err = readAll(whole, f.obj.Size, l.opt.MaxUnpacked)
		return false, err
	}
	f.hold.release()
	return true, l.fetchArchive(ctx, f, form, whole, pass)
}

// look reads the beginning of a body. It returns the form of an archive, or
// formatText for anything else, and the whole body.
func look(body io.Reader) (form format, whole io.Reader, err error) {
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return formatText, nil, fmt.Errorf("read: %w", err)
	}
	head = head[:n]
	form = sniff(head[:min(n, sniffLen)])
	_, anywhere := body.(io.ReaderAt)
	switch {
	case form == formatZip && anywhere:
		return form, body, nil
	case form == formatZip, form == formatTar, packedTar(form, head):
	default:
		form = formatText
	}
	return form, io.MultiReader(bytes.NewReader(head), body), nil
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
