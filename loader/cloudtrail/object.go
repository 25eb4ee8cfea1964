package cloudtrail

import (
	"encoding/json"
	"strings"
)

// A verdict says how scanning an object went.
type verdict uint8

const (
	complete verdict = iota
	broken           // found.end is ^n, n the byte where it breaks
	odd              // valid so far, but for the exact path to judge
	list             // found.end is at a list of records, to be decoded in place
	within           // valid so far, and there may be more
)

// scan reads the members of the object at f.start, or goes on at f.end after a
// list. It trusts nothing it has not seen a thousand times: a key twice, a key
// with escapes or in unusual case is odd.
func (d *Decoder) scan(f *found) verdict {
	s, i := d.text, f.end
	first := f.end == f.start
	if first {
		i++
	}
	last := fNone // the member before
	for ; ; first = false {
		id := d.next[last]
		if lead := leads[id]; !first && lead != "" && strings.HasPrefix(s[i:], lead) {
			i += len(lead)
		} else {
			v := verdict(0)
			if id, i, v = d.key(f, i, first); v != within {
				return v
			}
			if leads[id] != "" {
				d.next[last] = id
			}
		}
		if i = d.keep(f, id, i); i < 0 {
			return f.breaks(^i)
		}
		if bit := uint64(1) << id; id != fNone && id != fUnread {
			if f.seen&bit != 0 && !f.streamed {
				return odd
			}
			f.seen |= bit
		}
		last = id
	}
}

// key reads what comes before the value of the next member: it returns its field
// and where the value starts. Any verdict but member ends the scan.
func (d *Decoder) key(f *found, i int, first bool) (field, int, verdict) {
	s := d.text
	i = space(s, i)
	if i >= len(s) {
		return fNone, 0, f.breaks(len(s))
	}
	if s[i] == '}' {
		f.end = i + 1
		return fNone, 0, complete
	}
	if !first {
		if s[i] != ',' {
			return fNone, 0, f.breaks(i)
		}
		i = space(s, i+1)
	}
	key, plain, i := readKey(s, i)
	if i < 0 {
		return fNone, 0, f.breaks(^i)
	}
	id := fieldOf(key)
	if id == fNone && !f.streamed {
		exact := true
		if id, exact = fieldFold(key); !plain || !exact && id < fRecords {
			return fNone, 0, odd
		}
	}
	if id >= fRecords && id <= fRows && i < len(s) && s[i] == '[' && !f.has(fName) {
		f.end = i
		d.list = id
		return fNone, 0, list
	}
	return id, i, within
}

func (f *found) breaks(at int) verdict {
	f.end = ^at
	return broken
}

// keep reads the value at i and stores it under id.
func (d *Decoder) keep(f *found, id field, i int) int {
	s := d.text
	if i >= len(s) {
		return ^len(s)
	}
	if text, ok := d.memory.recall(f, id, s, i); ok {
		if id != fUnread {
			f.value[id], f.at[id] = text[1:len(text)-1], i
			f.text |= 1 << id
			f.clean |= 1 << id
		}
		return i + len(text)
	}
	switch s[i] {
	case '"':
		end, plain := stringEnd(s, i+1)
		if end < 0 {
			return end
		}
		f.value[id], f.at[id] = s[i+1:end], i
		f.text |= 1 << id
		if !plain {
			f.esc |= 1 << id
		} else {
			d.memory.learn(f, id, s, i, end+1)
		}
		return end + 1
	case '{':
		if id == fIdentity {
			return d.keepIdentity(f, i)
		}
	}
	end := skip(s, i)
	if end < 0 || s[i] == 'n' {
		return end
	}
	if id == fUnread {
		d.memory.learn(f, id, s, i, end)
	}
	f.value[id], f.at[id] = s[i:end], i
	return end
}

// keepIdentity reads a userIdentity. One that begins as a known one of its kind
// does and goes on byte for byte the same needs no scanning at all.
func (d *Decoder) keepIdentity(f *found, i int) int {
	who := d.ids.guess(d.text, i)
	end := 0
	if who != nil {
		end = i + len(who.Raw)
	} else {
		if end = skipNested(d.text, i); end < 0 {
			return end
		}
		who = d.ids.find(d.text[i:end])
	}
	f.who = who
	f.value[fIdentity], f.at[fIdentity] = d.text[i:end], i
	return end
}

// exact reads the object text[f.start:end] by the book. Among several members
// for one field the exact spelling beats another case, a value beats null, and
// the last beats the others.
func (d *Decoder) exact(f *found, end int) verdict {
	start := f.start
	*f = found{start: start, end: end}
	object := d.text[start:end]
	dec := json.NewDecoder(strings.NewReader(object))
	dec.UseNumber()
	if _, err := dec.Token(); err != nil {
		return f.breaks(start)
	}
	var folded uint64 // fields whose value came from a key in another case
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return f.breaks(start + int(dec.InputOffset()))
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return f.breaks(start + int(dec.InputOffset()))
		}
		name, _ := key.(string)
		id, exact := fieldFold(name)
		bit := uint64(1) << id
		taken := f.seen&bit != 0 && folded&bit == 0
		if id == fNone || string(raw) == "null" || !exact && taken {
			continue
		}
		f.seen |= bit
		folded &^= bit
		if !exact {
			folded |= bit
		}
		f.set(id, object, start, int(dec.InputOffset())-len(raw), len(raw))
	}
	return complete
}

// set stores object[off:off+n] as the value of a field.
func (f *found) set(id field, object string, start, off, n int) {
	value := object[off : off+n]
	bit := uint64(1) << id
	f.text &^= bit
	f.esc &^= bit
	if value[0] == '"' {
		value = value[1 : n-1]
		f.text |= bit
		if strings.IndexByte(value, '\\') >= 0 {
			f.esc |= bit
		}
	}
	f.value[id], f.at[id] = value, start+off
}

// isRecord tells a CloudTrail record (fact sheet section 5.2): a call of a
// service, an insight or an aggregate. Messages about S3 objects have eventSource
// and eventName as well, and so do catalogues of events: a record has at least
// one more of the fields every record has.
func (f *found) isRecord() bool {
	if f.text>>fInsight&1 == 0 && strings.HasPrefix(f.value[fInsight], "{") {
		return true
	}
	if f.has(fWindow) && f.has(fSummary) && f.text>>fWindow&1 == 0 {
		return true
	}
	if f.value[fName] == "" || f.text>>fName&1 == 0 || strings.HasPrefix(f.value[fSource], "aws:") {
		return false
	}
	marks := 0
	for _, id := range [...]field{fVersion, fID, fTime, fIdentity, fRegion, fIP, fRecipient, fType, fRequestID} {
		if f.has(id) {
			marks++
		}
	}
	return marks > 2 || marks > 0 && f.value[fSource] != ""
}
