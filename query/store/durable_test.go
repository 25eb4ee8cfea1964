package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/query"
	"spoor/query/store/pack"
)

// childEnv names what a child process of these tests is to do, and where.
const childEnv = "SPOOR_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		if err := child(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child loads objects for ever, telling of every commit.
func child(dir string) error {
	ctx := context.Background()
	db, err := Open(ctx, dir, Options{Create: true})
	if err != nil {
		return err
	}
	fmt.Println("open")
	g := newGenerator(11)
	for {
		for range 3 {
			l := g.next(400)
			if db.Status(l.Object) == loader.Unchanged {
				continue
			}
			if _, err := db.Append(ctx, []loader.Loaded{l}); err != nil {
				return err
			}
		}
		if err := db.Commit(ctx); err != nil {
			return err
		}
		fmt.Println("commit")
	}
}

// startChild runs a child until it has printed n lines, and returns it.
func startChild(t *testing.T, dir string, n int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	for seen := 0; seen < n; {
		if _, err := out.Read(b); err != nil {
			t.Fatalf("child ended: %v", err)
		}
		if b[0] == '\n' {
			seen++
		}
	}
	return cmd
}

func stop(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // says that it was killed
}

func TestKilledLoadLeavesWholeLots(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a.spoor")
	for round := 1; round <= 4; round++ {
		stop(startChild(t, dir, 2*round))
		db, err := Open(t.Context(), dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkWhole(t, db)
		if n := db.Totals().Events; n == 0 || n%1200 != 0 {
			t.Errorf("round %d: %d events", round, n)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkWhole compares manifest, events and pack with one another.
func checkWhole(t *testing.T, db *DB) {
	t.Helper()
	_, rows, err := run(t, db, `SELECT o.id, o.events, (SELECT count(*) FROM event_rows AS e WHERE e.object = o.id) AS n FROM objects_rows AS o WHERE o.events <> n
		UNION ALL SELECT e.object, 0, count(*) FROM event_rows AS e ANTI JOIN objects_rows AS o ON o.id = e.object GROUP BY e.object`)
	if err != nil || len(rows) > 0 {
		t.Errorf("manifest and events differ: %v, %v", rows, err)
	}
	_, rows, err = run(t, db, `SELECT e.seq FROM event_rows AS e WHERE NOT EXISTS (SELECT 1 FROM strings AS s WHERE s.dom = 1 AND s.id = e.name)
		OR NOT EXISTS (SELECT 1 FROM identities AS i WHERE i.id = e.who)`)
	if err != nil || len(rows) > 0 {
		t.Errorf("events without their texts: %d, %v", len(rows), err)
	}
	for _, o := range db.objects.list() {
		if _, err := db.unpack(o); err != nil && loader.Outcome(o.outcome) == loader.Done {
			t.Error(err)
		}
	}
	if db.path == Memory {
		return
	}
	info, err := os.Stat(filepath.Join(db.path, packName))
	if err != nil || info.Size() != db.pack.Committed() {
		t.Errorf("pack has %d bytes, %d are committed, %v", info.Size(), db.pack.Committed(), err)
	}
}

func TestWhatIsNotCommittedIsNotThere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a.spoor")
	db, err := Open(t.Context(), dir, Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerator(5)
	first, second := g.next(100), g.next(100)
	load(t, db, first)
	if _, err := db.Append(t.Context(), []loader.Loaded{second}); err != nil {
		t.Fatal(err)
	}
	if n := db.Totals().Events; n != 100 {
		t.Errorf("before the commit: %d events", n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// What a killed process may have left behind the last committed byte.
	f, err := os.OpenFile(filepath.Join(dir, packName), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(bytes.Repeat([]byte("x"), 1000)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), os.MkdirAll(filepath.Join(dir, spillName, "x"), 0o700)); err != nil {
		t.Fatal(err)
	}
	db, err = Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	checkWhole(t, db)
	if a, b := db.Status(first.Object), db.Status(second.Object); a != loader.Unchanged || b != loader.New {
		t.Errorf("status %v and %v", a, b)
	}
	if _, err := os.Stat(filepath.Join(dir, spillName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("spilled files are still there: %v", err)
	}
	load(t, db, second)
	checkWhole(t, db)
	if n := db.Totals().Events; n != 200 {
		t.Errorf("%d events", n)
	}
}

func TestFailedAppendLeavesTheCaseUsable(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(6)
	first, second := g.next(100), g.next(100)
	load(t, db, first)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Append(ctx, []loader.Loaded{second}); !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v", err)
	}
	if _, err := db.Append(t.Context(), []loader.Loaded{second, second}); err == nil {
		t.Error("an object twice in a batch was taken")
	}
	if s := load(t, db, second); s.Events != 100 {
		t.Errorf("stored %+v", s)
	}
	checkWhole(t, db)
}

func TestChangedObjectReplacesOnlyItsOwnEvents(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	whole := newGenerator(9).next(60)
	part := func(name string, from, to int, size int64) loader.Loaded {
		l := whole
		l.Object.Name, l.Object.Size = name, size
		l.Events = whole.Events[from:to]
		return l
	}
	ids := func() map[string]string { // of events, and who carries them
		out := map[string]string{}
		_, rows, err := run(t, db, "SELECT id, object FROM events")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out[r[0].(string)] = r[1].(string)
		}
		return out
	}
	want := func(parts map[string][2]int) map[string]string {
		out := map[string]string{}
		for name, p := range parts {
			for _, e := range whole.Events[p[0]:p[1]] {
				out[e.ID] = name
			}
		}
		return out
	}
	load(t, db, part("a", 0, 30, 1))
	if s := load(t, db, part("b", 20, 50, 1)); s.Events != 20 || s.Duplicates != 10 {
		t.Errorf("b stored %+v", s)
	}
	if d := cmp.Diff(want(map[string][2]int{"a": {0, 30}, "b": {30, 50}}), ids()); d != "" {
		t.Errorf("before: %s", d)
	}
	changed := part("a", 50, 60, 2)
	if s := db.Status(changed.Object); s != loader.Changed {
		t.Errorf("status %v", s)
	}
	load(t, db, changed)
	if d := cmp.Diff(want(map[string][2]int{"a": {50, 60}, "b": {20, 50}}), ids()); d != "" {
		t.Errorf("after: %s", d)
	}
	checkWhole(t, db)
	if n := db.Totals().Events; n != 40 {
		t.Errorf("%d events", n)
	}
	// The other way round: what only a copy held goes with its object.
	load(t, db, part("c", 20, 50, 1))
	load(t, db, part("c", 0, 0, 2))
	load(t, db, part("b", 0, 10, 2))
	if d := cmp.Diff(want(map[string][2]int{"a": {50, 60}, "b": {0, 10}}), ids()); d != "" {
		t.Errorf("at the end: %s", d)
	}
	checkWhole(t, db)
	changes, err := db.Count(t.Context(), parse(t, "resource:*"))
	if _, rows, sqlErr := run(t, db, "SELECT count(*) FROM changes"); err != nil || sqlErr != nil || rows[0][0] != changes.N {
		t.Errorf("changes %v, events with resources %v, %v", rows, changes, errors.Join(err, sqlErr))
	}
}

// An object that changed and can't be read any more keeps its events, and is tried
// again by the next load; a case made anew has them as well.
func TestUnreadableObjectKeepsItsEvents(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(9)
	first, other := g.next(30), g.next(10)
	load(t, db, first, other)
	spoilt := loader.Loaded{Object: first.Object, Outcome: loader.Failed, Reason: "unpack: cut off"}
	spoilt.Object.Size++
	later := g.next(5)
	load(t, db, spoilt, later)
	if n := db.Totals().Events; n != 45 {
		t.Errorf("%d events, want all 45", n)
	}
	for _, o := range []loader.Object{spoilt.Object, first.Object} {
		if s := db.Status(o); s != loader.Changed {
			t.Errorf("status %v, want to be tried again", s)
		}
	}
	r, _ := db.objects.find(first.Object.Name)
	if loader.Outcome(r.outcome) != loader.Done || r.events != 30 || !strings.Contains(r.notes, "unpack: cut off") {
		t.Errorf("%+v", r)
	}
	checkWhole(t, db)
	db, _ = reopen(t, db, func(dir string) { tear(t, dir) })
	if n := db.Totals().Events; n != 45 {
		t.Errorf("made anew: %d events", n)
	}
	load(t, db, first)
	if n := db.Totals().Events; n != 45 || db.Status(first.Object) != loader.Unchanged {
		t.Errorf("read again: %d events, %v", n, db.Status(first.Object))
	}
	checkWhole(t, db)
}

func TestReplacedWithinOneLot(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	g := newGenerator(9)
	a := g.next(10)
	b := g.next(20)
	b.Object.Name = a.Object.Name
	for _, l := range []loader.Loaded{a, b} {
		if _, err := db.Append(t.Context(), []loader.Loaded{l}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkWhole(t, db)
	if n := db.Totals().Events; n != 20 || len(db.objects.list()) != 1 {
		t.Errorf("%d events, %d objects", n, len(db.objects.list()))
	}
}

func TestSecondProcessIsToldWhoHasTheCase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a.spoor")
	cmd := startChild(t, dir, 1)
	defer stop(cmd)
	_, err := Open(t.Context(), dir, Options{})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != cmd.Process.Pid {
		t.Errorf("open: %v, want it locked by %d", err, cmd.Process.Pid)
	}
}

func TestOpenRefusesWhatIsNoCase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(path, text string) string {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	open := func(path string, create bool) error {
		_, err := Open(t.Context(), path, Options{Create: create})
		return err
	}
	if err := open(filepath.Join(dir, "nowhere"), false); !errors.Is(err, ErrNotFound) {
		t.Errorf("nothing there: %v", err)
	}
	write("full/notes.txt", "hello")
	for _, path := range []string{filepath.Join(dir, "full"), write("file", "x"), filepath.Dir(write("broken/case.toml", "version = 'x"))} {
		if err := open(path, true); !errors.Is(err, ErrNotCase) {
			t.Errorf("%s: %v", path, err)
		}
	}
	var newer *VersionError
	if err := open(filepath.Dir(write("newer/case.toml", "version = 99")), true); !errors.As(err, &newer) || newer.Have != 99 {
		t.Errorf("newer: %v", err)
	}
}

func TestMemoryCaseLeavesNothingOnDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if runtime.GOOS == "windows" {
		t.Skip("an open file can't be unlinked there; the pack goes when the case is closed")
	}
	db, err := Open(t.Context(), Memory, Options{})
	if err != nil {
		t.Fatal(err)
	}
	generated(t, db, 2, 100)
	checkWhole(t, db)
	if _, err := db.Event(t.Context(), 150); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("on disk: %v, %v", left, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestLinkedObjectIsReadWhereItLies(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	l := newGenerator(2).next(20)
	l.Object.Name = filepath.Join(t.TempDir(), "log.json.gz")
	if err := os.WriteFile(l.Object.Name, l.Delivered, 0o600); err != nil {
		t.Fatal(err)
	}
	l.Delivered = nil
	load(t, db, l)
	ev, err := db.Event(t.Context(), 3)
	if s := l.Events[2].Span; err != nil || string(ev.Record) != l.Text[s.Off:s.Off+s.Len] {
		t.Errorf("record %s, %v", ev.Record, err)
	}
	other := newGenerator(3).next(20)
	if err := os.WriteFile(l.Object.Name, other.Delivered, 0o600); err != nil {
		t.Fatal(err)
	}
	o, _ := db.objects.find(l.Object.Name)
	if _, err := db.unpack(o); !errors.Is(err, ErrAltered) {
		t.Errorf("altered file: %v", err)
	}
}

func TestAlteredPackIsNoticed(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	l := newGenerator(2).next(20)
	l.Delivered = []byte(l.Text) // delivered plain
	load(t, db, l)
	o, _ := db.objects.find(l.Object.Name)
	b, err := db.delivered(o)
	if err != nil || !bytes.Equal(b, l.Delivered) {
		t.Fatalf("not as delivered: %v", err)
	}
	forged := bytes.Replace(b, []byte("thing-3"), []byte("thing-4"), 1)
	list := []pack.Entry{{Name: "forged", Bytes: forged}}
	if err := db.pack.Append(list); err != nil {
		t.Fatal(err)
	}
	o.at = list[0].At()
	if _, err := db.unpack(o); !errors.Is(err, ErrAltered) {
		t.Errorf("got %v", err)
	}
}

func TestReadersSeeWholeLotsDuringALoad(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	done := make(chan error)
	go func() {
		g := newGenerator(4)
		for range 12 {
			for range 2 {
				if _, err := db.Append(t.Context(), []loader.Loaded{g.next(250)}); err != nil {
					done <- err
					return
				}
			}
			if err := db.Commit(t.Context()); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	f := parse(t, "region:*")
	for loading := true; loading; {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			loading = false
		default:
		}
		n, err := db.Count(t.Context(), f)
		if err != nil || n.N%500 != 0 {
			t.Fatalf("%v, %v", n, err)
		}
		if _, err := db.Facets(t.Context(), query.FacetRequest{Filter: f, Fields: []string{"actor", "event"}, Top: 5}); err != nil {
			t.Fatal(err)
		}
	}
	if n := db.Totals().Events; n != 6000 {
		t.Errorf("%d events", n)
	}
}

func TestGoneObjectsKeepTheirEvents(t *testing.T) {
	t.Parallel()
	db := newCase(t)
	objects := generated(t, db, 3, 10)
	gone := func() (names []string) {
		for _, o := range db.objects.list() {
			if o.gone {
				names = append(names, o.name)
			}
		}
		return names
	}
	name := objects[1].Object.Name
	if err := db.MarkGone(t.Context(), func(n string) bool { return n == name }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{name}, gone()); d != "" || db.Totals().Events != 30 {
		t.Errorf("%s, %d events", d, db.Totals().Events)
	}
	if err := db.MarkGone(t.Context(), func(string) bool { return false }); err != nil || gone() != nil {
		t.Errorf("back again: %v, %v", gone(), err)
	}
}

func TestDiskFullIsSaidAndSurvived(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t)
	db, err := Open(t.Context(), filepath.Join(dir, "a.spoor"), Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerator(8)
	for err == nil {
		if _, err = db.Append(t.Context(), []loader.Loaded{g.next(500)}); err == nil {
			err = db.Commit(t.Context())
		}
	}
	if !errors.Is(err, ErrDiskFull) {
		t.Errorf("full disk: %v", err)
	}
	had := db.Totals().Events
	_ = db.Close() // may complain about the full disk again
	if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
		t.Fatal(err)
	}
	db, err = Open(t.Context(), filepath.Join(dir, "a.spoor"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	checkWhole(t, db)
	if n := db.Totals().Events; n != had {
		t.Errorf("%d events, had %d", n, had)
	}
	load(t, db, g.next(10))
}

// smallDisk mounts a file system of a few MB with a ballast file that can go.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("can't mount a small file system: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	if err := os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, 12<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The texts of a batch are the loader's again when Append returns.
func TestAppendKeepsNothingOfTheTexts(t *testing.T) {
	t.Parallel()
	db, want := newCase(t), newCase(t)
	load(t, want, newGenerator(7).next(300))
	l := newGenerator(7).next(300)
	text := []byte(l.Text)
	l.Text = unsafe.String(&text[0], len(text))
	for i := range l.Events { // as the decoder gives them: parts of the text
		e := &l.Events[i].Event
		for _, s := range []*string{&e.ID, &e.Source, &e.Name, &e.Region, &e.Account, &e.SourceIP, &e.UserAgent} {
			if at := strings.Index(l.Text[e.Span.Off:], *s); *s != "" && at >= 0 {
				*s = l.Text[int(e.Span.Off)+at:][:len(*s)]
			}
		}
	}
	if _, err := db.Append(t.Context(), []loader.Loaded{l}); err != nil {
		t.Fatal(err)
	}
	for i := range text {
		text[i] = '#'
	}
	if err := db.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := func(db *DB) string {
		_, rows, err := run(t, db, "SELECT * FROM events ORDER BY seq")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(rows)
	}
	if got := all(db); got != all(want) {
		t.Errorf("the case holds what was written over its texts:\n%.2000s", got)
	}
}
