package shelf

import (
	"slices"

	"golang.org/x/sync/errgroup"
)

// Matching returns the numbers of a list from one up to another, that is not among
// them, whose texts pass a test, in order. The test is called by as many goroutines
// at once.
func (s *Shelf) Matching(list int, from, end uint32, goroutines int, test func(string) bool) ([]uint32, error) {
	blocks := s.below(list, end)
	first := slices.IndexFunc(blocks, func(b block) bool { return b.next > from })
	if first < 0 {
		return nil, nil
	}
	blocks = blocks[first:]
	parts := make([][]uint32, (len(blocks)+matchPart-1)/matchPart)
	var g errgroup.Group
	g.SetLimit(goroutines)
	for i := range parts {
		g.Go(func() error {
			for _, b := range blocks[i*matchPart : min(len(blocks), (i+1)*matchPart)] {
				if err := s.eachOf(list, b, func(id uint32, text string) error {
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
