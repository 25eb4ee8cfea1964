package store

import (
	"fmt"
	"slices"
	"sync"

	"spoor/query"
)

// keepMatches is how many tests a dict remembers: those of the filter at hand, and
// of the ones before it.
const keepMatches = 8

// A match remembers which texts passed a test. Texts are only ever added, so only
// those that came since are tried the next time.
type match struct {
	key string
	end uint32 // numbers below it were tried
	ids []uint32
}

// matches are those used last, of one dict.
type matches struct {
	mu   sync.Mutex
	list []match
}

func (m *matches) find(key string) match {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.IndexFunc(m.list, func(x match) bool { return x.key == key }); i >= 0 {
		return m.list[i]
	}
	return match{key: key, end: 1}
}

func (m *matches) keep(x match) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = slices.DeleteFunc(m.list, func(old match) bool { return old.key == x.key })
	if len(m.list) == keepMatches {
		m.list = slices.Delete(m.list, 0, 1)
	}
	m.list = append(m.list, x)
}

// termKey tells terms apart whose tests of texts differ.
func termKey(t query.Term) string { return fmt.Sprintf("%#v", t) }

// matching returns the numbers of the texts that pass a test, and one more than
// the highest number that was tried. The key is what the test is remembered by,
// where there are many texts; "" for not at all. The test is called by several
// goroutines at once.
func (d *dict) matching(key string, test func(string) bool) (ids []uint32, n int, err error) {
	base, texts := d.recent()
	found := match{key: key, end: 1}
	if base > 0 {
		if key != "" {
			found = d.matches.find(key)
		}
		more, err := d.shelf.Matching(int(d.dom), found.end, base, processors(), test)
		if err != nil {
			return nil, 0, err
		}
		found.ids = append(slices.Clip(found.ids), more...)
	}
	for i := int(max(found.end, base) - base); i < len(texts); i++ {
		if texts[i] != "" && test(texts[i]) {
			found.ids = append(found.ids, base+uint32(i))
		}
	}
	found.end = base + uint32(len(texts))
	if base > 0 && key != "" {
		d.matches.keep(found)
	}
	return found.ids, int(found.end), nil
}
