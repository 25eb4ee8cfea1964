package digest

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"spoor/loader"
)

// A Manifest keeps beside a copy what copying to disk loses: bucket names and
// the metadata that holds the signatures. It needs no trust: a false signature
// fails, and it is no proof that nothing is left out.
type Manifest struct {
	Dir      string    // folder it lies in; objects lie in Dir/buckets/BUCKET/KEY
	From, To time.Time // window of the copy, zero when not said
	Account  string
	Regions  []string // of the trail
	Buckets  []string
	meta     map[string]map[string]string // by s3://bucket/key
}

type manifestFile struct {
	Version int `json:"version"`
	Trail   struct {
		ARN     string   `json:"arn"`
		Account string   `json:"accountId"`
		Regions []string `json:"regions"`
	} `json:"trail"`
	Window struct {
		Start *time.Time `json:"start"`
		End   *time.Time `json:"end"`
	} `json:"window"`
	Buckets []manifestBucket `json:"buckets"`
	Objects []manifestObject `json:"objects"`
}

type manifestBucket struct {
	Name string `json:"name"`
}

type manifestObject struct {
	Bucket   string            `json:"bucket"`
	Key      string            `json:"key"`
	Size     int64             `json:"size"`
	ETag     string            `json:"etag,omitempty"`
	SHA256   string            `json:"sha256,omitempty"`
	Modified time.Time         `json:"lastModified"`
	Meta     map[string]string `json:"metadata"`
}

// ParseManifest reads manifest.json; dir is the folder that it describes.
func ParseManifest(data []byte, dir string) (*Manifest, error) {
	var f manifestFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("parse manifest: %w", err)
	}
	if f.Version > 1 {
		return nil, fmt.Errorf("parse manifest: version %d is newer than this program", f.Version)
	}
	m := &Manifest{Dir: filepath.ToSlash(dir), Account: f.Trail.Account, Regions: f.Trail.Regions, meta: map[string]map[string]string{}}
	if f.Window.Start != nil {
		m.From = f.Window.Start.UTC()
	}
	if f.Window.End != nil {
		m.To = f.Window.End.UTC()
	}
	for _, b := range f.Buckets {
		m.Buckets = append(m.Buckets, b.Name)
	}
	for _, o := range f.Objects {
		if len(o.Meta) > 0 {
			m.meta[objectName(o.Bucket, o.Key)] = o.Meta
		}
	}
	return m, nil
}

// Meta returns the user metadata of an object, nil when the manifest has none.
func (m *Manifest) Meta(bucket, key string) map[string]string {
	return m.meta[objectName(bucket, key)]
}

// bucketOf places a full name in a bucket of the manifest's folder.
func (m *Manifest) bucketOf(root string) (bucket, key string, ok bool) {
	dir := m.Dir
	if !strings.HasSuffix(dir, "!") { // the top of an archive
		dir = strings.TrimSuffix(dir, "/") + "/"
	}
	rest, ok := strings.CutPrefix(root, dir+"buckets/")
	if !ok {
		return "", "", false
	}
	bucket, key, ok = strings.Cut(rest, "/")
	return bucket, key, ok && (len(m.Buckets) == 0 || slices.Contains(m.Buckets, bucket))
}

// FormatManifest writes the manifest of S3 objects, named s3://bucket/key, as
// ParseManifest reads it: what to keep beside a copy of them.
func FormatManifest(from, to time.Time, regions []string, objects []loader.Object) ([]byte, error) {
	f := manifestFile{Version: 1}
	f.Trail.Regions = regions
	if !from.IsZero() {
		f.Window.Start = &from
	}
	if !to.IsZero() {
		f.Window.End = &to
	}
	buckets := map[string]bool{}
	for _, o := range objects {
		bucket, key, ok := splitName(o.Name)
		if !ok {
			return nil, fmt.Errorf("write manifest: %s is not in S3", o.Name)
		}
		buckets[bucket] = true
		f.Objects = append(f.Objects, manifestObject{Bucket: bucket, Key: key, Size: o.Size, ETag: o.ETag,
			Modified: o.ModTime.UTC(), Meta: o.Meta})
	}
	for _, b := range slices.Sorted(maps.Keys(buckets)) {
		f.Buckets = append(f.Buckets, manifestBucket{b})
	}
	return json.MarshalIndent(f, "", " ")
}
