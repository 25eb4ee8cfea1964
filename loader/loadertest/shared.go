package loadertest

import (
	"io/fs"
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

// SharedFiles reads folders of the shared data, by path.
func SharedFiles(t testing.TB, folders ...string) map[string]string {
	t.Helper()
	root := Shared(t, "")
	files := map[string]string{}
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(name)
			rel, _ := filepath.Rel(root, name)
			files[filepath.ToSlash(rel)] = string(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}
