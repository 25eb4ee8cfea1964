package store

import (
	"cmp"
	"context"
	"slices"

	"spoor/loader"
	"spoor/query/store/blocks"
)

// A unit is what a search takes on at once: a block, objects to make a block of
// on the way, or objects to be searched as they came.
type unit struct {
	block   *blocks.Block
	build   bool
	objects []objectRow // of a block those that may carry hits
	edge    int64       // time of the event that a page wants first
}

// Portions of objects begin small, so that the first hits show at once, and grow.
const (
	firstPortion = 1 << 20 // bytes of text
	largePortion = 32 << 20
)

// unitsOf lists what has to be searched for the events of a condition, in the
// order in which a page wants them; from is where it begins, nil at the beginning.
func (db *DB) unitsOf(ctx context.Context, where expr, from *int64, desc bool) ([]unit, error) {
	list, err := db.objectsOf(ctx, where, desc)
	if err != nil {
		return nil, err
	}
	if from != nil {
		var rest []reach
		for _, r := range list {
			if r, ok := r.within(*from, desc); ok {
				rest = append(rest, r)
			}
		}
		list = rest
	}
	units, loose, err := db.covered(list)
	if err != nil {
		return nil, err
	}
	if len(loose) > 0 && db.blocks.Kept() {
		groups, err := db.uncovered()
		if err != nil {
			return nil, err
		}
		var made []unit
		made, loose = worthBuilding(groups, loose)
		units = append(units, made...)
	}
	units = append(units, portions(loose)...)
	slices.SortStableFunc(units, func(a, b unit) int {
		if desc {
			a, b = b, a
		}
		return cmp.Compare(a.edge, b.edge)
	})
	return units, nil
}

// blockView tells which objects have blocks now.
func (db *DB) blockView() (blocks.View, error) {
	_, rev := db.now()
	return db.blocks.View(rev, db.objects.hold)
}

// covered finds the blocks of objects, and returns the objects without one.
func (db *DB) covered(list []reach) (units []unit, loose []reach, err error) {
	view, err := db.blockView()
	if err != nil {
		return nil, nil, err
	}
	at := make(map[*blocks.Block]int)
	for _, r := range list {
		b := view.Of(r.o.id)
		if b == nil {
			loose = append(loose, r)
			continue
		}
		i, ok := at[b]
		if !ok {
			i = len(units)
			at[b] = i
			units = append(units, unit{block: b, edge: r.edge}) // the first is the one wanted first
		}
		units[i].objects = append(units[i].objects, r.o)
	}
	return units, loose, nil
}

// uncovered lists the objects without a block in groups that make one each, in
// the order of loading, which is about that of time.
func (db *DB) uncovered() ([][]objectRow, error) {
	view, err := db.blockView()
	if err != nil || !view.Grows() {
		return nil, err
	}
	var groups [][]objectRow
	var group []objectRow
	size := int64(0)
	flush := func() {
		if size >= db.blocks.Text()/4 { // less is searched as it came in a few milliseconds
			groups = append(groups, group)
		}
		group, size = nil, 0
	}
	for _, o := range db.objects.list() {
		if o.events == 0 || o.outcome != uint8(loader.Done) || view.Of(o.id) != nil {
			continue
		}
		if size+o.unpacked > db.blocks.Text() {
			flush()
		}
		group = append(group, o)
		size += o.unpacked
	}
	flush()
	return groups, nil
}

// worthBuilding takes the groups of which a search has to read the better part
// anyway.
func worthBuilding(groups [][]objectRow, loose []reach) (units []unit, rest []reach) {
	edges := make(map[uint32]int64, len(loose))
	for _, r := range loose {
		edges[r.o.id] = r.edge
	}
	taken := make(map[uint32]int) // index of unit + 1
	for _, group := range groups {
		var all, wanted int64
		for _, o := range group {
			all += o.unpacked
			if _, ok := edges[o.id]; ok {
				wanted += o.unpacked
			}
		}
		if 2*wanted < all {
			continue
		}
		units = append(units, unit{build: true, objects: group})
		for _, o := range group {
			taken[o.id] = len(units)
		}
	}
	first := make([]bool, len(units))
	for _, r := range loose { // in the order wanted
		switch n := taken[r.o.id]; {
		case n == 0:
			rest = append(rest, r)
		case !first[n-1]:
			units[n-1].edge, first[n-1] = r.edge, true
		}
	}
	return units, rest
}

// portions makes units of objects that are searched as they came.
func portions(list []reach) []unit {
	var units []unit
	for limit := int64(firstPortion); len(list) > 0; limit = min(2*limit, largePortion) {
		u := unit{edge: list[0].edge}
		size := int64(0)
		for len(list) > 0 && (size == 0 || size+list[0].o.unpacked <= limit) {
			u.objects = append(u.objects, list[0].o)
			size += max(list[0].o.unpacked, 1)
			list = list[1:]
		}
		units = append(units, u)
	}
	return units
}
