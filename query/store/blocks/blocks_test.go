package blocks

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spoor/query"
)

// A told is an event of the tests: its number and record.
type told struct {
	seq    int64
	record string
}

// nastyRecords have all forms, and what looks like them; keys that come twice,
// many keys, and no JSON.
func nastyRecords() []told {
	var list []told
	add := func(record string) { list = append(list, told{int64(7*len(list)%50 + 100*len(list)), record}) }
	for i := range 40 {
		id := fmt.Sprintf("0a1b2c3d-%04x-4e5f-8a9b-%012x", i, i*i)
		add(fmt.Sprintf(`{"eventID":"%s","eventTime":"2024-05-0%dT00:00:%02dZ","a":{"name":"thing-%d"},"requestID":"%s"}`, id, i%9+1, i, i%7, strings.ToUpper(id)))
	}
	add(`{"a":1,"b":"x"}`)
	add(`{"a":1,"b":"y","a":2,"A":3}`)
	add(`{}`)
	add(`not json`)
	add(``)
	add(`{"a":1,"b":"x"}`)
	add(`{"id":"0a1b2c3d-0000-4e5f-8a9b-00000000000g","t":"2024-13-01T00:00:00Z","u":"1969-01-01T00:00:00Z","v":"2024-02-29T23:59:60Z"}`)
	add(" {\n \"id\" : \"0a1b2c3d-0000-4e5f-8a9b-000000000001\" ,\n \"t\": \"2024-02-29T23:59:59Z\"}")
	add(`{"na\u006de":"a\/b","x":"back\\slash"}`)
	var many strings.Builder
	for i := range 300 { // more keys than there can be streams
		fmt.Fprintf(&many, `"key%d":"%d",`, i, i)
	}
	add("{" + strings.TrimSuffix(many.String(), ",") + "}")
	return list
}

