// Package detail shows one event in full: the facts spoor derived, the record as
// logged as a tree that folds, and where it came from. Every value filters,
// copies and is found.
//
// The record is read by a token walk of its own instead of encoding/json: keys
// keep their order and their doubles, numbers their digits, and bytes that are
// not UTF-8 stay what they are, for they are evidence.
package detail
