package store

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"spoor/query"
)

// profiled are the fields in which a profile looks for its value.
var profiled = []string{"ip", "key", "principal", "actor", "role", "sessionname", "session", "root", "account", "caller"}

// profileFacets are what a profile counts.
var profileFacets = []string{"event", "service", "region", "ip", "agent", "actor", "key", "account", "error"}

// Bounds of the lists of a profile.
const (
	profileTop      = 12
	profileSessions = 50
)

// Profile tells all about one address, key, principal, role, user or session. All
// parts of it are worked out at once.
func (db *DB) Profile(ctx context.Context, value string) (query.Profile, error) {
	p, err := db.FindProfile(ctx, value)
	if err != nil {
		return p, err
	}
	var parts [query.ProfileParts]query.Profile
	group, ctx := errgroup.WithContext(ctx)
	for i := range parts {
		group.Go(func() (err error) {
			parts[i], err = db.ProfilePart(ctx, p, query.ProfilePart(i))
			return err
		})
	}
	err = group.Wait()
	for i := range parts {
		if part := query.ProfilePart(i); part == query.ProfileSums || p.Events > 0 {
			p.Take(part, parts[i])
		}
	}
	return p, err
}

// FindProfile says which fields hold a value, and makes the filter for its events:
// what all parts of its profile are about. A value in no field is looked for in
// the records.
func (db *DB) FindProfile(ctx context.Context, value string) (query.Profile, error) {
	p := query.Profile{Value: value, First: noTime, Last: noTime}
	return p, db.profileOf(ctx, &p)
}

// ProfilePart works out one part of a profile that FindProfile began.
func (db *DB) ProfilePart(ctx context.Context, p query.Profile, part query.ProfilePart) (query.Profile, error) {
	var err error
	switch part {
	case query.ProfileSums:
		err = db.profileSums(ctx, &p)
	case query.ProfileVolume:
		p.Volume, err = db.Histogram(ctx, query.HistogramRequest{Filter: p.Filter, Buckets: 60})
	case query.ProfileFacets:
		p.Facets, err = db.Facets(ctx, query.FacetRequest{Filter: p.Filter, Fields: profileFacets, Top: profileTop})
	case query.ProfileDenials:
		p.Denials, err = db.profileDenials(ctx, p.Filter)
	case query.ProfileSessions:
		p.Sessions, err = db.Sessions(ctx, query.SessionRequest{Filter: p.Filter, Order: query.SessionsNewest, N: profileSessions, Stale: true})
	}
	return p, err
}

// profileSums counts the events of a profile.
func (db *DB) profileSums(ctx context.Context, p *query.Profile) error {
	h, err := db.filter(ctx, p.Filter)
	if err != nil {
		return err
	}
	defer h.release()
	sums, err := ask(ctx, db, func(ctx context.Context, c conn) ([]int64, error) {
		return c.int64s(ctx, "SELECT count(*), count(*) FILTER (e.outcome = 1), count(*) FILTER (NOT e.readonly), count(e.t), min(e.t), max(e.t), "+
			"count(*) FILTER (NOT e.readonly AND e.outcome = 0) FROM event_rows AS e WHERE "+h.where.sql, h.where.args...)
	})
	if err != nil {
		return err
	}
	p.Partial = !h.complete
	p.Events, p.Denied, p.Writes, p.Changes = sums[0], sums[1], sums[2], sums[6]
	if sums[3] > 0 {
		p.First, p.Last = sums[4], sums[5]
	}
	return nil
}

// profileDenials counts the calls that were denied.
func (db *DB) profileDenials(ctx context.Context, f query.Filter) (query.Facet, error) {
	denied, err := query.Is("outcome", query.Value{Text: "denied"})
	if err != nil {
		return query.Facet{}, err
	}
	list, err := db.Facets(ctx, query.FacetRequest{Filter: f.And(denied), Fields: []string{"event"}, Top: profileTop})
	if err != nil {
		return query.Facet{}, err
	}
	return list[0], nil
}

// within reports whether a field holds a value, and all events of it go back to
// the root actor of that name: who was at work tells, without a look at events. A
// person's own events are asked for by her name as a root actor then, for half
// the cost.
func (db *DB) within(ctx context.Context, f query.Filter, value string) (bool, error) {
	t, one := f.Root().(query.Term)
	root, err := profileTerm("root", value)
	if !one || err != nil {
		return false, nil
	}
	field, ok := db.fields[t.Field].(personField)
	if !ok {
		return false, nil
	}
	x, wanted, err := rootField{resolving{db}}.wanted(ctx, root.Root().(query.Term), db.clock())
	if err != nil || !x.is(db.stateOfCase(), 0) {
		return false, err
	}
	found := false
	ids, _ := field.holding(db, t, db.clock())
	for _, who := range ids {
		for _, s := range x.of(who) {
			if found = true; !wanted[s.session] {
				return false, nil
			}
		}
	}
	return found, nil
}

// profileOf finds the fields that hold the value and makes the filter.
func (db *DB) profileOf(ctx context.Context, p *query.Profile) error {
	for _, field := range profiled {
		f, err := profileTerm(field, p.Value)
		if err != nil { // the value means nothing to the field
			continue
		}
		if within, err := db.within(ctx, f, p.Value); err != nil {
			return err
		} else if within {
			p.Fields = append(p.Fields, field)
			continue
		}
		n, err := db.Count(ctx, f)
		if err != nil {
			return err
		}
		if n.N == 0 {
			continue
		}
		if p.Fields = append(p.Fields, field); p.Filter.All() {
			p.Filter = f
		} else {
			p.Filter = p.Filter.Or(f)
		}
	}
	if len(p.Fields) > 0 {
		return nil
	}
	f, err := query.Is("text", query.Value{Text: p.Value})
	if err != nil {
		return fmt.Errorf("profile %q: %w", p.Value, err)
	}
	p.Fields, p.Filter = []string{"text"}, f
	return nil
}

// profileTerm is the filter for a value in a field.
func profileTerm(field, value string) (query.Filter, error) {
	account, name, ok := roleARN(value)
	if !ok || field != "role" {
		return query.Parse(field + ":" + written(field, value))
	}
	return query.Parse("role:" + written(field, name) + " caller:" + written("caller", account))
}

// roleARN takes a role's ARN apart: events name the role, not its ARN.
func roleARN(s string) (account, name string, ok bool) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || !strings.HasPrefix(parts[5], "role/") {
		return "", "", false
	}
	return parts[4], s[strings.LastIndexByte(s, '/')+1:], true
}

// written writes a value for the filter language: wildcards and address ranges
// keep their meaning.
func written(field, v string) string {
	if !strings.ContainsAny(v, " \"\\()") && (strings.ContainsAny(v, "*?") || field == "ip") {
		return v
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
}
