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
	"strings"
	"testing"
	"time"
	"unsafe"

	"spoor/loader"
	"spoor/query"
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
