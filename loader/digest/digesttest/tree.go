package digesttest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"spoor/loader"
)

// A Tree is a set of stored objects over any number of buckets. It is a
// loader.Source that behaves as S3 does. Change it only before it is read.
type Tree struct {
	Objects map[string]Object // by full name, s3://bucket/key
	Errors  map[string]error  // what Open answers instead, by full name
}

// NewTree returns an empty tree.
func NewTree() *Tree { return &Tree{Objects: map[string]Object{}, Errors: map[string]error{}} }

// Name is the full name of an object.
func Name(bucket, key string) string { return "s3://" + bucket + "/" + key }

// Put stores an object under its own name.
func (t *Tree) Put(o Object) { t.Objects[Name(o.Bucket, o.Key)] = o }

// AddLogs packs log files and stores them; bucket is for those without one.
func (t *Tree) AddLogs(bucket string, logs ...Log) {
	for _, l := range logs {
		t.Put(Object{Bucket: cmp.Or(l.Bucket, bucket), Key: l.Key, Body: Gzip(l.Text), Modified: l.Delivered})
	}
}

// AddDigests stores digests with their metadata.
func (t *Tree) AddDigests(digests ...Sealed) {
	for _, d := range digests {
		t.Put(d.Object)
	}
}

func (t *Tree) String() string { return "s3://" }

// List returns the objects ordered by name.
func (t *Tree) List() []Object {
	list := make([]Object, 0, len(t.Objects))
	for _, name := range slices.Sorted(maps.Keys(t.Objects)) {
		list = append(list, t.Objects[name])
	}
	return list
}

func (t *Tree) object(o Object) loader.Object {
	return loader.Object{Name: Name(o.Bucket, o.Key), Size: int64(len(o.Body)), ModTime: o.Modified, Meta: o.Meta}
}

// Source is the tree as S3 serves it.
func (t *Tree) Source() loader.Source { return source{t} }

type source struct{ *Tree }

func (s source) Objects(ctx context.Context, _ loader.Scope) iter.Seq2[loader.Object, error] {
	return func(yield func(loader.Object, error) bool) {
		for _, o := range s.List() {
			if ctx.Err() != nil || !yield(s.object(o), nil) {
				return
			}
		}
	}
}

func (s source) Open(_ context.Context, o loader.Object) (io.ReadCloser, error) {
	if err := s.Errors[o.Name]; err != nil {
		return nil, err
	}
	stored, ok := s.Tree.Objects[o.Name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: o.Name, Err: fs.ErrNotExist}
	}
	return io.NopCloser(bytes.NewReader(stored.Body)), nil
}

// A Manifest is the part of manifest.json that is not about objects.
type Manifest struct {
	Trail    Trail
	Regions  []string
	From, To time.Time
	Keys     map[string][]Key // by region, for public_keys.json
}

// JSON is manifest.json for the tree.
func (t *Tree) JSON(m Manifest) []byte {
	buckets, objects := map[string]bool{}, []map[string]any{}
	for _, o := range t.List() {
		buckets[o.Bucket] = true
		sum, tag := sha256.Sum256(o.Body), md5.Sum(o.Body)
		entry := map[string]any{
			"bucket": o.Bucket, "key": o.Key, "size": len(o.Body), "sha256": hex.EncodeToString(sum[:]),
			"etag": hex.EncodeToString(tag[:]), "lastModified": o.Modified.UTC().Format(TimeForm), "metadata": o.Meta,
		}
		if o.Version != "" {
			entry["versionId"] = o.Version
		}
		objects = append(objects, entry)
	}
	var list []map[string]string
	for _, b := range slices.Sorted(maps.Keys(buckets)) {
		list = append(list, map[string]string{"name": b, "region": m.Trail.Home})
	}
	return marshal(map[string]any{
		"version": 1,
		"trail": map[string]any{
			"arn":  fmt.Sprintf("arn:aws:cloudtrail:%s:%s:trail/%s", m.Trail.Home, m.Trail.Account, m.Trail.Name),
			"name": m.Trail.Name, "homeRegion": m.Trail.Home, "accountId": m.Trail.Account,
			"bucket": m.Trail.Bucket, "prefix": null(m.Trail.Prefix), "organizationId": null(m.Trail.Org), "regions": m.Regions,
		},
		"window":  map[string]string{"start": m.From.UTC().Format(TimeForm), "end": m.To.UTC().Format(TimeForm)},
		"buckets": list, "objects": objects,
	})
}

func null(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Write lays the tree out as buckets/<bucket>/<key> under dir, beside
// manifest.json and public_keys.json.
func (t *Tree) Write(dir string, m Manifest) error {
	if err := t.WritePlain(filepath.Join(dir, "buckets"), true); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), t.JSON(m), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "public_keys.json"), KeysJSON(Epoch, m.Keys), 0o644)
}

// WritePlain copies the tree to disk as `aws s3 sync` does: without metadata
// and, unless keepBuckets, without bucket names.
func (t *Tree) WritePlain(dir string, keepBuckets bool) error {
	for _, o := range t.List() {
		path := filepath.Join(dir, filepath.FromSlash(o.Key))
		if keepBuckets {
			path = filepath.Join(dir, o.Bucket, filepath.FromSlash(o.Key))
		}
		if strings.HasSuffix(o.Key, "/") {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, o.Body, 0o644); err != nil {
			return err
		}
	}
	return nil
}
