package cloudtrail

import "strings"

// Listed calls use with the name and the type of each entry of resources, the
// member of a record as logged (user guide, "CloudTrail record contents"): the
// ARN, or the ARNPrefix of grants that cover several. Anything but a list of
// objects names nothing.
func Listed(resources string, use func(name, kind string)) {
	i := space(resources, 0)
	if i >= len(resources) || resources[i] != '[' {
		return
	}
	for i = space(resources, i+1); i < len(resources) && resources[i] != ']'; {
		end := 0
		if resources[i] == '{' {
			c := cursor{s: resources, i: i + 1}
			name, kind := entry(&c)
			if end = space(resources, c.i) + 1; end > len(resources) || resources[end-1] != '}' {
				return
			}
			if name != "" {
				use(name, kind)
			}
		} else if end = skip(resources, i); end < 0 {
			return
		}
		if i = space(resources, end); i < len(resources) && resources[i] == ',' {
			i = space(resources, i+1)
		}
	}
}

// entry reads one of resources, to its end.
func entry(c *cursor) (name, kind string) {
	prefix := ""
	for {
		key, v, ok := c.next()
		switch {
		case !ok:
			return first(name, prefix), kind
		case len(key) == 3 && name == "" && strings.EqualFold(key, "ARN"):
			name = plainText(v)
		case len(key) == 9 && prefix == "" && strings.EqualFold(key, "ARNPrefix"):
			prefix = plainText(v)
		case len(key) == 4 && kind == "" && strings.EqualFold(key, "type"):
			kind = plainText(v)
		}
	}
}
