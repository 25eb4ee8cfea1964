package digest

import (
	"bytes"
	"context"
	"io"
	"path"
	"slices"
	"strings"

	"spoor/loader"
)

// archived is what was read of a member while its archive was walked: members
// can't be opened one by one.
type archived struct {
	hash Hash
	err  error
	doc  document
	derr *flaw
}

// looksPacked tells by its name whether an object may be an archive. Log files
// are told apart first.
func looksPacked(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{".zip", ".tar", ".tgz", ".tar.gz", ".tar.zst", ".tzst"}, func(ext string) bool {
		return strings.HasSuffix(name, ext)
	})
}

// takeArchive files and reads the members of an archive. What can't be read is
// said of the archive: which members are lost is not known.
func (c *check) takeArchive(ctx context.Context, src loader.Source, o loader.Object) error {
	h := newHasher()
	_, err := loader.Members(ctx, src, o, func(m loader.Object, body io.Reader) error {
		c.Progress.Listed.Add(1)
		if c.beside(m.Name) {
			return c.takeBeside(m.Name, body)
		}
		i, ok := c.file(src, m)
		if !ok {
			return nil
		}
		c.readMembers[i] = c.readMember(ctx, h, i, body)
		return ctx.Err()
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		c.find(Finding{Type: ListingError, Object: o.Name, Detail: err.Error(), Chain: -1})
	}
	return nil
}

func (c *check) readMember(ctx context.Context, h *hasher, i int, body io.Reader) *archived {
	a := &archived{}
	counted := &counter{r: body}
	if !c.inv.entries[i].digest() {
		a.hash, a.err = h.read(ctx, counted, maxLog, nil)
	} else {
		var raw bytes.Buffer
		a.hash, a.err = h.read(ctx, counted, maxDigest, &raw)
		a.doc, a.derr = parseDocument(raw.Bytes())
	}
	a.hash.Stored = counted.n
	c.Progress.Bytes.Add(counted.n)
	return a
}

// Names of the files that --write-manifest puts beside a copy.
const (
	ManifestName = "manifest.json"
	KeysName     = "public_keys.json"
)

// beside reports whether an object is a manifest or key list that lies beside
// a copy. In a bucket they count for nothing: who can write there could have
// put them.
func (c *check) beside(name string) bool {
	if !c.Beside || strings.HasPrefix(name, "s3://") {
		return false
	}
	base := path.Base(strings.ReplaceAll(name[strings.LastIndexByte(name, '!')+1:], `\`, "/"))
	return base == ManifestName && c.Manifest == nil || base == KeysName && c.Keys == nil
}

// takeBeside reads a manifest or key list. One that can't be read is passed
// over with a word.
func (c *check) takeBeside(name string, body io.Reader) error {
	const most = 256 << 20
	data, err := io.ReadAll(io.LimitReader(body, most))
	if err == nil && strings.HasSuffix(name, KeysName) {
		var ring *KeyRing
		if ring, err = ParseKeys(data, name+", which lay beside the logs"); err == nil {
			c.found.join(ring)
		}
	} else if err == nil {
		var m *Manifest
		if m, err = ParseManifest(data, strings.TrimSuffix(strings.ReplaceAll(name, `\`, "/"), ManifestName)); err == nil {
			c.inv.manifests = append(c.inv.manifests, m)
		}
	}
	if err != nil {
		c.find(Finding{Type: ListingError, Object: name, Detail: err.Error(), Chain: -1})
	}
	return nil
}

func (r *KeyRing) join(other *KeyRing) {
	for region, keys := range other.regions {
		r.Add(region, keys...)
	}
}
