package session

import "slices"

// A Difference is what two sessions have in common and what only one has.
type Difference struct {
	What    string
	Both    []string
	OnlyOne []string
	OnlyTwo []string
}

// Compare sets two sessions side by side: their lists, and the calls of each,
// sorted, which only the store knows.
func Compare(one, two *Session, calls [2][]string) []Difference {
	return []Difference{
		split("calls", calls[0], calls[1]),
		split("addresses", one.IPs, two.IPs),
		split("user agents", one.Agents, two.Agents),
		split("services", one.Services, two.Services),
		split("regions", one.Regions, two.Regions),
		split("access keys", one.Keys, two.Keys),
	}
}

// split compares two sorted lists.
func split(what string, one, two []string) Difference {
	d := Difference{What: what}
	for _, v := range one {
		if _, ok := slices.BinarySearch(two, v); ok {
			d.Both = append(d.Both, v)
		} else {
			d.OnlyOne = append(d.OnlyOne, v)
		}
	}
	for _, v := range two {
		if _, ok := slices.BinarySearch(one, v); !ok {
			d.OnlyTwo = append(d.OnlyTwo, v)
		}
	}
	return d
}
