package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"spoor/testdata/demo"
)

// The six promises of the product, each on a real terminal that changes its size
// on the way.

// resize gives the terminal another size.
func (s *terminal) resize(size [2]int) *terminal {
	s.t.Helper()
	s.tmux("resize-window", "-t", "t", "-x", strconv.Itoa(size[0]), "-y", strconv.Itoa(size[1]))
	return s
}

// A tap is an S3 service that gives out only the first objects asked for, until
// it is opened.
type tap struct {
	url  string
	open context.CancelFunc
	env  []string
}

func newTap(t *testing.T, free string) *tap {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("trail"); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a.json", "b.json", "c.json"} {
		var records []string
		for n := range 50 {
			records = append(records, fmt.Sprintf(`{"eventVersion":"1.08","eventID":"%08d-0000-4000-8000-%012d","eventTime":"2026-03-10T0%d:00:%02dZ","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.%d","userAgent":"x","recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","userName":"alice"}}`, i, n, i, n, i))
		}
		body := `{"Records":[` + strings.Join(records, ",") + `]}`
		if _, err := backend.PutObject("trail", name, map[string]string{}, strings.NewReader(body), int64(len(body)), nil); err != nil {
			t.Fatal(err)
		}
	}
	opened, open := context.WithCancel(context.Background())
	inner := gofakes3.New(backend).Server()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".json") && !strings.HasSuffix(r.URL.Path, free) {
			select {
			case <-opened.Done():
			case <-r.Context().Done():
				return
			}
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { open(); srv.Close() })
	return &tap{srv.URL, open, []string{"AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=us-east-1"}}
}

// 1. First rows in a second: rows are there, and can be asked, while the rest of
// the objects has not even been delivered.
func TestPromiseFirstRows(t *testing.T) {
	t.Parallel()
	tap := newTap(t, "a.json")
	s := openTerminalWith(t, tap.env, 80, 24, "--endpoint-url", tap.url, "s3://trail")
	s.until("ListUsers", "50 events", "loading 33%")
	for _, size := range screenSizes {
		s.resize(size)
		s.until("ListUsers", "50 events", "loading 33%")
	}
	s.press("/").write("ip:192.0.2.0").press("Enter")
	s.until("50 of 50")
	tap.open()
	s.until("50 of 150")
	s.press("u")
	s.until("150 events", "3 loaded")
}

// 2. Nothing lost, nothing twice: killed in the middle, the same command again
// gives all of it, and the sum adds up on the screen.
func TestPromiseNothingLost(t *testing.T) {
	t.Parallel()
	tap := newTap(t, "a.json")
	args := []string{"--endpoint-url", tap.url, "s3://trail"}
	s := openTerminalWith(t, tap.env, 80, 24, args...)
	s.until("50 events", "loading 33%")
	s.kill("KILL")
	s.until("was killed", "is kept")
	tap.open()
	again := openTerminalWith(t, append(tap.env, "XDG_STATE_HOME="+s.home+"/state"), 120, 40, args...)
	again.until("150 events", "3 objects: ")
	for _, size := range screenSizes[1:] {
		again.resize(size).until("150 events", "3 objects: ")
	}
	again.press("6")
	again.until("loaded", "a.json", "b.json", "c.json")
}

// kill sends a signal to the program on the terminal.
func (s *terminal) kill(signal string) {
	s.t.Helper()
	if out, err := s.shell("kill -" + signal + " " + s.pid()); err != nil {
		s.t.Fatalf("kill -%s: %v\n%s", signal, err, out)
	}
}

// 3. Every answer leads to its evidence: from a count to its events, from an
// event to the object, the chain and the verdict.
func TestPromiseEvidence(t *testing.T) {
	t.Parallel()
	for _, size := range screenSizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			s := openTerminal(t, size[0], size[1], "demo")
			s.until("1,675 events")
			s.press("4").until("◆ Integrity")
			s.press("r").until("not proven", "changed after delivery")
			s.press("1").until("◆ Events")
			s.press("/").write("event:AuthorizeSecurityGroup*").press("Enter")
			s.until("1 of 1,675", "2026-03-10 02:38:27") // the count may come before the row
			s.press("Enter").until("Root actor       ci-deploy")
			s.press("G").until("Object", "demo.zip!", "Verdict          invalid")
		})
	}
}

