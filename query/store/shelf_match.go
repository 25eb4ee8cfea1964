package store

import (
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

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
		more, err := d.shelf.matching(d.dom, found.end, base, test)
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

// matching returns the numbers of the texts from from up to end that pass a test.
func (s *shelf) matching(dom domain, from, end uint32, test func(string) bool) ([]uint32, error) {
	blocks := s.below(dom, end)
	first := slices.IndexFunc(blocks, func(b shelved) bool { return b.next > from })
	if first < 0 {
		return nil, nil
	}
	blocks = blocks[first:]
	parts := make([][]uint32, (len(blocks)+matchPart-1)/matchPart)
	var g errgroup.Group
	g.SetLimit(processors())
	for i := range parts {
		g.Go(func() error {
			for _, b := range blocks[i*matchPart : min(len(blocks), (i+1)*matchPart)] {
				if err := s.eachOf(dom, b, func(id uint32, text string) error {
					if id >= from && test(text) {
						parts[i] = append(parts[i], id)
					}
					return nil
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.Wait()
	return slices.Concat(parts...), err
}

// matchPart is how many blocks a goroutine takes at a time.
const matchPart = 64
