package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"spoor/loader"
	"spoor/loader/loadertest"
)

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for p, data := range files {
		name := filepath.Join(root, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("folder", func(t *testing.T) {
		root := ""
		loadertest.Run(t, loadertest.Maker{
			Source: func(t *testing.T, files map[string]string) (loader.Source, func(string) string) {
				root = t.TempDir()
				write(t, root, files)
				src, err := Open(root, Options{})
				if err != nil {
					t.Fatal(err)
				}
				return src, func(p string) string { return filepath.Join(root, filepath.FromSlash(p)) }
			},
			Remove: func(t *testing.T, p string) {
				if err := os.Remove(filepath.Join(root, p)); err != nil {
					t.Fatal(err)
				}
			},
		})
	})
	t.Run("glob", func(t *testing.T) {
		loadertest.Run(t, loadertest.Maker{
			Source: func(t *testing.T, files map[string]string) (loader.Source, func(string) string) {
				root := t.TempDir()
				write(t, root, files)
				g := &glob{origin{filepath.Join(root, "**", "*.json*"), Options{}}}
				return g, func(p string) string { return filepath.Join(root, filepath.FromSlash(p)) }
			},
		})
	})
	t.Run("zip", func(t *testing.T) {
		loadertest.Run(t, loadertest.Maker{
			Source: func(t *testing.T, files map[string]string) (loader.Source, func(string) string) {
				src, err := Zip("x.zip", []byte(loadertest.Zip(files)))
				if err != nil {
					t.Fatal(err)
				}
				return src, func(p string) string { return "x.zip!" + p }
			},
		})
	})
}

// entries lists a source: the reason for what is left out, "" for objects.
func entries(t *testing.T, operand string) map[string]string {
	t.Helper()
	src, err := Open(operand, Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for o, err := range src.Objects(t.Context(), loader.Scope{}) {
		name, rerr := filepath.Rel(operand, o.Name)
		if rerr != nil {
			name = o.Name
		}
		out[name] = ""
		if err != nil {
			out[name] = err.Error()
		}
	}
	return out
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		operand string
		want    error
	}{
		{filepath.Join(dir, "none.json"), fs.ErrNotExist},
		{filepath.Join(dir, "*.none"), fs.ErrNotExist},
		{os.DevNull, nil},
	} {
		_, err := Open(c.operand, Options{})
		if err == nil {
			t.Errorf("%s opens", c.operand)
		} else if c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.operand, err, c.want)
		}
	}
}
