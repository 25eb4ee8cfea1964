// Package facets is the panel of top values per field, with how many events have
// each under the filter. As in shops, a field's own choice does not narrow its
// own values: with one region ticked the others still show what they would give.
package facets
