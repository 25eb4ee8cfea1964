package query

import (
	"strconv"
	"strings"
)

// A whole is a number that things are counted with.
type whole interface{ ~int | ~int64 | ~uint32 }

// Number writes a whole number with commas: 1,234,567.
func Number[N whole](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Counted says how many there are of a thing, given in the singular:
// "1 event", "2,000 queries".
func Counted[N whole](n N, thing string) string { return Number(n) + " " + Plural(n, thing) }

// Plural returns the word for so many of a thing, given in the singular. In a
// phrase ("log file") the last word is put in the plural.
func Plural[N whole](n N, thing string) string {
	stem, y := strings.CutSuffix(thing, "y")
	switch {
	case n == 1:
		return thing
	case y && !strings.ContainsAny(stem[max(len(stem)-1, 0):], "aeiou"):
		return stem + "ies"
	case strings.HasSuffix(thing, "s") || strings.HasSuffix(thing, "x") || strings.HasSuffix(thing, "ch") || strings.HasSuffix(thing, "sh"):
		return thing + "es"
	}
	return thing + "s"
}
