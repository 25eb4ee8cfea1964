package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed says which of our packages each package may import, by prefix: the
// one direction of imports that CONTRIBUTING draws. Tests are not bound by it.
var allowed = map[string][]string{
	"spoor/loader/cloudtrail":  {},
	"spoor/loader/change":      {"spoor/loader/cloudtrail"},
	"spoor/loader":             {"spoor/loader/cloudtrail", "spoor/loader/change"},
	"spoor/loader/disk":        {"spoor/loader", "spoor/loader/cloudtrail"},
	"spoor/loader/s3":          {"spoor/loader", "spoor/loader/cloudtrail"},
	"spoor/loader/digest":      {"spoor/loader", "spoor/loader/cloudtrail"},
	"spoor/query":              {},
	"spoor/query/session":      {"spoor/loader/cloudtrail"},
	"spoor/query/history":      {"spoor/query", "spoor/loader/cloudtrail", "spoor/loader/change"},
	"spoor/query/store/pack":   {},
	"spoor/query/store/blocks": {"spoor/query"},
	"spoor/query/store/shelf":  {},
	"spoor/query/store": {"spoor/query", "spoor/query/session", "spoor/query/history", "spoor/query/store/pack", "spoor/query/store/blocks", "spoor/query/store/shelf", "spoor/loader",
		"spoor/loader/cloudtrail", "spoor/loader/change", "spoor/loader/digest"},
	"spoor/themes":  {},
	"spoor/ui/text": {},
	"spoor/ui/pane": {"spoor/loader/cloudtrail", "spoor/query", "spoor/themes", "spoor/ui/text"},
	"spoor/ui/grid": {"spoor/query", "spoor/themes", "spoor/ui/pane", "spoor/ui/text"},
}

// A view may use the vocabulary and the widgets, never the engine or another view.
var allowedInViews = []string{"spoor/query", "spoor/loader/digest", "spoor/loader/cloudtrail", "spoor/loader/change", "spoor/loader",
	"spoor/themes", "spoor/ui/text", "spoor/ui/pane", "spoor/ui/grid"}

// The root of the screen may use its views too.
var widgets = []string{"spoor/ui/text", "spoor/ui/pane", "spoor/ui/grid"}

// Only these may know an engine or a service.
var owners = map[string][]string{
	"github.com/duckdb/duckdb-go":   {"spoor/query/store"},
	"github.com/aws/aws-sdk-go-v2":  {"spoor/loader/s3", "spoor/cmd/spoor"},
	"charm.land/bubbletea":          {"spoor/ui", "spoor/cmd/spoor"},
	"charm.land/lipgloss":           {"spoor/themes"},
	"github.com/spf13/cobra":        {"spoor/cmd/spoor"},
	"github.com/klauspost/compress": {"spoor/loader", "spoor/query/store"},
}

func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "spoor/...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		pkg, imports := words[0], words[1:]
		if forTests(pkg) {
			continue
		}
		for _, imp := range imports {
			if strings.HasPrefix(imp, "spoor/") && !may(pkg, imp) {
				t.Errorf("%s must not import %s", pkg, imp)
			}
			for lib, by := range owners {
				if strings.HasPrefix(imp, lib) && !slices.ContainsFunc(by, func(p string) bool { return pkg == p || strings.HasPrefix(pkg, p+"/") }) {
					t.Errorf("%s must not import %s: it belongs to %s", pkg, imp, strings.Join(by, " and "))
				}
			}
		}
	}
}

// forTests are packages that only tests and generators use.
func forTests(pkg string) bool {
	return strings.HasSuffix(pkg, "test") || strings.HasSuffix(pkg, "loadgen") || strings.Contains(pkg, "testdata")
}

func may(pkg, imp string) bool {
	switch {
	case strings.HasPrefix(pkg, "spoor/cmd/"):
		return true
	case pkg == "spoor/ui":
		return slices.Contains(allowedInViews, imp) || strings.HasPrefix(imp, "spoor/ui/")
	case strings.HasPrefix(pkg, "spoor/ui/") && !slices.Contains(widgets, pkg):
		return slices.Contains(allowedInViews, imp)
	}
	list, known := allowed[pkg]
	return known && slices.Contains(list, imp)
}

// root is what may lie at the top of the repository.
var root = []string{"cmd", "ui", "query", "loader", "themes", "testdata", ".ci", "go.mod", "go.sum", "Makefile",
	"README.md", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md"}

func TestNothingElseAtTheTop(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("git", "ls-files", "--full-name", ":/").Output()
	if err != nil {
		t.Skip("not a checkout, or no git:", err)
	}
	for name := range strings.Lines(string(out)) {
		top, _, _ := strings.Cut(strings.TrimSpace(name), "/")
		if !slices.Contains(root, top) && !strings.HasPrefix(top, ".git") {
			t.Errorf("%s has no place at the top of the repository", top)
		}
	}
}
