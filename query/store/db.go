package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"spoor/query"
	"spoor/query/store/blocks"
	"spoor/query/store/pack"
	"spoor/query/store/shelf"
)

// Memory is the path of a case that keeps nothing on disk.
const Memory = ":memory:"

// Names inside the folder of a case.
const (
	infoName   = "case.toml"
	dbName     = "case.duckdb"
	packName   = "objects.pack"
	searchName = "case.search"
	spillName  = "case.duckdb.tmp"
)

// checkpointEvery is how much the write-ahead log may grow before DuckDB packs
// it into columns. Rarely is better: a row group that is packed half full is
// packed again (36 bytes an event instead of 66).
const checkpointEvery = "512MB"

// Options say how to open a case. The zero value opens an existing one.
type Options struct {
	Create      bool           // make the case if there is none
	MemoryLimit int64          // bytes that DuckDB may use, the Go heap not counted; 0: 512 MiB, for Memory most of the machine's
	Threads     int            // of DuckDB; 0: one per CPU
	Zone        *time.Location // see DB.SetZone; nil is UTC
	Accounts    query.Accounts // names of accounts beside those that the case keeps
}

// A DB is an open case. All methods are safe for concurrent use; one Append runs
// at a time, and questions go on beside it.
type DB struct {
	path string // of the folder, or Memory
	sql  *sql.DB
	pack *pack.Pack

	shelf     *shelf.Shelf
	shelfFile string // where it lies, "" for in memory
	dicts     dicts
	people    *people
	objects   *manifest
	feeds     *feeds
	texts     texts
	unpackers sync.Pool // of *loader.Unpacker
	firsts    firsts
	servants  servants
	leaves    leaves
	ahead     readAhead
	blocks    *blocks.File
	reach     [2]reached   // all objects, oldest and newest first
	indexing  sync.Mutex   // held by Index
	asking    atomic.Int32 // questions being answered
	verdicts  verdicts
	kept      *kept // while the case is made anew
	offers    offers
	notes     *annotations
	accounts  accounts
	fields    map[string]binding
	sessions  sessions
	slice     time.Duration // see searchSlice
	zone      atomic.Pointer[time.Location]
	window    int // rows that an export sorts at a time
	many      int // see manyHits

	making  sync.Mutex // held by those who change what a mirror holds
	writing sync.Mutex // held by those who change the case; guards what follows
	lot     *lot       // staged, nil when nothing is
	sources []string   // that the pack has yet to learn of
	known   *known
	maker   *maker
	seq     int64 // of the last event

	state    sync.RWMutex
	span     span
	revision uint64

	closing sync.RWMutex
	closed  bool
	running sync.WaitGroup
}

// Open opens the case at path: a folder, by convention NAME.spoor, or Memory.
// Errors that callers tell apart: ErrNotFound, ErrNotCase, ErrNotWritable,
// ErrDiskFull, *LockedError, *VersionError; ErrDamaged and ErrOutdated, which
// Rebuild mends.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	db := newDB(path, o)
	if err := db.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open case %s: %w", path, classify(path, err)), db.drop())
	}
	return db, nil
}

func newDB(path string, o Options) *DB {
	db := &DB{path: path, people: newPeople(), feeds: newFeeds(), known: newKnown(), objects: newManifest(), notes: newAnnotations(),
		unpackers: sync.Pool{New: newUnpacker}, fields: bindings(), slice: searchSlice, window: windowRows, many: manyHits, blocks: blocks.New("", blocks.FrameText), span: emptySpan()}
	db.SetZone(o.Zone)
	db.shelf = shelf.New(int(domains), func(dom int, from, to uint32, f func(uint32, string) error) error {
		ctx := context.Background() // nobody waits for this in the usual case
		return db.with(ctx, func(c conn) error { return fetchTexts(ctx, c, dom, from, to, f) })
	})
	db.dicts = newDicts(db.shelf)
	db.maker = newMaker(db.dicts, db.people)
	db.sessions.portion, db.sessions.batches = sessionPortion, manyBatches
	maps.Copy(db.fields, caseBindings(db))
	maps.Copy(db.fields, annotationBindings(db))
	return db
}

func (db *DB) open(ctx context.Context, o Options) error {
	if db.path == Memory {
		return db.openFile(ctx, o, "", "", "")
	}
	dir, err := folder(db.path, o.Create)
	if err != nil {
		return err
	}
	if err := intact(dir); err != nil {
		return err
	}
	db.blocks = blocks.New(filepath.Join(dir, searchName), blocks.FrameText)
	db.shelfFile = filepath.Join(dir, shelfName)
	return db.openFile(ctx, o, dir, dbName, filepath.Join(dir, packName))
}

