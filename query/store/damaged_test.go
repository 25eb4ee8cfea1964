package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/change"
	"spoor/loader/cloudtrail"
	"spoor/loader/digest"
	"spoor/query"
	"spoor/query/store/pack"
)

// tear writes over a part of every block of a database.
func tear(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(path, dbName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	const firstBlock, blockSize = 3 * 4096, 256 << 10 // behind the three headers of the file
	for at := int64(firstBlock); at < info.Size(); at += blockSize {
		if _, err := f.WriteAt([]byte("torn"), at+1000); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// reopen closes a case, lets change do to its folder what it likes, and opens it
// again, made anew.
func reopen(t *testing.T, db *DB, change func(dir string)) (*DB, Rebuilt) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	change(db.path)
	if _, err := Open(t.Context(), db.path, Options{}); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrOutdated) {
		t.Fatalf("opening a damaged case: %v", err)
	}
	r, err := Rebuild(t.Context(), db.path, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err = Open(t.Context(), db.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	checkWhole(t, db)
	return db, r
}

// everything is what a case tells: objects, events and what people made.
func everything(t *testing.T, db *DB) []string {
	t.Helper()
	var b strings.Builder
	events, duplicates := int64(0), int64(0)
	for _, o := range db.Objects(query.ObjectRequest{}) {
		events, duplicates = events+o.Events, duplicates+o.Duplicates
		o.Events, o.Duplicates = o.Events+o.Duplicates, 0 // which of two copies came first is left to chance
		fmt.Fprintf(&b, "%+v\n", o)
	}
	fmt.Fprintln(&b, events, "events", duplicates, "duplicates")
	rows := db.objects.list()
	slices.SortFunc(rows, func(a, b objectRow) int { return strings.Compare(a.name, b.name) })
	for _, o := range rows {
		fmt.Fprintln(&b, o.name, o.outcome, o.etag, o.class, o.meta, o.lossy)
	}
	seqs, err := ask(t.Context(), db, func(ctx context.Context, c conn) (seqs []int64, err error) {
		return seqs, c.each(ctx, "SELECT seq FROM event_rows ORDER BY t, uid_hi, uid_lo", nil, func(v []driver.Value) error {
			seqs = append(seqs, number(v[0]))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	records, err := db.Records(t.Context(), seqs)
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString(strings.Join(records, "\n"))
	_, list, err := run(t, db, "SELECT id, actor, time, service, event FROM events ORDER BY ALL")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		fmt.Fprintln(&b, e...)
	}
	notes, err := db.Annotations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range notes {
		n.Seq = 0
		fmt.Fprintf(&b, "%+v\n", n)
	}
	saved, err := db.Queries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%+v\n", saved)
	report, err := db.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%+v\n", *report)
	keys, err := db.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys.Of("eu-west-1") {
		fmt.Fprintln(&b, k.Fingerprint, k.From, k.To)
	}
	return strings.Split(b.String(), "\n")
}

// fullCase is a case with some of everything.
func fullCase(t *testing.T) *DB {
	t.Helper()
	db := newCase(t)
	g := newGenerator(7)
	var list []loader.Loaded
	for range 6 {
		list = append(list, decoded(t, g.next(40)))
	}
	list[1].Object.ETag, list[1].Object.Class, list[1].Object.Meta = "abc", "GLACIER_IR", map[string]string{"signature": "00ff"}
	list[1].Delivered = append(bytes.Clone(list[1].Delivered), gzipped(t, "")...)
	list[1].Object.Size = int64(len(list[1].Delivered))
	list[1].Notes = []string{"2 gzip members"}
	list[2].Delivered = []byte(list[2].Text)
	list[2].Object.Size = int64(len(list[2].Text))
	twin := list[3]
	twin.Object.Name = "/copies/twin.json"
	linked := decoded(t, g.next(25))
	linked.Object.Name = filepath.Join(t.TempDir(), "linked.json.gz")
	if err := os.WriteFile(linked.Object.Name, linked.Delivered, 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(linked.Object.Name)
	if err != nil {
		t.Fatal(err)
	}
	linked.Delivered, linked.Object.Linked, linked.Object.ModTime = nil, true, info.ModTime()
	load(t, db, list...)
	load(t, db, twin, linked,
		loader.Loaded{Object: loader.Object{Name: "/logs/readme", Size: 7}, Outcome: loader.Skipped, Reason: "not a log", Unpacked: 7},
		loader.Loaded{Object: loader.Object{Name: "/logs/secret", Size: -1}, Outcome: loader.Failed, Reason: "open: permission denied"},
		loader.Loaded{Object: loader.Object{Name: "/logs/all.tar", Size: 70, ModTime: time.Unix(3, 0)}, Outcome: loader.Archive})
	grown := decoded(t, g.next(30)) // replaces the first object
	grown.Object.Name = list[0].Object.Name
	load(t, db, grown)
	if err := db.MarkGone(t.Context(), func(n string) bool { return n == list[4].Object.Name }); err != nil {
		t.Fatal(err)
	}
	make1(t, db)
	return db
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// decoded gives a generated object the events that its text has for a decoder.
func decoded(t *testing.T, l loader.Loaded) loader.Loaded {
	t.Helper()
	l.Events = nil
	r, err := new(cloudtrail.Decoder).Decode(l.Text, func(e *cloudtrail.Event) error {
		l.Events = append(l.Events, loader.Event{Event: *e, Change: change.Derive(e)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	l.Carrier = r.Carrier
	return l
}

// make1 makes some of all that people make.
func make1(t *testing.T, db *DB) {
	t.Helper()
	at := time.Date(2024, 5, 2, 3, 4, 5, 678000, time.UTC)
	for _, a := range []query.Annotation{
		{About: query.AboutEvent, Seq: 57, Mark: query.Marks()[0], Note: "first\n\"sight\" \x1b[31m ünï ' -- ", Tags: []string{"a b", "c"}, Changed: at},
		{About: query.AboutEvent, Seq: 90, Tags: []string{"x"}, Changed: at.Add(time.Hour)},
	} {
		if err := db.Annotate(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.SaveQuery(t.Context(), query.Saved{ID: "mine", Name: "Mine, all mine", Filter: `actor:user1 "it's"`}); err != nil {
		t.Fatal(err)
	}
	var ring digest.KeyRing
	key, err := digest.NewPublicKey(x509.MarshalPKCS1PublicKey(&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(5), 2045), E: 65537}), at, at.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	ring.Add("eu-west-1", key)
	if err := db.SaveKeys(t.Context(), &ring); err != nil {
		t.Fatal(err)
	}
	report := &digest.Report{Source: "s3://x", Started: at, Finished: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), From: at, To: at}
	report.Add(digest.Object{Name: "s3://x/1", Actual: "/logs/2024/05/000003.json.gz", Kind: digest.Log, Verdict: digest.Invalid, Reason: "hash", Time: at})
	report.Findings = append(report.Findings, digest.Finding{Type: "gap", Detail: "an hour", From: at, To: at})
	if err := db.SaveReport(t.Context(), report); err != nil {
		t.Fatal(err)
	}
}

// Whatever happens to the database, the case is made anew from the pack and the
// mirrors, and tells the same as before.
func TestDamagedCaseIsMadeAnew(t *testing.T) {
	t.Parallel()
	remove := func(t *testing.T, path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	for name, damage := range map[string]func(t *testing.T, dir string){
		"torn": func(t *testing.T, dir string) { tear(t, dir) },
		"met by a question": func(t *testing.T, dir string) {
			db := &DB{path: dir}
			if err := db.classify(errors.New("IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2")); !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
		},
		"missing": func(t *testing.T, dir string) { remove(t, filepath.Join(dir, dbName)) },
		"empty":   func(t *testing.T, dir string) { write(t, filepath.Join(dir, dbName), "") },
		"no database": func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, dbName), strings.Repeat("hello", 10_000))
		},
		"cut off": func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, dbName), 300<<10); err != nil {
				t.Fatal(err)
			}
		},
		"earlier version": func(t *testing.T, dir string) { write(t, filepath.Join(dir, infoName), "version = 1\n") },
		"no case.toml":    func(t *testing.T, dir string) { remove(t, filepath.Join(dir, infoName)) },
		"killed while it was made anew": func(t *testing.T, dir string) {
			remove(t, filepath.Join(dir, dbName))
			write(t, filepath.Join(dir, freshName), strings.Repeat("half", 10_000))
		},
		"with an unfinished batch": func(t *testing.T, dir string) {
			remove(t, filepath.Join(dir, dbName))
			b, err := os.ReadFile(filepath.Join(dir, packName))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, packName), string(b)+string(b[pack.HeadSize:pack.HeadSize+60]))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := fullCase(t)
			want := everything(t, db)
			db, r := reopen(t, db, func(dir string) { damage(t, dir) })
			if d := cmp.Diff(want, everything(t, db)); d != "" {
				t.Errorf("the case is not what it was (-before +after):\n%s", d)
			}
			if len(r.Lost) > 0 || r.Holes > 0 || len(r.Odd) > 0 || r.Events != db.Totals().Events {
				t.Errorf("rebuilt: %+v", r)
			}
			if _, err := os.Stat(filepath.Join(db.path, dbName+r.Aside)); r.Aside != "" && err != nil {
				t.Error(err)
			}
			for _, name := range []string{freshName, freshName + ".wal", brokenName} {
				if _, err := os.Stat(filepath.Join(db.path, name)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is left: %v", name, err)
				}
			}
			load(t, db, newGenerator(99).next(10))
			checkWhole(t, db)
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A rebuild that is cut off goes on where it stopped.
func TestRebuildGoesOn(t *testing.T) {
	t.Parallel()
	db := fullCase(t)
	want := everything(t, db)
	dir := db.path
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, dbName)); err != nil {
		t.Fatal(err)
	}
	half := newDB(dir, Options{})
	k, err := readKept(filepath.Join(dir, packName))
	if err != nil {
		t.Fatal(err)
	}
	half.kept = k
	if half.pack, err = k.open(filepath.Join(dir, packName)); err != nil {
		t.Fatal(err)
	}
	if err := half.openFile(t.Context(), Options{}, dir, freshName, ""); err != nil {
		t.Fatal(err)
	}
	e := k.byName["/logs/readme"]
	load(t, half, loadedOf(e))
	if err := half.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Rebuild(t.Context(), dir, Options{}, nil); err != nil {
		t.Fatal(err)
	}
	if db, err = Open(t.Context(), dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if d := cmp.Diff(want, everything(t, db)); d != "" {
		t.Error(d)
	}
}

// What a person wrote into the mirror by mistake is told, the rest is taken.
func TestOddLinesOfAMirror(t *testing.T) {
	t.Parallel()
	db := fullCase(t)
	db, r := reopen(t, db, func(dir string) {
		name := filepath.Join(dir, madeMirror.file)
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, name, "oops\n"+string(b)+`{"table":"event_rows","row":{"seq":1}}`+"\n"+`{"table":"annotations","row":7}`)
		tear(t, dir)
	})
	if notes, err := db.Annotations(t.Context()); err != nil || len(notes) != 2 {
		t.Errorf("%v, %v", notes, err)
	}
	if d := cmp.Diff([]string{"notes.ndjson: line 1", "notes.ndjson: line 5", "notes.ndjson: line 6"}, r.Odd); d != "" {
		t.Error(d)
	}
}

func TestRebuildOfAnIntactCaseNeedsItAlone(t *testing.T) {
	t.Parallel()
	db := fullCase(t)
	want := everything(t, db)
	var held *LockedError
	cmd := startChild(t, filepath.Join(t.TempDir(), "b.spoor"), 2)
	defer stop(cmd)
	if _, err := Rebuild(t.Context(), cmd.Env[len(cmd.Env)-1][len(childEnv)+1:], Options{}, nil); !errors.As(err, &held) {
		t.Errorf("while another process has it: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Rebuild(t.Context(), db.path, Options{}, nil); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), db.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if d := cmp.Diff(want, everything(t, db)); d != "" {
		t.Error(d)
	}
}

// The pack tells where its objects came from when case.toml is lost, and damaged
// once more.
func TestSourcesOutliveTheirFile(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(7)
	for _, name := range []string{"/logs", "s3://bucket/AWSLogs", "/logs"} {
		if err := db.AddSource(name); err != nil {
			t.Fatal(err)
		}
		load(t, db, g.next(100))
	}
	want, err := db.Info()
	if err != nil || len(want.Sources) != 2 {
		t.Fatal(want, err)
	}
	for name, damage := range map[string]func(file string) error{
		"lost": os.Remove, "damaged": func(file string) error { return os.WriteFile(file, []byte("\x00\x00"), 0o600) },
	} {
		db, _ = reopen(t, db, func(dir string) {
			if err := damage(filepath.Join(dir, infoName)); err != nil {
				t.Fatal(err)
			}
		})
		if got, err := db.Info(); err != nil || !slices.Equal(got.Sources, want.Sources) {
			t.Errorf("%s: sources %q, %v; want %q", name, got.Sources, err, want.Sources)
		}
		load(t, db, g.next(100))
	}
}

// A kill can hit a load when it has just begun its case.
func TestCaseThatWasOnlyBegunIsBegunAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a.spoor")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, infoName+newSuffix), "vers")
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("without Create: %v", err)
	}
	db, err := Open(t.Context(), dir, Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	load(t, db, newGenerator(1).next(3))
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
