package disk

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"

	"spoor/loader"
)

// A zipped is a zip archive in memory whose members are the objects. Unlike an
// archive that is loaded as one object, its members can be listed and opened one
// by one, which the validation of digests needs.
type zipped struct {
	name  string
	files []*zip.File
	index map[string]*zip.File
}

// Zip returns the members of a zip archive in memory as objects `name!member`.
func Zip(name string, data []byte) (loader.Source, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	z := &zipped{name: name, index: map[string]*zip.File{}}
	for _, f := range r.File {
		if f.Mode().IsRegular() {
			z.files = append(z.files, f)
			z.index[name+"!"+f.Name] = f
		}
	}
	return z, nil
}

func (z *zipped) String() string { return z.name }

func (z *zipped) Objects(ctx context.Context, scope loader.Scope) iter.Seq2[loader.Object, error] {
	return func(yield func(loader.Object, error) bool) {
		for _, f := range z.files {
			o := loader.Object{Name: z.name + "!" + f.Name, Size: int64(f.UncompressedSize64), ModTime: f.Modified.UTC()}
			if ctx.Err() != nil || scope.Holds(o.Name) && !yield(o, nil) {
				return
			}
		}
	}
}

func (z *zipped) Open(ctx context.Context, o loader.Object) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f := z.index[o.Name]
	if f == nil {
		return nil, fmt.Errorf("%s: %w", o.Name, fs.ErrNotExist)
	}
	return f.Open()
}

func (z *zipped) Covers(name string) bool { return strings.HasPrefix(name, z.name+"!") }
