package loader

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// An archive unpacks to at most so many times its size before it is taken for a
// bomb, once it is past the limit for a single object. Log files pack 7 to 20
// times; deflate can't pack more than 1032 times.
const maxRatio = 1032

// A member is one file inside an archive. open gives its bytes; it must be
// called, if at all, before the walk goes on.
type member struct {
	name string
	size int64
	mod  time.Time
	open func() (io.ReadCloser, error)
	skip string // why it can't be read, e.g. a link
}

// walk calls visit for each file in an archive, in its order. Names that occur
// twice (tar allows that) get a number: each is an object of its own.
func walk(form format, body io.Reader, size int64, tmp string, visit func(member) error) error {
	names := map[string]int{}
	unique := func(m member) error {
		names[m.name]++
		if n := names[m.name]; n > 1 {
			m.name += "#" + strconv.Itoa(n)
		}
		return visit(m)
	}
	switch form {
	case formatZip:
		at, size, done, err := randomAccess(body, size, tmp)
		if err != nil {
			return fmt.Errorf("read zip: %w", err)
		}
		defer done()
		return walkZip(at, size, unique)
	case formatTar:
		return walkTar(body, unique)
	default:
		r, err := inflater(form, body)
		if err != nil {
			return fmt.Errorf("unpack archive: %w", err)
		}
		defer r.Close()
		return walkTar(r, unique)
	}
}

func walkTar(r io.Reader, visit func(member) error) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return archiveErr("tar", err)
		}
		m := member{name: h.Name, size: h.Size, mod: h.ModTime.UTC(), open: func() (io.ReadCloser, error) { return io.NopCloser(t), nil }}
		switch h.Typeflag {
		case tar.TypeReg, tar.TypeGNUSparse:
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		default:
			m.size, m.skip = 0, "not a file but a link or device inside the archive"
		}
		if err := visit(m); err != nil {
			return err
		}
	}
}

func walkZip(at io.ReaderAt, size int64, visit func(member) error) error {
	z, err := zip.NewReader(at, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return archiveErr("zip", err)
	}
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	z.RegisterDecompressor(zstd.ZipMethodWinZip, zstd.ZipDecompressor(zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20)))
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		m := member{name: f.Name, size: int64(min(f.UncompressedSize64, 1<<62)), mod: f.Modified.UTC(), open: f.Open}
		switch {
		case f.Flags&1 != 0:
			m.open = func() (io.ReadCloser, error) { return nil, errors.New("encrypted inside the archive; unpack it first") }
		case !f.Mode().IsRegular():
			m.size, m.skip = 0, "not a file but a link or device inside the archive"
		}
		if err := visit(m); err != nil {
			return err
		}
	}
	return nil
}

// archiveErr phrases what archive/zip and archive/tar say of damage.
func archiveErr(kind string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read %s: cut off: %w", kind, err)
	}
	return fmt.Errorf("read %s: %w", kind, err)
}

// randomAccess gives access to any place of an archive. A zip's table of
// contents is at its end, so a body that only streams is spooled to a file.
func randomAccess(body io.Reader, size int64, tmp string) (io.ReaderAt, int64, func(), error) {
	if at, ok := body.(io.ReaderAt); ok && size >= 0 {
		return at, size, func() {}, nil
	}
	f, err := os.CreateTemp(tmp, "spoor-archive-")
	if err != nil {
		return nil, 0, nil, err
	}
	done := func() {
		f.Close()
		os.Remove(f.Name())
	}
	n, err := io.Copy(f, body)
	if err != nil {
		done()
		return nil, 0, nil, err
	}
	return f, n, done, nil
}

// expand walks the archive f.job and calls emit with the content of each member
// that the sink does not have yet. Archives inside it are walked as well.
func (l *load) expand(ctx context.Context, j job, form format, body io.Reader, depth int, emit func(fetched) error) error {
	var total int64
	return walk(form, body, j.obj.Size, l.opt.TempDir, func(m member) error {
		total += m.size
		if total > l.opt.MaxUnpacked && j.obj.Size > 0 && total/maxRatio > j.obj.Size {
			return fmt.Errorf("read archive: unpacks to more than %d times its size", maxRatio)
		}
		f := fetched{job: job{src: j.src, hour: j.hour}, skip: m.skip}
		f.obj = Object{Name: j.obj.Name + "!" + m.name, Size: m.size, ModTime: m.mod, Class: j.obj.Class}
		if !l.admit(&f.obj) {
			return ctx.Err()
		}
		if m.skip == "" {
			f.fail = l.readMember(ctx, m, &f)
		}
		if form := sniff(f.data[:min(len(f.data), sniffLen)]); form == formatZip || form == formatTar {
			f.fail = l.expandInner(ctx, f.job, form, f.data, depth, emit)
			f.hold.release()
			if f.fail == nil {
				return nil
			}
			f.data, f.hold = nil, nil // whoever gets f has no share to give back
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return emit(f)
	})
}

// expandInner walks an archive that was found inside another.
func (l *load) expandInner(ctx context.Context, j job, form format, data []byte, depth int, emit func(fetched) error) error {
	if depth >= maxLayers {
		return fmt.Errorf("read archive: archives nested more than %d deep", maxLayers)
	}
	err := l.expand(ctx, j, form, bytes.NewReader(data), depth+1, emit)
	if err == nil {
		l.prog.Listed.Add(-1) // its members were counted in its place
	}
	return err
}

// readMember reads one member whole, within the limits.
func (l *load) readMember(ctx context.Context, m member, f *fetched) (err error) {
	if m.size > l.opt.MaxUnpacked {
		return fmt.Errorf("unpack: %s is more than %s (limit: --max-object)", sizeWords(m.size), sizeWords(l.opt.MaxUnpacked))
	}
	if f.hold, err = l.budget.reserve(ctx, estimate(m.name, m.size)); err != nil {
		return err
	}
	r, err := m.open()
	if err != nil {
		return fmt.Errorf("read archive: %w", err)
	}
	defer r.Close()
	f.data, err = readAll(r, m.size, l.opt.MaxUnpacked)
	return err
}
