package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"spoor/query/store"
)

const memoryCase = ":memory:"

// caseDir is where cases without a name of their own live.
func (a *app) caseDir() string {
	if a.config.CaseDir != "" {
		return a.config.CaseDir
	}
	return filepath.Join(xdg.StateHome, "spoor", "cases")
}

// casePathFor names the case of some sources: the same sources, whatever the
// folder they are opened from, share one. Scope flags do not change it.
func (a *app) casePathFor(sources []string) string {
	if a.flags.caseName != "" {
		return withSuffix(a.flags.caseName)
	}
	full := make([]string, len(sources))
	for i, s := range sources {
		full[i] = absoluteSource(s)
	}
	slices.Sort(full)
	sum := sha256.Sum256([]byte(strings.Join(full, "\x00")))
	return filepath.Join(a.caseDir(), slug(full[0])+"-"+hex.EncodeToString(sum[:4])+".spoor")
}

func withSuffix(name string) string {
	if name == memoryCase || strings.HasSuffix(strings.TrimRight(name, "/"), ".spoor") {
		return name
	}
	return name + ".spoor"
}

func absoluteSource(s string) string {
	if s == "-" || strings.HasPrefix(s, "s3://") {
		return s
	}
	abs, err := filepath.Abs(s)
	if err != nil {
		return s
	}
	return abs
}

var notSlug = regexp.MustCompile(`[^a-zA-Z0-9]+`)

const maxSlug = 40

// slug makes a file name a person recognises from the last words of a source.
func slug(source string) string {
	s := strings.Trim(notSlug.ReplaceAllString(strings.TrimPrefix(source, "s3://"), "-"), "-")
	if cut := len(s) - maxSlug; cut > 0 {
		end := s[cut:]
		if s[cut-1] != '-' { // in the middle of a word: go on with the next
			if _, words, ok := strings.Cut(end, "-"); ok {
				end = words
			}
		}
		s = end
	}
	if s == "" {
		s = "case"
	}
	return strings.ToLower(s)
}

// recentCase is a case found in the case directory.
type recentCase struct {
	Path string
	Used time.Time
}

// recentCases lists the cases in the case directory, last used first.
func (a *app) recentCases() ([]recentCase, error) {
	entries, err := os.ReadDir(a.caseDir())
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	var cases []recentCase
	for _, e := range entries {
		path := filepath.Join(a.caseDir(), e.Name())
		if used, ok := store.Used(path); ok && strings.HasSuffix(e.Name(), ".spoor") {
			cases = append(cases, recentCase{Path: path, Used: used})
		}
	}
	slices.SortFunc(cases, func(a, b recentCase) int { return b.Used.Compare(a.Used) })
	return cases, nil
}

// existingCase names the case a reading command uses without --from: -c, else
// the one used last.
func (a *app) existingCase() (string, error) {
	if a.held != nil {
		return a.held.Path(), nil
	}
	if a.flags.caseName == memoryCase {
		return "", usageError{fmt.Errorf("--case :memory: holds nothing to read"), "add --from SOURCE to load something first"}
	}
	if a.flags.caseName != "" {
		return withSuffix(a.flags.caseName), nil
	}
	cases, err := a.recentCases()
	if err != nil {
		return "", err
	}
	if len(cases) == 0 {
		return "", hinted{fmt.Errorf("there is no case yet"), "load one: spoor load SOURCE, or add --from SOURCE to this command"}
	}
	fmt.Fprintln(a.errw, "case:", cleanLines(cases[0].Path))
	return cases[0].Path, nil
}
