package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"

	"spoor/loader"
	"spoor/loader/cloudtrail"
	"spoor/loader/digest"
	"spoor/query/store/pack"
)

// Originals is the case as a source: all objects it has seen, under their own
// names, with the metadata that S3 gave. It makes a check of the case possible
// where its sources are out of reach. Objects that failed to load are listed and
// can't be opened: a check says so of each.
func (db *DB) Originals() loader.Source { return originals{db} }

type originals struct{ db *DB }

func (s originals) String() string { return "case " + s.db.path }

func (s originals) Objects(ctx context.Context, _ loader.Scope) iter.Seq2[loader.Object, error] {
	return func(yield func(loader.Object, error) bool) {
		for _, r := range s.db.objects.list() {
			if ctx.Err() != nil {
				return
			}
			if loader.Outcome(r.outcome) == loader.Archive || r.gone || noLog(r) {
				continue
			}
			o := loader.Object{Name: r.name, Size: r.size, ETag: r.etag, ModTime: momentOf(r.mtime), Class: r.class, Meta: metaMap(r.meta)}
			if !yield(o, nil) {
				return
			}
		}
	}
}

// noLog reports whether an object was skipped for what it is, and is neither a
// log nor a digest by its name: a manifest or a list of keys beside a copy, of
// which the case has no bytes.
func noLog(r objectRow) bool {
	_, log := cloudtrail.ParseKey(r.name)
	return loader.Outcome(r.outcome) == loader.Skipped && r.at.How == pack.None && !log
}

// errNotKept says that the case does not hold the bytes of an object.
var errNotKept = errors.New("the case does not hold it: it was not loaded")

func (s originals) Open(_ context.Context, o loader.Object) (io.ReadCloser, error) {
	r, ok := s.db.objects.find(o.Name)
	switch {
	case !ok:
		return nil, &fs.PathError{Op: "open", Path: o.Name, Err: fs.ErrNotExist}
	case r.at.How == pack.Link:
		return os.Open(r.name)
	case r.at.How == pack.None:
		if r.reason != "" {
			return nil, errors.New(r.reason)
		}
		return nil, errNotKept
	}
	b, err := s.db.pack.Read(r.at)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

// metaMap is the inverse of metaText, nil for none.
func metaMap(text string) map[string]string {
	if text == "" {
		return nil
	}
	m := map[string]string{}
	for line := range strings.SplitSeq(text, "\n") {
		if k, v, ok := strings.Cut(line, "="); ok {
			m[k] = v
		}
	}
	return m
}

// KnownHash gives the hash that loading took of an object, if it is still the
// object that the source lists and nothing was odd about its container: those
// a check reads again, to say what exactly is wrong. A linked file is read
// again as well, since whoever can change it can set its time.
func (db *DB) KnownHash(o loader.Object) (digest.Hash, bool) {
	r, ok := db.objects.find(o.Name)
	outcome := loader.Outcome(r.outcome)
	if !ok || r.notes != "" || r.at.How == pack.Link || outcome != loader.Done && outcome != loader.Skipped || r.unpacked == 0 ||
		db.Status(o) != loader.Unchanged {
		return digest.Hash{}, false
	}
	h := digest.Hash{SHA256: r.sum, Unpacked: r.unpacked, Stored: r.size}
	if r.size == r.unpacked {
		h.State = digest.Container
	}
	return h, true
}
