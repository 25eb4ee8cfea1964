package query

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sizes are the words that may follow a number: decimal and binary multiples.
var sizes = map[string]float64{
	"": 1, "b": 1,
	"k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// wantNumber is what an error says was expected of a number.
const wantNumber = "a number such as 1000, 1.5MB or 2GiB"

// ParseNumber reads a number with an optional size: 1000, 1.5MB (10^6), 2GiB
// (2^30); case doesn't count.
func ParseNumber(text string) (float64, error) {
	i := len(text)
	for i > 0 && (text[i-1]|0x20) >= 'a' && (text[i-1]|0x20) <= 'z' {
		i--
	}
	unit, known := sizes[strings.ToLower(text[i:])]
	digits := text[:i]
	if !known || strings.Trim(digits, "-.0123456789") != "" {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	if n *= unit; math.Abs(n) > 1<<62 {
		return 0, fmt.Errorf("%q is too large", text)
	}
	return n, nil
}

// numberBound turns a comparison with a number into a range of whole numbers.
func numberBound(op Op, v Match) (Bound, bool) {
	return bound(op, v, func(text string) (from, to int64, ok bool) {
		n, err := ParseNumber(text)
		return int64(math.Ceil(n)), int64(math.Floor(n)), err == nil
	})
}
