package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// screenSizes are the sizes that the end-to-end tests run at.
var screenSizes = [][2]int{{80, 24}, {120, 40}, {200, 50}}

// Each of the six views, on a real terminal of each size: it shows what it is
// for, and leads on.
func TestViewsOnATerminal(t *testing.T) {
	t.Parallel()
	for _, size := range screenSizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			s := openTerminal(t, size[0], size[1], "demo")
			s.until("1,675 events", "order-export")
			flowEvents(s)
			flowTimeline(s)
			flowSessions(s)
			flowIntegrity(s)
			flowQueries(s)
			flowSources(s)
			s.press("1")
			s.until("◆ Events")
			s.press("q")
			s.until("exit status 0")
		})
	}
}

// Events: filter, open, back, undo.
func flowEvents(s *terminal) {
	s.t.Helper()
	s.press("/").write("event:StopLogging").press("Enter")
	s.until("1 of 1,675", "2026-03-10 03:20:14") // the count may come before the row
	s.press("Enter")
	s.until("Tue 2026-03-10 03:20:14 UTC")
	s.press("Escape").until("◆ Events") // esc and a key at once would be alt and the key
	s.press("u").until("no filter", "1,675 events")
}

// Timeline: only what is critical, oldest at the end; the change, its session.
func flowTimeline(s *terminal) {
	s.t.Helper()
	s.press("2")
	s.until("Timeline, newest first", "wrote s3://prod-customer")
	s.press("w")
	s.until("critical", "high")
	s.press("G", "Enter").gone("order-export") // its changes are no more than info
	s.until("opened tcp/22 to")
	s.press("G", "s")
	s.until("Session of ReleaseManager/ci-run", "deployer/ci-run")
	s.press("2")
	s.until("◆ Timeline")
}

// Sessions: by risk, one in full, what came of it.
func flowSessions(s *terminal) {
	s.t.Helper()
	s.press("3")
	s.until("◆ Session of") // the one opened from the timeline
	s.press("Escape")
	s.until("◆ Sessions", "order-export")
	s.press("r")
	s.until("Sessions with", "denied, then done")
	s.press("j", "j", "j", "Enter")
	s.until(": denied, then done", "▌ci-deploy")
	s.press("b")
	s.until("Blast radius of ci-deploy", "AKIADEMOPLANTED00001")
	list := filepath.Join(s.home, "contain.txt")
	s.press("C-e")
	s.until("Export what came of it, and what to contain")
	s.press("C-u").write(list).press("Enter")
	s.until("wrote 5 sessions to ")
	written, err := os.ReadFile(list)
	if err != nil || !strings.Contains(string(written), "long-term keys to disable\n  AKIADEMO") {
		s.t.Errorf("exported %q, %v", written, err)
	}
}

// Integrity: check, and the worst problem on top.
func flowIntegrity(s *terminal) {
	s.t.Helper()
	s.press("4")
	s.until("◆ Integrity")
	s.press("r")
	s.until("not proven", "changed after delivery", "444455556666 us-east-1")
}

// Queries: a question with its findings, and the events behind one.
func flowQueries(s *terminal) {
	s.t.Helper()
	s.press("5")
	s.until("Questions to the whole case", "1   Failed sign-ins", "1   New access keys")
	s.press("j", "j", "j", "j", "j", "Enter")
	s.until("◆ Failed sign-ins followed by a success")
	s.press("Enter")
	s.until("◆ Events", " of 1,675 events")
	s.press("u").until("no filter")
}

// Sources: objects with how they ended, the map.
func flowSources(s *terminal) {
	s.t.Helper()
	s.press("6")
	s.until("◆ Sources: objects", "loaded")
	s.press("G").until("digest") // they come last
	s.press("Space")
	s.until("what is covered", "444455556666 us-east-1", "proven")
	s.press("Space")
	s.until("◆ Sources: objects")
}

// A task is a question of the README: what to wait for after which key, and what
// the last shows.
type task struct {
	after  map[string]string
	gone   string // after enter: what was listed before
	answer []string
}

var readmeAnswers = map[string]task{
	"who opened port 22 to the world?": {
		map[string]string{"2": "wrote s3://prod-customer", "w": "critical", "Enter": "opened tcp/22 to"}, "order-export",
		[]string{"Session of ReleaseManager/ci-run", "deployer/ci-run", "ci-deploy"}},
	"what did the leaked key do, and what came of it?": {
		map[string]string{"3": "order-export", "r": "Sessions with", "Enter": "▌ci-deploy"}, "order-export",
		[]string{"Blast radius of ci-deploy", "AKIADEMOPLANTED00001"}},
	"are these logs complete?": {
		map[string]string{"4": "◆ Integrity"}, "",
		[]string{"not proven", "changed after delivery", "validation was off"}},
}

// The keys in the README do what it says, counted from the start of the demo.
func TestTasksOfTheReadme(t *testing.T) {
	t.Parallel()
	tasks := readmeTasks(t)
	for question := range readmeAnswers {
		if tasks[question] == nil {
			t.Errorf("the README does not ask %q: %v", question, tasks)
		}
	}
	for question, keys := range tasks {
		t.Run(question, func(t *testing.T) {
			t.Parallel()
			s := openTerminal(t, 80, 24, "demo")
			s.until("1,675 events")
			for _, k := range keys {
				s.press(k).until(readmeAnswers[question].after[k])
				if k == "Enter" {
					s.gone(readmeAnswers[question].gone)
				}
			}
			s.until(readmeAnswers[question].answer...)
		})
	}
}

var (
	taskRow = regexp.MustCompile(`(?m)^\| ([^|]+\?) \| (.+) \((\d+)\) \|$`)
	taskKey = regexp.MustCompile("`([^`]+)`")
)

// readmeTasks reads the table of tasks, and checks the counts in it.
func readmeTasks(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	tasks := map[string][]string{}
	for _, row := range taskRow.FindAllStringSubmatch(string(b), -1) {
		var keys []string
		for _, k := range taskKey.FindAllStringSubmatch(row[2], -1) {
			keys = append(keys, strings.NewReplacer("enter", "Enter", "esc", "Escape", "space", "Space").Replace(k[1]))
		}
		if n, _ := strconv.Atoi(row[3]); n != len(keys) || n >= 15 {
			t.Errorf("%s: %d keys are listed, %d said; fewer than 15 are promised", row[1], len(keys), n)
		}
		tasks[row[1]] = keys
	}
	return tasks
}
