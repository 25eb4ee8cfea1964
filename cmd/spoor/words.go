package main

import (
	"fmt"
	"strings"

	"spoor/query"
)

// number writes n with commas: 1,234,567.
func number[N int | int64](n N) string { return query.Number(n) }

// bytesText writes a number of bytes in the largest binary unit that fits.
func bytesText(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}

// parseSize reads a size such as 1GiB, 500MB or 4096, in bytes.
func parseSize(s string) (int64, error) {
	n, err := query.ParseNumber(strings.ReplaceAll(s, " ", ""))
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is not a size; write 1GiB or 500MB", s)
	}
	return int64(n), nil
}
