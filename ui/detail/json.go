package detail

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A kind says what a node is.
type kind uint8

const (
	object kind = iota
	array
	str
	number
	literal // true, false, null
	section // a heading of ours
	fact    // a derived field
)

// node is one line of the tree, in document order.
type node struct {
	kind  kind
	depth int
	key   string // of a member; "" for items of an array
	item  int    // place in its array, -1 for members
	path  []string
	place string // names the node among all of a record, the same from event to event
	field string // for facts: the field of the catalogue
	text  string // decoded value
	shown string // what is shown in place of text, when that is something else
	null  bool
	size  int   // members or items
	pad   int   // width of the widest key beside this one, to set values in a column
	end   int   // index after the last descendant
	inner bool  // inside JSON that the record carries as a string
	event int64 // the event that the line stands for, 0 for none
}

// maxDepth bounds nesting; CloudTrail's own is below 15. Deeper text is shown as
// one value.
const maxDepth = 64

// tree reads a JSON document into nodes. ok is false when it is not JSON as far
// as the walk can tell; the nodes read so far are returned all the same.
func tree(doc string) (nodes []node, ok bool) {
	w := walker{s: doc}
	w.space()
	if !w.value(node{item: -1}, 0) {
		return w.nodes, false
	}
	w.space()
	return w.nodes, w.i == len(w.s)
}

type walker struct {
	s     string
	i     int
	nodes []node
	inner bool
}

func (w *walker) space() {
	for w.i < len(w.s) && strings.IndexByte(" \t\r\n", w.s[w.i]) >= 0 {
		w.i++
	}
}

func (w *walker) peek() byte {
	if w.i < len(w.s) {
		return w.s[w.i]
	}
	return 0
}

// value reads one value; n brings what is known of its place.
func (w *walker) value(n node, depth int) bool {
	n.depth, n.inner = depth, w.inner
	at := len(w.nodes)
	w.nodes = append(w.nodes, n)
	ok := false
	switch c := w.peek(); {
	case depth > maxDepth:
		return false
	case c == '{':
		ok = w.object(at, depth)
	case c == '[':
		ok = w.array(at, depth)
	case c == '"':
		var t string
		t, ok = w.str()
		w.nodes[at].kind, w.nodes[at].text = str, t
		if ok {
			w.embedded(at, t, depth)
		}
	default:
		ok = w.bare(at)
	}
	w.nodes[at].end = len(w.nodes)
	return ok
}

// embedded unfolds JSON carried in a string, such as a policy document.
func (w *walker) embedded(at int, t string, depth int) {
	trimmed := strings.TrimSpace(t)
	if w.inner || len(trimmed) < 2 || trimmed[0] != '{' && trimmed[0] != '[' {
		return
	}
	in := walker{s: trimmed, inner: true}
	if !in.value(node{item: -1}, depth) {
		return
	}
	if in.space(); in.i != len(in.s) || len(in.nodes) < 2 {
		return
	}
	for _, n := range in.nodes[1:] {
		n.end += at
		n.place = w.nodes[at].place + n.place
		n.path = w.nodes[at].path // a filter can only speak of the string as a whole
		w.nodes = append(w.nodes, n)
	}
	w.nodes[at].size = in.nodes[0].size
}

func (w *walker) object(at, depth int) bool {
	w.nodes[at].kind = object
	path, place := w.nodes[at].path, w.nodes[at].place
	for w.i++; ; w.nodes[at].size++ {
		w.space()
		if w.peek() == '}' {
			w.i++
			w.align(at)
			return true
		}
		if w.nodes[at].size > 0 {
			if w.peek() != ',' {
				return false
			}
			w.i++
			w.space()
		}
		key, ok := w.str()
		if w.space(); !ok || w.peek() != ':' {
			return false
		}
		w.i++
		w.space()
		if !w.value(node{key: key, item: -1, path: append(path[:len(path):len(path)], key), place: place + "\x00" + key}, depth+1) {
			return false
		}
	}
}

// maxPad bounds the column in which values begin; longer keys stick out.
const maxPad = 24

// align gives the members of an object, whose nodes follow it, a common column.
func (w *walker) align(at int) {
	var members []int
	pad := 0
	for i := at + 1; i < len(w.nodes); i = max(w.nodes[i].end, i+1) {
		members = append(members, i)
		if n := len(w.nodes[i].key); n <= maxPad {
			pad = max(pad, n)
		}
	}
	for _, i := range members {
		w.nodes[i].pad = pad
	}
}

func (w *walker) array(at, depth int) bool {
	w.nodes[at].kind = array
	place := w.nodes[at].place
	for w.i++; ; w.nodes[at].size++ {
		w.space()
		if w.peek() == ']' {
			w.i++
			return true
		}
		if w.nodes[at].size > 0 {
			if w.peek() != ',' {
				return false
			}
			w.i++
			w.space()
		}
		n := w.nodes[at].size
		if !w.value(node{item: n, path: w.nodes[at].path, place: place + "\x01" + strconv.Itoa(n)}, depth+1) {
			return false
		}
	}
}

// bare reads a number or literal.
func (w *walker) bare(at int) bool {
	from := w.i
	for w.i < len(w.s) && strings.IndexByte(",]} \t\r\n", w.s[w.i]) < 0 {
		w.i++
	}
	t := w.s[from:w.i]
	n := &w.nodes[at]
	n.text, n.kind, n.null = t, number, t == "null"
	if t == "true" || t == "false" || t == "null" {
		n.kind = literal
	}
	return t != ""
}

// str reads a string and decodes it. Bytes that are no UTF-8 stay as they are.
func (w *walker) str() (string, bool) {
	if w.peek() != '"' {
		return "", false
	}
	w.i++
	from := w.i
	for w.i < len(w.s) && w.s[w.i] != '"' && w.s[w.i] != '\\' {
		w.i++
	}
	if w.peek() == '"' {
		w.i++
		return w.s[from : w.i-1], true
	}
	var b strings.Builder
	b.WriteString(w.s[from:w.i])
	for w.i < len(w.s) {
		switch c := w.s[w.i]; c {
		case '"':
			w.i++
			return b.String(), true
		case '\\':
			if !w.escape(&b) {
				return b.String(), false
			}
		default:
			b.WriteByte(c)
			w.i++
		}
	}
	return b.String(), false
}

// escape decodes one escape sequence at w.i.
func (w *walker) escape(b *strings.Builder) bool {
	if w.i+1 >= len(w.s) {
		return false
	}
	c := w.s[w.i+1]
	w.i += 2
	if k := strings.IndexByte(`"\/bfnrt`, c); k >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[k])
		return true
	}
	r, ok := w.hex()
	if c != 'u' || !ok {
		return false
	}
	if utf16.IsSurrogate(r) {
		second := utf8.RuneError
		if strings.HasPrefix(w.s[w.i:], `\u`) {
			save := w.i
			w.i += 2
			if low, ok := w.hex(); ok {
				second = utf16.DecodeRune(r, low)
			}
			if second == utf8.RuneError {
				w.i = save
			}
		}
		r = second
	}
	b.WriteRune(r)
	return true
}

func (w *walker) hex() (rune, bool) {
	if w.i+4 > len(w.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(w.s[w.i:w.i+4], 16, 32)
	if err != nil {
		return 0, false
	}
	w.i += 4
	return rune(n), true
}
