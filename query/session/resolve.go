package session

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"spoor/loader/cloudtrail"
)

// Resolve folds a case into sessions and links them. Equal input in any order
// gives an equal result, but for EventRef.Seq. Identities are compared by
// pointer: one per distinct userIdentity. Signs of risk are left to Traces, for
// they take all sessions of a case.
func Resolve(in Input) *Result {
	if in.Idle <= 0 {
		in.Idle = DefaultIdle
	}
	r := &resolver{in: &in, cat: newCatalog(&in), byKey: map[string]*unit{}}
	r.group()
	r.byKey = nil
	r.index()
	r.attach()
	res := r.number()
	r.describe(res)
	r.chain(res)
	return res
}

type resolver struct {
	in     *Input
	cat    *catalog
	byKey  map[string]*unit
	units  []*unit
	home   []*unit // unit of each activity row
	byTime []bool  // whether the row's unit depends on address and time
	res    Result  // its index finds units until number renames them to sessions
}

// group sends each row to its unit, cutting the idle ones into windows.
func (r *resolver) group() {
	r.home = make([]*unit, len(r.in.Activity))
	r.byTime = make([]bool, len(r.in.Activity))
	idle := map[string][]int32{}
	kinds := map[string]Kind{}
	for i := range r.in.Activity {
		a := &r.in.Activity[i]
		s := r.cat.place(a)
		r.byTime[i] = s.window || s.kind != Service && r.cat.mayBeSigning(a.Who)
		if s.window {
			idle[s.key] = append(idle[s.key], int32(i))
			kinds[s.key] = s.kind
			continue
		}
		r.put(int32(i), s.key, s.kind, s.stamp)
	}
	for key, rows := range idle {
		r.cut(key, kinds[key], rows)
	}
}

func (r *resolver) put(row int32, key string, kind Kind, st stamp) {
	u := r.byKey[key]
	if u == nil {
		u = &unit{key: key, kind: kind, stamp: st, index: len(r.units)}
		r.byKey[key] = u
		r.units = append(r.units, u)
	}
	u.rows = append(u.rows, row)
	r.home[row] = u
}

// cut splits one principal's rows from one address where it was idle for too
// long. Rows hold no such gap inside, so merging them by their ends gives the
// very windows of their events.
func (r *resolver) cut(key string, kind Kind, rows []int32) {
	acts := r.in.Activity
	slices.SortFunc(rows, func(a, b int32) int {
		return cmp.Or(cmp.Compare(acts[a].First, acts[b].First), cmp.Compare(acts[a].Last, acts[b].Last))
	})
	idle := r.in.Idle.Microseconds()
	name, end := "", int64(0)
	for _, i := range rows {
		a := &acts[i]
		switch {
		case a.First == cloudtrail.NoTime:
			r.put(i, key+" without time", kind, stamp{})
			continue
		case name == "" || a.First-end > idle:
			name, end = key+" "+strconv.FormatInt(a.First, 10), a.Last
		default:
			end = max(end, a.Last)
		}
		r.put(i, name, kind, stamp{})
	}
}

// number turns units into sessions in their final order.
func (r *resolver) number() *Result {
	owners, ids := r.order()
	res := &r.res
	res.Sessions = make([]Session, len(owners))
	res.byID = make(map[string]int, len(owners))
	sums := make([]*Session, len(r.units)) // by unit, only of those that own their session
	for i, u := range owners {
		u.session = i
		res.Sessions[i] = r.start(u, ids[u.index])
		res.byID[ids[u.index]] = i
		sums[u.index] = &res.Sessions[i]
	}
	r.fill(sums)
	for i := range res.spans.spans {
		s := &res.spans.spans[i]
		s.Session = r.units[s.Session].owner().session
	}
	res.spans.join()
	res.Spans = slices.Clip(res.spans.spans)
	return res
}

// order lists the units that own their session by start and id, and all ids.
func (r *resolver) order() (owners []*unit, ids []string) {
	starts := make([]int64, len(r.units))
	ids = make([]string, len(r.units))
	for i, u := range r.units {
		starts[i] = cloudtrail.NoTime
		if u.target == nil {
			sum := sha256.Sum256([]byte(u.key))
			ids[i] = hex.EncodeToString(sum[:8])
			owners = append(owners, u)
		}
		u.key = ""
	}
	for i := range r.in.Activity {
		if t := r.in.Activity[i].First; t != cloudtrail.NoTime {
			at := &starts[r.home[i].owner().index]
			if *at == cloudtrail.NoTime || t < *at {
				*at = t
			}
		}
	}
	slices.SortFunc(owners, func(a, b *unit) int {
		return cmp.Or(cmp.Compare(starts[a.index], starts[b.index]), cmp.Compare(ids[a.index], ids[b.index]))
	})
	return owners, ids
}

// compareSessions orders sessions by start, then by id.
func compareSessions(a, b *Session) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), strings.Compare(a.ID, b.ID))
}

// owner is the unit whose session this unit's events belong to.
func (u *unit) owner() *unit {
	for u.target != nil {
		u = u.target
	}
	return u
}

// start makes the session that a unit will be.
func (r *resolver) start(u *unit, id string) Session {
	s := Session{ID: id, Kind: u.kind, Start: cloudtrail.NoTime, End: cloudtrail.NoTime, Created: cloudtrail.NoTime}
	if u.kind == Console || u.kind == Stamped {
		s.Created = u.stamp.created
	}
	return s
}
