package loadertest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"maps"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Gzip packs a text.
func Gzip(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	must(w.Write([]byte(text)))
	check(w.Close())
	return b.String()
}

// Zstd packs a text.
func Zstd(text string) string {
	w, err := zstd.NewWriter(nil)
	check(err)
	return string(w.EncodeAll([]byte(text), nil))
}

// Tar makes an archive of the files, in order of their names.
func Tar(files map[string]string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		check(w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(files[name])), ModTime: ModTime}))
		must(w.Write([]byte(files[name])))
	}
	check(w.Close())
	return b.String()
}

// Zip makes an archive of the files, in order of their names.
func Zip(files map[string]string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: ModTime})
		check(err)
		must(f.Write([]byte(files[name])))
	}
	check(w.Close())
	return b.String()
}

// check stops a test whose own tools fail.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

func must(_ int, err error) { check(err) }
