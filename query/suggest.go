package query

import "strings"

// Suggest returns the name nearest to word, "" when none is near: at most one
// edit in three characters, ignoring case.
func Suggest(word string, names []string) string {
	limit := len(word) / 3
	limit = max(1, min(limit, 3))
	best, at := "", limit+1
	low := strings.ToLower(word)
	for _, n := range names {
		if d := distance(low, strings.ToLower(n), at); d < at {
			best, at = n, d
		}
	}
	return best
}

// distance counts the edits (insert, delete, replace, swap neighbours) that turn
// a into b; it may give up and return limit once there are that many.
func distance(a, b string, limit int) int {
	if abs(len(a)-len(b)) >= limit {
		return limit
	}
	var before []int
	last, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}

func abs(n int) int { return max(n, -n) }

// fieldNames are the words that can stand before an operator.
func fieldNames() []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
		names = append(names, f.Aliases...)
	}
	return append(append(names, recordKeys...), "last", "ago")
}
