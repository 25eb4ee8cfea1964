package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The main job on a real terminal: load, filter, pivot, detail, export, quit.
func TestInvestigateTheDemo(t *testing.T) {
	t.Parallel()
	s := openTerminal(t, 120, 40, "demo")
	s.until("1,675 events", "321 loaded", "Facets")

	s.press("/").write("event:AuthorizeSecurityGroup*")
	s.until("AuthorizeSecurityGroup*")
	s.press("Enter")
	s.until("1 of 1,675", "2026-03-10 02:38:27") // its row: the filter names the call, too

	s.press("Enter")
	s.until("Access key", "ASIADEMORELEASE00001", "Root actor       ci-deploy") // the chain is known by itself
	s.press("G")
	s.until("Origin", "037085ee-5557-4abf")

	// Pivot: only what this address did.
	s.press("Escape")
	s.until("Facets")
	s.press("u")
	s.until("1,675 events")
	s.press("/").write("ip:203.0.113.77")
	s.press("Enter")
	s.until("98 of 1,675")
	s.press("u")
	s.until("1,675 events")
	s.press("C-r")
	s.until("98 of 1,675")

	path := filepath.Join(s.home, "out.csv")
	s.press("C-e")
	s.until("Export the filtered events")
	s.press("C-u").write(path)
	s.press("Enter")
	s.until("wrote 98 events")
	s.press("q")
	s.until("exit status 0")

	rows := readCSV(t, path)
	if len(rows) != 99 {
		t.Errorf("the exported file has %d rows, want a header and 98", len(rows))
	}
	ip := slices.Index(rows[0], "ip")
	for _, r := range rows[1:] {
		if r[ip] != "203.0.113.77" {
			t.Errorf("a row of another address was exported: %v", r)
		}
	}
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		t.Fatalf("%s is not CSV: %v", path, err)
	}
	return rows
}

// Marks, and the report, in the Timeline on a real terminal.
func TestMarkAndReportInTheTimeline(t *testing.T) {
	t.Parallel()
	s := openTerminal(t, 120, 40, "demo")
	s.until("1,675 events", "321 loaded")
	s.press("2")
	s.until("Timeline, newest first", "changed ECS service web")
	s.press("m")
	s.until("Mark the event")
	s.press("Enter")
	s.until("[red]")
	html, csv := filepath.Join(s.home, "out.html"), filepath.Join(s.home, "out.csv")
	for _, path := range []string{html, csv} {
		s.press("C-e")
		s.until("Export the changes shown")
		s.press("C-u").write(path)
		s.press("Enter")
		s.until("changes to " + path) // the prompt shows the path as well
	}
	s.press("q", "q")
	s.until("exit status 0")

	page, err := os.ReadFile(html)
	if err != nil || !strings.Contains(string(page), "marked red") {
		t.Errorf("the report lacks the mark: %v", err)
	}
	marked := 0
	rows := readCSV(t, csv)
	mark := slices.Index(rows[0], "mark")
	for _, r := range rows[1:] {
		if r[mark] == "red" {
			marked++
		}
	}
	if marked != 1 {
		t.Errorf("%d rows of the CSV are marked, of %d", marked, len(rows)-1)
	}
}
