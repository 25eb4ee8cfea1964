package query

import (
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Subject is an event as a Matcher sees it.
type Subject interface {
	// Values are those of a field of the catalogue, as shown: none, or null
	// ones, when absent. Times are RFC 3339, numbers decimal.
	Values(field string) []Value
	// Record is the record as logged, JSON.
	Record() string
}

// A Matcher decides whether an event satisfies a filter. It is the meaning of
// the filter language in plain Go: slow beside a store's indexes, and what the
// stores are tested against.
type Matcher struct{ match func(Subject) bool }

// Match reports whether the event satisfies the filter.
func (m Matcher) Match(s Subject) bool { return m.match(s) }

// Matcher compiles the filter; relative times are resolved by the clock.
func (f Filter) Matcher(c Clock) Matcher {
	m, _ := Print(f, matchPrinter{c})
	return Matcher{m}
}

// matchPrinter prints filters as Go functions.
type matchPrinter struct{ clock Clock }

type matchFunc = func(Subject) bool

func (matchPrinter) All() (matchFunc, error) { return func(Subject) bool { return true }, nil }

func (matchPrinter) And(list []matchFunc) (matchFunc, error) {
	return func(s Subject) bool {
		for _, m := range list {
			if !m(s) {
				return false
			}
		}
		return true
	}, nil
}

func (matchPrinter) Or(list []matchFunc) (matchFunc, error) { return either(list), nil }

// either holds where one of the tests does.
func either[T any](tests []func(T) bool) func(T) bool {
	return func(v T) bool {
		return slices.ContainsFunc(tests, func(test func(T) bool) bool { return test(v) })
	}
}

func (matchPrinter) Not(m matchFunc) (matchFunc, error) {
	return func(s Subject) bool { return !m(s) }, nil
}

func (p matchPrinter) Field(t Term) (matchFunc, error) {
	test := t.Test(p.clock)
	return func(s Subject) bool {
		return slices.ContainsFunc(s.Values(t.Field), func(v Value) bool { return !v.Null && test(v.Text) })
	}, nil
}

func (p matchPrinter) Path(t Term) (matchFunc, error) {
	search := t.search(p.clock)
	return func(s Subject) bool { return search(s.Record()) }, nil
}

func (p matchPrinter) Text(t Text) (matchFunc, error) {
	search := t.search()
	return func(s Subject) bool { return search(s.Record()) }, nil
}

// Test returns the function that decides on one value of the term's field or
// path, as shown; absent values satisfy no term and are not put to it. Stores
// use it on the distinct values of a field.
func (t Term) Test(c Clock) func(text string) bool {
	f, ok := Lookup(t.Field)
	switch {
	case t.Op == Present:
		return func(string) bool { return true }
	case ok && f.Kind == KindLevel && t.Op.Compares():
		return t.levelTest(f.Values)
	case ok && f.Kind.Ordered() && f.Kind != KindLevel:
		return t.orderedTest(f.Kind, c)
	case t.Op.Compares():
		return t.compareTest(c)
	}
	var tests []func(string) bool
	for _, v := range t.Values {
		tests = append(tests, t.valueTest(f.Kind, v))
	}
	return t.onForms(either(tests))
}

// onForms tries a test on every form under which a value goes by.
func (t Term) onForms(test func(string) bool) func(string) bool {
	switch {
	case t.Field == "service":
	case t.Op != Exact && (t.Field == "event" || t.Field == "resource"):
	default:
		return test
	}
	return func(s string) bool { return slices.ContainsFunc(Forms(t.Field, s), test) }
}

// Forms returns the texts under which a value of a field is found with ":", the
// value itself first: a service without ".amazonaws.com" (with "=" too), a call
// without its API date, a resource ARN by its resource part and its last part.
func Forms(field, v string) []string {
	forms := []string{v}
	switch field {
	case "service":
		if short, ok := strings.CutSuffix(v, ".amazonaws.com"); ok {
			forms = append(forms, short)
		}
	case "event":
		if base := dateSuffix.ReplaceAllString(v, ""); base != v && base != "" {
			forms = append(forms, base)
		}
	case "resource":
		if parts := strings.SplitN(v, ":", 6); len(parts) == 6 && parts[0] == "arn" {
			forms = append(forms, parts[5])
			if i := strings.LastIndexAny(parts[5], "/:"); i >= 0 && i+1 < len(parts[5]) {
				forms = append(forms, parts[5][i+1:])
			}
		}
	}
	return forms
}

// dateSuffix is the API date that Lambda and old CloudFront append to eventName.
var dateSuffix = regexp.MustCompile(`(\d{4}_\d\d_\d\d|20\d{6}(v\d+)?)$`)

// valueTest compares text with one value of a term.
func (t Term) valueTest(kind Kind, v Match) func(string) bool {
	switch {
	case t.Op == Regex:
		re, err := regexp.Compile(v.Text)
		if err != nil {
			return func(string) bool { return false } // Parse lets none through
		}
		return re.MatchString
	case t.Op == Exact:
		return func(s string) bool { return s == v.Text }
	case isPattern(v):
		return newGlob(v.Text).match
	}
	equal := func(s string) bool { return strings.EqualFold(s, v.Text) }
	if kind != KindAddress && len(t.Path) == 0 {
		return equal
	}
	if prefix, err := netip.ParsePrefix(v.Text); err == nil {
		return func(s string) bool { return equal(s) || inPrefix(prefix, s) }
	}
	if want, err := netip.ParseAddr(v.Text); err == nil {
		return func(s string) bool {
			have, err := netip.ParseAddr(s)
			return err == nil && have.Unmap() == want.Unmap() || equal(s)
		}
	}
	return equal
}

// inPrefix reports whether s is an address in the prefix; IPv4 addresses mapped
// into IPv6 count as IPv4.
func inPrefix(prefix netip.Prefix, s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && prefix.Contains(a.Unmap().WithZone(""))
}

// orderedTest compares times and numbers of the catalogue.
func (t Term) orderedTest(kind Kind, c Clock) func(string) bool {
	bounds := t.Bounds(c)
	return func(s string) bool {
		var n int64
		var err error
		if kind == KindTime {
			var at time.Time
			at, err = time.Parse(time.RFC3339Nano, s)
			n = at.UnixMicro()
		} else {
			n, err = strconv.ParseInt(s, 10, 64)
		}
		if err != nil {
			return false
		}
		return slices.ContainsFunc(bounds, func(b Bound) bool { return b.has(n) })
	}
}

// levelTest compares words by their place in the list of the field.
func (t Term) levelTest(levels []string) func(string) bool {
	place := func(text string) (from, to int64, ok bool) {
		i := int64(slices.Index(levels, text))
		return i, i, i >= 0
	}
	var tests []func(string) bool
	for _, v := range t.Values {
		b, ok := bound(t.Op, v, place)
		tests = append(tests, func(s string) bool {
			n, _, known := place(s)
			return ok && known && b.has(n)
		})
	}
	return either(tests)
}

// compareTest compares values of a path, which has no declared kind: numbers
// with numbers, times with times; anything else is not in order and fails.
func (t Term) compareTest(c Clock) func(string) bool {
	var tests []func(string) bool
	for _, v := range t.Values {
		if kind, _ := pathKind(v); kind == KindNumber {
			tests = append(tests, numberTest(t.Op, v))
			continue
		}
		b, ok := timeBound(t.Op, v, c)
		tests = append(tests, func(s string) bool {
			m, err := parseMoment(s)
			if !ok || err != nil || m.form > formLocal {
				return false
			}
			from, _, _ := m.span(c, true)
			return b.has(from)
		})
	}
	return either(tests)
}

// numberTest compares numbers that need not be whole.
func numberTest(op Op, v Match) func(string) bool {
	end := func(text string, open float64) float64 {
		if n, err := ParseNumber(text); err == nil {
			return n
		}
		return open
	}
	lo, hi := end(v.Text, math.Inf(-1)), end(v.To, math.Inf(1))
	return func(s string) bool {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return false
		}
		switch op {
		case Less:
			return n < lo
		case LessEq:
			return n <= lo
		case Greater:
			return n > lo
		case GreaterEq:
			return n >= lo
		}
		return lo <= n && n <= hi
	}
}
