package digest

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"spoor/loader"
)

// An entry is one listed object that lies in a CloudTrail folder.
type entry struct {
	place
	obj   loader.Object
	src   loader.Source
	named bool // by some digest
}

// An inventory knows what was listed, and translates between the names that
// digests record and the names under which objects lie in the source.
type inventory struct {
	entries   []entry
	byFile    map[string][]int32 // by file name without ".gz"
	roots     map[string]*root
	bases     map[string]bool // folders that hold "buckets", by the word of a digest
	manifests []*Manifest
	buckets   []bucketMap
}

// A root is a folder that holds CloudTrail's kinds of folders, …/ACCOUNT/.
type root struct {
	spots []spot         // where it is in S3, when that is known for sure
	votes map[string]int // where digests in it say it is: "bucket/prefix/AWSLogs/ACCOUNT/"
}

// A spot is a place in S3.
type spot struct {
	at        string // "bucket/key", of a folder with "/" at its end
	relocated bool   // true under a mapping that the user declared
}

type bucketMap struct{ old, to string }

func newInventory(m *Manifest, buckets map[string]string) *inventory {
	v := &inventory{byFile: map[string][]int32{}, roots: map[string]*root{}, bases: map[string]bool{}}
	if m != nil {
		v.manifests = append(v.manifests, m)
	}
	for old, to := range buckets {
		if !strings.HasPrefix(to, "s3://") {
			if strings.ContainsAny(to, `/\.`) || filepath.IsAbs(to) {
				if abs, err := filepath.Abs(to); err == nil {
					to = filepath.ToSlash(abs)
				}
			} else {
				to = "s3://" + to
			}
		}
		v.buckets = append(v.buckets, bucketMap{old, strings.TrimSuffix(to, "/")})
	}
	slices.SortFunc(v.buckets, func(a, b bucketMap) int { return cmp.Compare(a.old, b.old) })
	return v
}

func (v *inventory) add(src loader.Source, o loader.Object, p place) int {
	i := len(v.entries)
	v.entries = append(v.entries, entry{place: p, obj: o, src: src})
	file := bare(p.file)
	v.byFile[file] = append(v.byFile[file], int32(i))
	if v.roots[p.root] == nil {
		v.roots[p.root] = &root{votes: map[string]int{}}
	}
	return i
}

// placeRoots says where folders lie in S3, as far as that needs no digest's word.
func (v *inventory) placeRoots() {
	for folder, r := range v.roots {
		if r.spots == nil {
			r.spots = v.sure(folder)
		}
	}
}

// bare is a name without the ".gz" that an unpacked copy has lost.
func bare(name string) string { return strings.TrimSuffix(name, ".gz") }

func (v *inventory) sure(root string) []spot {
	var spots []spot
	for _, m := range v.buckets {
		rest, ok := strings.CutPrefix(root, m.to)
		if ok && (rest == "" || rest[0] == '/' || rest[0] == '!') {
			spots = append(spots, spot{m.old + "/" + strings.TrimLeft(rest, "/!"), true})
		}
	}
	if at, ok := strings.CutPrefix(root, "s3://"); ok {
		return append(spots, spot{at: at})
	}
	for _, m := range v.manifests {
		if bucket, key, ok := m.bucketOf(root); ok {
			return append(spots, spot{at: bucket + "/" + key})
		}
	}
	return spots
}

// vote counts what a digest says about its root.
func (v *inventory) vote(i int, d *document) {
	e := &v.entries[i]
	prefix, ok := strings.CutSuffix(bare(d.bucket+"/"+d.key), bare(e.tail))
	if !ok {
		return
	}
	r := v.roots[e.root]
	r.votes[prefix]++
	if base, ok := strings.CutSuffix(e.root, "/buckets/"+prefix); ok {
		v.bases[base] = true
	}
}

// settle takes folders "buckets/NAME" for buckets, where a digest in one of
// them has said that it is so. It must come before find.
func (v *inventory) settle() {
	for folder, r := range v.roots {
		base, at, ok := strings.Cut(folder, "/buckets/")
		if ok && v.bases[base] && len(r.spots) == 0 {
			r.spots = []spot{{at: at}}
		}
	}
}

// majority is what most digests say about the root, "" when none does.
func (r *root) majority() string {
	best, most := "", 0
	for at, n := range r.votes {
		if n > most || n == most && at < best {
			best, most = at, n
		}
	}
	return best
}

// name is what a digest would call the entry; its own name when no one knows.
func (v *inventory) name(i int) string {
	e := &v.entries[i]
	r := v.roots[e.root]
	at := r.majority()
	if len(r.spots) > 0 {
		at = r.spots[0].at
	}
	if at == "" || e.flat {
		return e.obj.Name
	}
	return "s3://" + at + e.tail
}

// find returns the entry that a digest means by a name.
func (v *inventory) find(name string) (int, bool) {
	best, length := -1, -1
	for _, c := range v.byFile[bare(name[strings.LastIndexByte(name, '/')+1:])] {
		e := &v.entries[c]
		if at := v.at(int(c), name); at != nil {
			return int(c), true
		}
		if len(v.roots[e.root].spots) > 0 || !strings.HasSuffix(bare(name), "/"+bare(e.tail)) {
			continue
		}
		if n := common(name, e.root+e.tail); n > length {
			best, length = int(c), n
		}
	}
	return best, best >= 0
}

// at returns the spot under which the entry surely has that name.
func (v *inventory) at(i int, name string) *spot {
	e := &v.entries[i]
	spots := v.roots[e.root].spots
	for s := range spots {
		if bare("s3://"+spots[s].at+e.tail) == bare(name) {
			return &spots[s]
		}
	}
	return nil
}

// common is the length of the longest common suffix.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// placed reports whether a digest lies where it says it was delivered. In a
// plain copy the bucket is lost and the prefix may be, so there it is enough
// that the digest agrees with its folders or with its neighbours.
func (v *inventory) placed(i int, d *document) (ok, relocated bool) {
	e := &v.entries[i]
	r := v.roots[e.root]
	if len(r.spots) > 0 {
		if s := v.at(i, d.name()); s != nil {
			return true, s.relocated
		}
		return false, false
	}
	prefix, ok := strings.CutSuffix(bare(d.name()), "/"+bare(e.tail))
	if !ok || e.flat {
		return ok, false
	}
	_, folder, _ := splitName(prefix + "/")
	_, usual, _ := strings.Cut(r.majority(), "/")
	return strings.HasSuffix(e.root, "/"+folder) || folder == usual, false
}

// elsewhere lists the S3 names under which an object may be found: the declared
// mappings first, then its own.
func (v *inventory) elsewhere(name string) []string {
	bucket, key, ok := splitName(name)
	if !ok {
		return nil
	}
	var names []string
	for _, m := range v.buckets {
		if m.old == bucket && strings.HasPrefix(m.to, "s3://") {
			names = append(names, m.to+"/"+key)
		}
	}
	return append(names, name)
}