// 4. Nothing in a log can hurt you: text that tries to drive the terminal is
// shown as text, in every view.
func TestPromiseHostileText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hostileLog(t, filepath.Join(dir, "hostile.json"))
	s := openTerminal(t, 80, 24, "-c", filepath.Join(dir, "x.spoor"), filepath.Join(dir, "hostile.json"))
	title := s.tmux("display-message", "-p", "-t", "t", "#{pane_title}")
	s.until("hostile")
	for _, size := range screenSizes {
		s.resize(size).everyView()
	}
	s.press("2").until("◆ Timeline")
	s.press("Enter").until("Record as logged")
	s.press("3").until("◆ Sessions")
	s.press("Enter").until("◆ Session of")
	s.press("1").until("◆ Events")
	if now := s.tmux("display-message", "-p", "-t", "t", "#{pane_title}"); strings.Contains(now, "owned") {
		t.Errorf("a log changed the terminal's title from %q to %q", title, now)
	}
	if out, err := s.shell("tmux -S " + s.socket() + " show-buffer"); err == nil {
		t.Errorf("a log got into the clipboard: %q", out)
	}
	s.press("q").until("exit status 0")
}

// everyView shows each view, from Events on and back to it.
func (s *terminal) everyView() {
	s.t.Helper()
	for i, title := range []string{"Timeline", "Sessions", "Integrity", "Questions", "Sources"} {
		s.press(strconv.Itoa(i + 2)).until("◆ " + title)
	}
	s.press("1").until("◆ Events")
}

// hostileLog writes a log with each of the hostile texts in every field.
func hostileLog(t *testing.T, path string) {
	t.Helper()
	files, err := filepath.Glob("../../testdata/hostile/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no hostile texts: ", err)
	}
	var records []map[string]any
	for i, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ToValidUTF8(string(b), "\ufffd")
		for n, call := range []string{"CreateUser", "AuthorizeSecurityGroupIngress", text} {
			records = append(records, map[string]any{
				"eventVersion": "1.08", "eventID": fmt.Sprintf("%08d-0000-4000-8000-%012d", i, n), "eventTime": fmt.Sprintf("2026-03-10T0%d:00:%02dZ", n, i),
				"eventSource": "ec2.amazonaws.com", "eventName": call, "awsRegion": text, "sourceIPAddress": text, "userAgent": text, "recipientAccountId": "111122223333",
				"errorCode": map[bool]any{true: text}[n == 2], "errorMessage": text,
				"userIdentity":      map[string]any{"type": "IAMUser", "userName": "hostile " + text, "arn": text, "principalId": text, "accountId": "111122223333", "accessKeyId": text},
				"requestParameters": map[string]any{"userName": text, "groupId": text, text: text},
				"responseElements":  map[string]any{"user": map[string]any{"userName": text}},
				"resources":         []any{map[string]any{"ARN": text, "type": text, "accountId": text}},
			})
		}
	}
	b, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every command and every export of a hostile log: no table lets a control byte
// but line ends through, JSON is JSON, and no cell of a CSV is a formula.
func TestHostileTextInEveryExport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log := filepath.Join(dir, "hostile.json")
	hostileLog(t, log)
	base := []string{"-c", filepath.Join(dir, "x.spoor")}
	ask := func(args ...string) string {
		t.Helper()
		var out, errw bytes.Buffer
		if status := run(t.Context(), append(args, base...), strings.NewReader(""), &out, &errw); status != exitDone && status != exitPartial {
			t.Fatalf("%v: exit status %d\n%s", args, status, errw.String())
		}
		return out.String() + errw.String()
	}
	ask("load", log)
	for _, args := range [][]string{{"events"}, {"facets"}, {"histogram", "--by", "actor"}, {"stats"}, {"timeline"}, {"timeline", "--by", "resource"},
		{"sessions"}, {"profile", "alice"}, {"coverage"}, {"queries"}, {"validate"}, {"sql", "SELECT * FROM events"}} {
		text := ask(args...)
		if i := strings.IndexFunc(text, unplanned); i >= 0 {
			t.Errorf("%v let %q through", args, text[max(0, i-20):min(len(text), i+20)])
		}
	}
	for _, args := range [][]string{{"events"}, {"facets"}, {"timeline"}, {"sessions"}, {"validate"}, {"queries"}} {
		if text := ask(append(args, "--format", "json")...); !json.Valid([]byte(text)) {
			t.Errorf("%v --format json: %.300s", args, text)
		}
	}
	for _, args := range [][]string{{"events", "--format", "csv"}, {"timeline", "--format", "csv"}, {"sessions", "--format", "csv"}, {"facets", "--format", "csv"}} {
		path := filepath.Join(dir, "out.csv")
		ask(append(args, "-o", path)...)
		for _, row := range readCSV(t, path) {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Errorf("%v: the cell %q would run in a spreadsheet", args, cell)
				}
			}
		}
	}
	for _, name := range []string{"r.html", "r.md"} {
		ask("timeline", "--report", filepath.Join(dir, name))
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(string(b), unplanned); i >= 0 {
			t.Errorf("%s holds %q", name, b[max(0, i-20):i+1])
		}
	}
}

