package cloudtrail

import "strings"

// A cursor steps through the members of an object. It stops at the first
// mistake; callers hand it text that has been scanned already.
type cursor struct {
	s string
	i int
}

func newCursor(object string) cursor {
	if object == "" || object[0] != '{' {
		return cursor{}
	}
	return cursor{s: object, i: 1}
}

// next returns a key, unescaped, and the text of its value.
func (c *cursor) next() (key, value string, ok bool) {
	i := space(c.s, c.i)
	if i < len(c.s) && c.s[i] == ',' {
		i = space(c.s, i+1)
	}
	key, plain, start := readKey(c.s, i)
	if start < 0 {
		return "", "", false
	}
	end := skip(c.s, start)
	if end < 0 {
		return "", "", false
	}
	c.i = end
	if !plain || !ascii(key) {
		key = unquote(`"` + key + `"`)
	}
	return key, c.s[start:end], true
}

// member returns the text of the value under key in an object, ignoring the
// case of the key as section 1.5 asks for; a key spelt exactly so wins.
func member(object, key string) string {
	found := ""
	for c := newCursor(object); ; {
		k, v, ok := c.next()
		switch {
		case !ok:
			return found
		case k == key:
			return v
		case found == "" && strings.EqualFold(k, key):
			found = v
		}
	}
}

// at follows a path of keys.
func at(object string, path ...string) string {
	for _, key := range path {
		object = member(object, key)
	}
	return object
}

// textAt is at for a string: unquoted; numbers and booleans as they are written,
// "" for null and for anything nested.
func textAt(object string, path ...string) string {
	return plainText(at(object, path...))
}

// only returns the object in a list of one; "" where there are more or none.
func only(list string) string {
	if !strings.HasPrefix(list, "[") {
		return ""
	}
	if i := space(list, 1); i < len(list) && list[i] == '{' {
		if end := skipNested(list, i); end > 0 && list[space(list, end)] == ']' {
			return list[i:end]
		}
	}
	return ""
}

func plainText(v string) string {
	switch {
	case v == "" || v == "null" || v[0] == '{' || v[0] == '[':
		return ""
	case v[0] == '"':
		return unquote(v)
	default:
		return v
	}
}