// kept is a file that holds records, in blocks of one object each.
func kept(t *testing.T, path string, text int64, records ...[]told) *File {
	t.Helper()
	f := New(path, text)
	if _, err := f.View(1, func([]Object) bool { return true }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	for i, list := range records {
		m := f.Maker(func(*Frame) error { return nil })
		for _, e := range list {
			if err := m.Add(e.seq, e.record); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := m.Keep([]Object{{uint32(i + 1), 1, int64(len(list))}}); err != nil || b == nil {
			t.Fatal(b, err)
		}
	}
	return f
}

// each gives the frames of all blocks to look.
func each(t *testing.T, f *File, look func(*Frame) error) {
	t.Helper()
	v, err := f.View(1, func([]Object) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	r := f.Reader()
	for id := uint32(1); v.Of(id) != nil; id++ {
		if sound, err := r.Each(t.Context(), v.Of(id), look); err != nil || !sound {
			t.Fatalf("block %d: %v, %v", id, sound, err)
		}
	}
}

func TestFramesGiveRecordsBack(t *testing.T) {
	t.Parallel()
	records := nastyRecords()
	for _, text := range []int64{1, 1000, FrameText} {
		f := kept(t, filepath.Join(t.TempDir(), "f"), text, records, records[:9])
		var got []told
		each(t, f, func(fr *Frame) error {
			return fr.Each(nil, func(seq int64, parts []uint32) bool {
				got = append(got, told{seq, join(fr, parts)})
				return true
			})
		})
		if want := slices.Concat(records, records[:9]); !slices.Equal(got, want) {
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Fatalf("frames of %d bytes: %v, want %v", text, got[i], want[i])
				}
			}
			t.Fatalf("frames of %d bytes have %d events, want %d", text, len(got), len(want))
		}
	}
}

func join(f *Frame, parts []uint32) string {
	var record strings.Builder
	for _, p := range parts {
		record.WriteString(f.Part(p))
	}
	return record.String()
}

// With keys, Each leaves out parts, never one that matters.
func TestEachOfSomeKeys(t *testing.T) {
	t.Parallel()
	records := nastyRecords()
	f := kept(t, filepath.Join(t.TempDir(), "f"), FrameText, records)
	for _, key := range []string{"a", "A", "eventid", "t", "name", "key299", "none"} {
		i, all, told := 0, 0, 0
		each(t, f, func(fr *Frame) error {
			all += fr.parts
			return fr.Each([]string{key}, func(_ int64, parts []uint32) bool {
				told += len(parts)
				want := slices.Collect(query.Find(records[i].record, []string{key}))
				var got []string
				for _, p := range parts {
					got = slices.AppendSeq(got, query.FindPart(strings.Clone(fr.Part(p)), []string{key}))
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s of %s: %q, want %q", key, records[i].record, got, want)
				}
				i++
				return true
			})
		})
		if i != len(records) || told >= all {
			t.Errorf("%s: %d events, %d of %d parts", key, i, told, all)
		}
	}
}

// Find returns what the records say, whatever form their values have.
func TestFindReadsForms(t *testing.T) {
	t.Parallel()
	records := nastyRecords()
	f := kept(t, filepath.Join(t.TempDir(), "f"), FrameText, records[:40], records)
	for _, text := range []string{"0a1b2c3d", "0A1B2C3D-0007", "3d-0", "00051", "eventID", "entid", "2024", "01T00", `"t00:00:1"`, "00Z", "thing-3", "requestID", "zzz", "a", "9", `"-"`, "00000g", `"59:60"`, "key7",
		`"a/b"`, `"\"eventID\":\"0a"`, `"\",\"eventTime"`, `"0a1b2c3d-0001-4e5f-8a9b-000000000001\""`, `/-000[0-9]-/`, `/T00:00:0.Z/`, `/^\{"eventID/`, "eventID:*0009*", "eventid:0a1b2c3d-0001*", `"a".name:thing-3`, `"A":3`, `"a":*`, "eventTime>2024-05-04", "slash", "*"} {
		parsed, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		p := probe(parsed.Root())
		var want, got []int64
		for _, e := range slices.Concat(records[:40], records) {
			if p.Whole(e.record) {
				want = append(want, e.seq)
			}
		}
		each(t, f, func(fr *Frame) error {
			seqs, err := fr.Find(t.Context(), p)
			got = append(got, seqs...)
			return err
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d events %v, want %d %v", text, len(got), got, len(want), want)
		}
	}
}

func probe(n query.Node) query.Probe {
	switch n := n.(type) {
	case query.Text:
		return n.Probe()
	case query.Term:
		if n.Path == nil {
			n = query.Term{Path: []string{n.Field}, Op: n.Op, Values: n.Values}
		}
		return n.Probe(query.Clock{})
	}
	panic("no leaf")
}

// A word that can't be among the values of a form has none of them unpacked.
func TestFindUnpacksWhatMayHold(t *testing.T) {
	t.Parallel()
	f := kept(t, filepath.Join(t.TempDir(), "f"), FrameText, nastyRecords())
	unpacked := func(p query.Probe) (keys []string) {
		each(t, f, func(fr *Frame) error {
			_, err := fr.Find(t.Context(), p)
			for _, s := range fr.streams {
				if s.text != "" {
					keys = append(keys, s.key)
				}
			}
			return err
		})
		slices.Sort(keys)
		return slices.Compact(keys)
	}
	for text, not := range map[string]string{"nothing": "eventID", "2024": "eventID", "ffff": "eventTime", "a.name:x": "b"} {
		parsed, err := query.Parse(strings.Replace(text, "a.", `"a".`, 1))
		if err != nil {
			t.Fatal(err)
		}
		if keys := unpacked(probe(parsed.Root())); slices.Contains(keys, not) && text != "2024" || len(keys) == 0 {
			t.Errorf("%s: unpacked %v", text, keys)
		}
	}
	if keys := unpacked(query.Text{Value: "0a1b2c3d"}.Probe()); !slices.Contains(keys, "eventID") {
		t.Errorf("an id is looked for in %v", keys)
	}
}

// A file of another format is emptied and made anew.
func TestOlderFileIsMadeAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	old := "spoor search 1\n\n" + strings.Repeat("spoorblk and what an older program wrote ", 1000)
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	records := nastyRecords()
	f := kept(t, path, FrameText, records)
	n := 0
	each(t, f, func(fr *Frame) error { n += fr.n; return nil })
	if text, err := os.ReadFile(path); err != nil || n != len(records) || bytes.Contains(text, []byte("older")) || !bytes.HasPrefix(text, []byte(magic)) {
		t.Errorf("%d events, %v, the file begins %.20q", n, err, text)
	}
}

func TestFormsGiveValuesBack(t *testing.T) {
	t.Parallel()
	for part, form := range map[string]int{
		`"id":"01234567-89ab-cdef-0123-456789abcdef",`: 1, `"id": "01234567-89ab-cdef-0123-456789abcdef"}`: 1, `{"t":"2024-02-29T23:59:59Z"`: 2,
		`"id":"01234567-89ab-cdef-0123-456789abcdeF",`: 0, `"id":"01234567-89ab-cdef-01234-56789abcdef",`: 0, `"id":["01234567-89ab-cdef-0123-456789abcdef"],`: 1,
		`"t":"2023-02-29T23:59:59Z"`: 0, `"t":"2024-02-29T23:59:60Z"`: 0, `"t":"1969-02-28T23:59:59Z"`: 0, `"t":"2106-02-07T06:28:16Z"`: 0, `"t":"2024-02-29t23:59:59Z"`: 0,
		`"t":"2024-02-29T23:59:59+00:00"`: 0, `"t":{"a":"2024-02-28T23:59:59Z"}`: 0, `2024-02-28T23:59:59Z"`: 0,
	} {
		got := 0
		for k := 1; k < len(forms); k++ {
			before, value, after, ok := forms[k].cut(part)
			if !ok {
				continue
			}
			packed, ok := forms[k].pack(nil, value)
			if !ok {
				continue
			}
			got = k
			if text := before + string(forms[k].text(nil, packed)) + after; text != part || len(packed) != forms[k].size {
				t.Errorf("%s became %s", part, text)
			}
		}
		if got != form {
			t.Errorf("%s has form %d, want %d", part, got, form)
		}
	}
}

// FuzzFrame holds that no bytes, whatever their checksum says, take the program
// down.
func FuzzFrame(f *testing.F) {
	for _, list := range [][]told{nastyRecords()[40:49], nastyRecords()[:9], nil} {
		f.Add(headOf(f, list))
	}
	probes := []query.Probe{query.Text{Value: "a/b"}.Probe(), query.Text{Value: `a"b`, Quoted: true}.Probe(), query.Text{Value: "0"}.Probe(), query.Text{Value: "[a0]", Regex: true}.Probe()}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, p := range probes {
			fr := Frame{from: bytes.NewReader(nil), head: section{bytes: b}}
			if err := fr.parse(frameAt{}); err != nil {
				return
			}
			_, _ = fr.Find(context.Background(), p)
			_ = fr.Each([]string{"a"}, func(_ int64, parts []uint32) bool { join(&fr, parts); return true })
		}
	})
}

// headOf is the head of a frame of records, which must be so few that all its
// sections lie in it.
func headOf(tb testing.TB, list []told) []byte {
	tb.Helper()
	file := New(filepath.Join(tb.TempDir(), "f"), FrameText)
	if _, err := file.View(1, nil); err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	var m frameMaker
	m.begin()
	for _, e := range list {
		m.add(e.seq, e.record)
	}
	p := m.finish(file.enc)
	var fr Frame
	fr.from, fr.dec = bytes.NewReader(p.bytes), file.dec
	if err := fr.read(p.at); err != nil || int64(p.at.head.packed) != p.at.len {
		tb.Fatal(err, "or sections beside the head")
	}
	return fr.head.bytes
}
