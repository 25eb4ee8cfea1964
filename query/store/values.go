package store

import (
	"context"
	"strings"
	"sync"

	"spoor/query"
)

// Values offers values of a field that begin with a prefix, most frequent first.
func (db *DB) Values(ctx context.Context, r query.ValueRequest) ([]query.FacetValue, error) {
	all, err := db.counted(ctx, r.Field)
	if err != nil {
		return nil, err
	}
	prefix := strings.ToLower(r.Prefix)
	var out []query.FacetValue
	for _, v := range all.Values {
		if len(out) == r.N {
			break
		}
		if !v.Value.Null && (begins(r.Field, v.Value.Text, prefix) || db.nameBegins(r.Field, v.Value.Text, prefix)) {
			out = append(out, v)
		}
	}
	return out, nil
}

// begins reports whether any form of a value begins with a prefix.
func begins(field, text, prefix string) bool {
	for _, form := range query.Forms(field, strings.ToLower(text)) {
		if strings.HasPrefix(form, prefix) {
			return true
		}
	}
	return false
}

// counted returns the facet of a field over the whole case. It is kept until
// the case has changed, for people type on.
func (db *DB) counted(ctx context.Context, field string) (query.Facet, error) {
	_, rev := db.now()
	db.offers.mu.Lock()
	defer db.offers.mu.Unlock()
	if db.offers.revision != rev {
		db.offers.revision, db.offers.facets = rev, make(map[string]query.Facet)
	}
	if f, ok := db.offers.facets[field]; ok {
		return f, nil
	}
	list, err := db.Facets(ctx, query.FacetRequest{Fields: []string{field}, Top: maxOffers})
	if err != nil {
		return query.Facet{}, err
	}
	db.offers.facets[field] = list[0]
	return list[0], nil
}

// offers are the facets that completion used last.
type offers struct {
	mu       sync.Mutex
	revision uint64
	facets   map[string]query.Facet
}

// maxOffers is how many values of a field completion knows.
const maxOffers = 10_000
