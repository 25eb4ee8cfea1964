package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"

	"spoor/loader"
	"spoor/query/store/pack"
)

// freshName is the database while it is made anew. It takes the place of the
// damaged one only when it is whole; a rebuild that was cut off goes on with it.
var freshName = fmt.Sprintf("case.duckdb.fresh%d", Version)

// freshShelf are its texts.
const freshShelf = shelfName + ".fresh"

// A Rebuilt says what came of a Rebuild.
type Rebuilt struct {
	Objects int64 // in the manifest
	Events  int64
	Made    int              // marks, notes, saved queries and results of checks taken back
	Lost    []loader.Failure // objects whose bytes are damaged, or gone where the case links to them; the next load fetches them again
	Holes   int              // parts of the pack that do not say what was in them; likewise
	Odd     []string         // lines of a mirror that made no sense, as "file: line N"
	Aside   string           // ending of the names under which the damaged files are kept, "" when there were none

	sources []string // that the pack tells of
}

// Rebuild makes the database of a case anew, offline, from its pack and its
// mirrors. It ends with the same events, manifest and notes; what could not be
// read is in the answer. Progress counts as for a load; nil: nobody looks.
// Errors that callers tell apart: those of Open, and ErrNoLabels.
func Rebuild(ctx context.Context, path string, o Options, progress *loader.Progress) (Rebuilt, error) {
	r, err := rebuild(ctx, path, o, progress)
	if err != nil {
		return r, fmt.Errorf("rebuild case %s: %w", path, classify(path, err))
	}
	return r, nil
}

func rebuild(ctx context.Context, path string, o Options, progress *loader.Progress) (out Rebuilt, err error) {
	if _, err := folder(path, false); err != nil && !errors.Is(err, ErrOutdated) && !errors.Is(err, ErrDamaged) {
		return out, err
	}
	dir, err := filepath.Abs(path)
	if err != nil {
		return out, err
	}
	if out, err = makeFresh(ctx, path, dir, o, progress); err != nil {
		return out, err
	}
	if out.Aside, err = setAside(dir); err != nil {
		return out, err
	}
	if err := os.Rename(filepath.Join(dir, freshName), filepath.Join(dir, dbName)); err != nil {
		return out, err
	}
	_ = os.Rename(filepath.Join(dir, freshShelf), filepath.Join(dir, shelfName)) // if not, it is made anew
	if err := os.Remove(filepath.Join(dir, brokenName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return out, err
	}
	syncFolder(dir)
	info, err := readInfo(dir)
	if err != nil { // it is missing or damaged
		info = newInfo()
		info.Sources = out.sources
	}
	info.Version = Version
	return out, writeInfo(dir, info)
}

// hold opens the old database, if there is one that can be opened, so that
// nobody writes to the pack. The error is that somebody else has it open.
func hold(path, dir string, o Options) (release func(), err error) {
	if _, err := os.Stat(filepath.Join(dir, dbName)); err != nil {
		return func() {}, nil // to connect would make one
	}
	old, err := connect(filepath.Join(dir, dbName), dir, "", o)
	if held := (*LockedError)(nil); errors.As(classify(path, err), &held) {
		return nil, held
	}
	if err != nil {
		return func() {}, nil
	}
	return func() { _ = old.Close() }, nil // its last words are of no interest
}

// makeFresh makes the new database. A broken attempt of an earlier run is thrown
// away.
func makeFresh(ctx context.Context, path, dir string, o Options, progress *loader.Progress) (Rebuilt, error) {
	for again := false; ; again = true {
		out, err := fillFresh(ctx, path, dir, o, progress)
		if again || !errors.Is(err, ErrDamaged) {
			return out, err
		}
		for _, name := range []string{freshName, freshName + ".wal", freshShelf} {
			if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return out, err
			}
		}
	}
}

