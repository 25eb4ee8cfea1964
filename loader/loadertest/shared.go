package loadertest

import (
	"os"
	"path/filepath"
	"testing"
)

// Shared returns a folder of the shared test data, which lies beside the module;
// without it the test is skipped.
func Shared(t testing.TB, folder string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
	shared, err := filepath.EvalSymlinks(filepath.Join(dir, "..", "shared"))
	if err != nil {
		t.Skip("the shared data is not beside the module: ", err)
	}
	return filepath.Join(shared, folder)
}