// openFile opens the database of a name in the folder of the case.
func (db *DB) openFile(ctx context.Context, o Options, dir, name, packFile string) (err error) {
	if err := db.readAccounts(o.Accounts); err != nil {
		return err
	}
	file := ""
	if dir != "" {
		file = filepath.Join(dir, name)
	}
	if db.sql, err = connect(file, dir, "", o); err != nil {
		return err
	}
	if dir != "" { // the lock is ours now: what a killed process left behind can go
		if err := os.RemoveAll(filepath.Join(dir, spillName)); err != nil {
			return err
		}
	}
	c, err := db.sql.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := db.feeds.register(c); err != nil {
		return err
	}
	return raw(c, func(c conn) error { return db.restore(ctx, c, packFile) })
}

// folder checks that path is a case this program can open, or makes it one.
func folder(path string, create bool) (string, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(dir, "?%") {
		return "", fmt.Errorf("%w: the path must not hold ? or %%", ErrNotCase) // the driver takes it for a URL
	}
	if st, err := os.Stat(dir); err == nil && !st.IsDir() {
		return "", ErrNotCase
	}
	info, err := readInfo(dir)
	switch {
	case err == nil && info.Version > Version:
		return "", &VersionError{path, info.Version, Version}
	case err == nil && info.Version < Version:
		return "", fmt.Errorf("%w (format %d, this one has %d)", ErrOutdated, info.Version, Version)
	case err == nil:
		return dir, nil
	case hasObjects(dir):
		return "", fmt.Errorf("%w: %s is missing or damaged", ErrDamaged, infoName)
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	entries, err := os.ReadDir(dir)
	// A process killed when it had just begun a case leaves half of what tells of it.
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == infoName+newSuffix })
	switch {
	case err == nil && len(entries) > 0:
		return "", ErrNotCase
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%w: %w", ErrNotCase, err)
	case !create:
		return "", ErrNotFound
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, writeInfo(dir, newInfo())
}

// restore brings what is kept in memory up to what is in the database, and cuts
// the pack to it.
func (db *DB) restore(ctx context.Context, c conn, packFile string) error {
	if err := restoreTables(ctx, c, packFile); err != nil {
		return err
	}
	n, err := c.int64s(ctx, "SELECT max(bytes) FROM pack_rows")
	if err != nil {
		return err
	}
	if db.pack == nil {
		db.pack, err = pack.Open(packFile, n[0])
		if errors.Is(err, pack.ErrCutOff) {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		if err != nil {
			return err
		}
	}
	if db.shelfFile != "" {
		db.shelf.Open(db.shelfFile, db.pack.Mark())
	}
	if n, err = c.int64s(ctx, "SELECT coalesce(max(seq), 0) FROM event_rows"); err != nil {
		return err
	}
	db.seq = n[0]
	if err := db.objects.load(ctx, c); err != nil {
		return err
	}
	if err := db.people.load(ctx, c); err != nil {
		return err
	}
	if err := db.notes.restore(ctx, c); err != nil {
		return err
	}
	if err := db.restoreTexts(ctx, c); err != nil {
		return err
	}
	return errors.Join(db.readSpan(ctx, c), db.loadVerdicts(ctx, c), db.completeMirrors(ctx, c))
}

// restoreTables makes the tables of a new case, and those that an older one lacks.
func restoreTables(ctx context.Context, c conn, packFile string) error {
	n, err := c.int64s(ctx, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'event_rows'")
	if err != nil {
		return err
	}
	if n[0] == 0 {
		if packFile != "" && hasObjects(filepath.Dir(packFile)) {
			return fmt.Errorf("%w: it has no tables", ErrDamaged)
		}
		if err := create(ctx, c); err != nil {
			return err
		}
	}
	if _, err := c.exec(ctx, addPart); err != nil {
		return err
	}
	return renewSessions(ctx, c)
}

// SetZone says in which time zone dates and times of filters are read that name
// none. It holds from the next question on.
func (db *DB) SetZone(z *time.Location) { db.zone.Store(z) }

// Path returns the folder of the case, or Memory.
func (db *DB) Path() string { return db.path }

// drop gives up a case that could not be opened.
func (db *DB) drop() (err error) {
	if db.sql != nil {
		err = db.sql.Close()
	}
	if db.pack != nil {
		err = errors.Join(err, db.pack.Close())
	}
	return errors.Join(err, db.shelf.Close())
}

// enter counts a question that is about to run; Close waits for it.
func (db *DB) enter() error {
	db.closing.RLock()
	defer db.closing.RUnlock()
	if db.closed {
		return ErrClosed
	}
	db.running.Add(1)
	return nil
}

// Close closes the case. It waits for questions that are being answered: cancel
// their contexts first. What was staged and not committed is dropped.
func (db *DB) Close() error {
	db.closing.Lock()
	if db.closed {
		db.closing.Unlock()
		return nil
	}
	db.closed = true
	db.closing.Unlock()
	db.running.Wait()
	db.writing.Lock()
	defer db.writing.Unlock()
	var err error
	if db.lot != nil {
		err = db.abandon()
	}
	for _, d := range db.dicts {
		d.shelve(true)
	}
	return errors.Join(err, db.sql.Close(), db.blocks.Close(), db.shelf.Close(), db.pack.Close())
}