func fillFresh(ctx context.Context, path, dir string, o Options, progress *loader.Progress) (out Rebuilt, err error) {
	db := newDB(path, o)
	if db.kept, err = readKept(filepath.Join(dir, packName)); err != nil {
		return out, err
	}
	if db.pack, err = db.kept.open(filepath.Join(dir, packName)); err != nil {
		return out, err
	}
	db.shelfFile = filepath.Join(dir, freshShelf)
	if err := db.openFile(ctx, o, dir, freshName, ""); err != nil {
		return out, errors.Join(classify(path, err), db.drop())
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// One process at a time gets here; one that was here before may be at work on
	// what it has made.
	release, err := hold(path, dir, o)
	if err != nil {
		return out, err
	}
	defer release()
	return db.replay(ctx, progress)
}

// replay loads the pack into the empty database.
func (db *DB) replay(ctx context.Context, progress *loader.Progress) (out Rebuilt, err error) {
	k := db.kept
	report, err := loader.Load(ctx, []loader.Source{k}, k.sink(db), loader.Options{MaxUnpacked: math.MaxUint32, Progress: progress})
	if err != nil {
		return out, err
	}
	if err := k.rest(ctx, db); err != nil {
		return out, err
	}
	out.Lost, out.Holes = append(report.Failures, k.altered...), len(k.Holes)
	slices.SortFunc(out.Lost, func(a, b loader.Failure) int { return cmp.Compare(a.Object, b.Object) })
	out.sources = k.Sources
	out.Objects, out.Events = int64(len(db.objects.list())), db.Totals().Events
	_, err = ask(ctx, db, func(ctx context.Context, c conn) (struct{}, error) {
		return struct{}{}, c.inTx(ctx, func() error {
			if _, err := c.exec(ctx, "UPDATE pack_rows SET bytes = ?", db.pack.Committed()); err != nil {
				return err
			}
			return db.takeAllBack(ctx, c, &out)
		})
	})
	if err == nil {
		err = db.with(ctx, func(c conn) error { _, err := c.exec(ctx, "CHECKPOINT"); return err })
	}
	return out, err
}

// takeAllBack fills the tables that have mirrors. What an attempt before this
// one took is taken anew.
func (db *DB) takeAllBack(ctx context.Context, c conn, out *Rebuilt) error {
	for _, m := range mirrors() {
		for _, table := range m.tables {
			if _, err := c.exec(ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		n, odd, err := db.takeBack(ctx, c, m)
		if err != nil {
			return err
		}
		out.Made += n
		for _, line := range odd {
			out.Odd = append(out.Odd, fmt.Sprintf("%s: line %d", m.file, line))
		}
	}
	return nil
}

// A kept is the contents of a pack as a Source: its objects lie there, and their
// rows are known but for what they have in common with others.
type kept struct {
	pack.Contents
	pack    *pack.Pack
	byName  map[string]*pack.Entry
	altered []loader.Failure // written by the sink
}

func readKept(path string) (*kept, error) {
	k := &kept{byName: map[string]*pack.Entry{}}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) { // nothing has been loaded yet
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() <= pack.HeadSize {
		return k, nil
	}
	if k.Contents, err = pack.ReadContents(f, info.Size()); err != nil {
		return nil, fmt.Errorf("read %s: %w", packName, err)
	}
	for i := range k.Entries {
		k.byName[k.Entries[i].Name] = &k.Entries[i]
	}
	return k, nil
}

// open opens the pack to be read only: another process may write to it. The next
// Open cuts off what is no whole batch.
func (k *kept) open(path string) (p *pack.Pack, err error) {
	if k.End == 0 {
		p, err = pack.Open(path, 0)
	} else {
		p, err = pack.OpenRead(path, k.End)
	}
	k.pack = p
	return p, err
}

// String implements loader.Source.
func (k *kept) String() string { return packName }

// Objects lists what has bytes: in the pack, or in a file of its own.
func (k *kept) Objects(ctx context.Context, _ loader.Scope) iter.Seq2[loader.Object, error] {
	return func(yield func(loader.Object, error) bool) {
		for i := range k.Entries {
			e := &k.Entries[i]
			if ctx.Err() != nil || e.How != pack.None && !yield(objectOf(e), nil) {
				return
			}
		}
	}
}

// Open implements loader.Source. Bytes that are not those that were loaded are
// an error.
func (k *kept) Open(_ context.Context, o loader.Object) (io.ReadCloser, error) {
	e := k.byName[o.Name]
	if e.How == pack.Link {
		info, err := os.Stat(e.Name)
		if err != nil {
			return nil, err
		}
		if info.Size() != e.Size || micros(info.ModTime()) != e.Modified {
			return nil, errors.New("the file that the case links to has changed since it was loaded")
		}
		return os.Open(e.Name)
	}
	b, err := k.pack.ReadChecked(e.At(), e.Sum)
	return io.NopCloser(bytes.NewReader(b)), err
}

// fill completes the row of an object by what the pack knows of it.
func (k *kept) fill(r *objectRow) {
	e := k.byName[r.name]
	r.loaded, r.gone = e.Loaded, e.Gone
	if loader.Outcome(r.outcome) != loader.Failed && e.How != pack.None {
		r.at = e.At()
	}
}

// rest adds the objects that have no bytes: the skipped ones, those that failed,
// and archives.
func (k *kept) rest(ctx context.Context, db *DB) error {
	var list []loader.Loaded
	for i := range k.Entries {
		if e := &k.Entries[i]; e.How == pack.None {
			list = append(list, loadedOf(e))
		}
	}
	list = slices.DeleteFunc(list, func(l loader.Loaded) bool { _, ok := db.objects.find(l.Object.Name); return ok }) // by an attempt that was cut off
	const batch = 10_000
	for part := range slices.Chunk(list, batch) {
		if _, err := db.Append(ctx, part); err != nil {
			return err
		}
	}
	return db.Commit(ctx)
}

// entryOf describes an object that was loaded.
func entryOf(l *loader.Loaded, r *objectRow) pack.Entry {
	e := pack.Entry{
		Name: r.name, Size: r.size, ETag: r.etag, Modified: r.mtime, Class: r.class, Meta: r.meta, Unpacked: r.unpacked,
		Outcome: r.outcome, Reason: r.reason, Carrier: r.carrier, Notes: r.notes, Digest: r.digest, Loaded: r.loaded,
		Events: len(l.Events), Invalid: r.invalid, Part: r.part,
	}
	if r.unpacked > 0 {
		e.SHA256 = hex.EncodeToString(r.sum[:])
	}
	return e
}

// objectOf is what a source listed.
func objectOf(e *pack.Entry) loader.Object {
	return loader.Object{Name: e.Name, Size: e.Size, ETag: e.ETag, ModTime: momentOf(e.Modified), Class: e.Class, Meta: metaMap(e.Meta), Linked: e.How == pack.Link, Part: partOf(e.Part)}
}

// loadedOf is what was handed to the sink, for an object without bytes.
func loadedOf(e *pack.Entry) loader.Loaded {
	l := loader.Loaded{Object: objectOf(e), Outcome: loader.Outcome(e.Outcome), Reason: e.Reason, Carrier: e.Carrier,
		Unpacked: e.Unpacked, Invalid: int(e.Invalid), Notes: splitLines(e.Notes), Part: partOf(e.Part)}
	_, _ = hex.Decode(l.SHA256[:], []byte(e.SHA256)) // this program wrote it, and the label is whole
	return l
}

// A keptSink hands objects on to the case, but for those that are not what was
// loaded: a linked file may have been altered.
type keptSink struct {
	*DB
	k *kept
}

func (k *kept) sink(db *DB) keptSink { return keptSink{db, k} }

func (s keptSink) Append(ctx context.Context, list []loader.Loaded) (loader.Stored, error) {
	for i := range list {
		l := &list[i]
		if l.Outcome == loader.Failed || hex.EncodeToString(l.SHA256[:]) == s.k.byName[l.Object.Name].SHA256 {
			continue
		}
		*l = loader.Loaded{Object: l.Object, Outcome: loader.Failed, Reason: ErrAltered.Error()}
		s.k.altered = append(s.k.altered, loader.Failure{Object: l.Object.Name, Error: l.Reason})
	}
	return s.DB.Append(ctx, list)
}