// unplanned are control characters other than line ends, and what turns the
// direction of text.
func unplanned(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// A terminal is never given raw log text, whatever the format; a file and a pipe
// get it as it is.
func TestTerminalGetsCleanText(t *testing.T) {
	t.Parallel()
	raw := "actor,agent\nalice,\x1b]0;owned\x07 \u202egpj\n"
	for format, want := range map[string]string{"csv": "actor,agent\nalice,\\x1b]0;owned\\x07 ⟨U+202E⟩gpj\n", "table": raw} {
		for _, tty := range []bool{true, false} {
			var out bytes.Buffer
			a := &app{out: &out, outTTY: tty, flags: flags{format: format}}
			err := a.write(func(w io.Writer) error {
				for i := range len(raw) { // in whatever pieces it comes
					if _, err := io.WriteString(w, raw[i:i+1]); err != nil {
						return err
					}
				}
				return nil
			})
			if !tty {
				want = raw
			}
			if err != nil || out.String() != want {
				t.Errorf("%s, terminal %v: %q, %v", format, tty, out.String(), err)
			}
		}
	}
}

// 5. Nothing leaves the machine, and the source is only read: no socket is open
// while the screen works, and the files are as they were.
func TestPromiseNothingLeaves(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "demo.zip"), demo.Zip, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	before := treeSum(t, dir)
	s := openTerminal(t, 80, 24, dir)
	s.until("1,675 events")
	for _, size := range screenSizes {
		s.resize(size).everyView()
	}
	s.press("4").until("◆ Integrity")
	s.press("r").until("not proven")
	if out, err := s.shell("ls -l /proc/" + s.pid() + "/fd"); err != nil || strings.Contains(out, "socket:") {
		t.Errorf("a socket is open, %v:\n%s", err, out)
	}
	s.press("1").until("◆ Events")
	s.press("q").until("exit status 0")
	if after := treeSum(t, dir); after != before {
		t.Error("the source was changed")
	}
}

func treeSum(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(h, path, info.ModTime(), info.Size())
		f, err := os.Open(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(h, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// 6. What the screen can do, a script can do: the number on the screen is the
// number of the command, and each view has a command that answers in JSON.
func TestPromiseScripts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	zip, name := filepath.Join(dir, "demo.zip"), filepath.Join(dir, "x.spoor")
	if err := os.WriteFile(zip, demo.Zip, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openTerminal(t, 80, 24, "-c", name, zip)
	s.until("1,675 events")
	for _, size := range screenSizes {
		s.resize(size)
		s.press("/").write("ip:203.0.113.77").press("Enter")
		s.until("98 of 1,675")
		s.press("u").until("no filter")
	}
	s.press("q").until("exit status 0")
	ask := func(args ...string) []byte {
		var out, errw bytes.Buffer
		if status := run(t.Context(), append(args, "-c", name), strings.NewReader(""), &out, &errw); status != exitDone && status != exitPartial {
			t.Errorf("%v: exit status %d\n%s", args, status, errw.String())
		}
		return out.Bytes()
	}
	if n := strings.TrimSpace(string(ask("events", "--count", "ip:203.0.113.77"))); n != "98" {
		t.Errorf("the command counts %s, the screen 98", n)
	}
	for _, args := range [][]string{{"events"}, {"facets"}, {"histogram"}, {"timeline"}, {"sessions"}, {"validate"}, {"queries"}, {"coverage"}, {"stats"}, {"case", "info"}} {
		if out := ask(append(args, "--format", "json")...); !json.Valid(out) {
			t.Errorf("%v --format json: %.200s", args, out)
		}
	}
}
