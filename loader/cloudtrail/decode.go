package cloudtrail

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// A Decoder finds and decodes the records in log files. It keeps the identities
// it has met, so one Decoder should decode many files; it is not safe for
// concurrent use. Its zero value is ready.
type Decoder struct {
	ids    idCache
	next   [numFields]field // which member came last behind each one
	memory memory

	text  string // being walked: the object's, or what a string in it holds
	emit  func(*Event) error
	err   error // of emit: ends the walk
	event Event
	found found
	list  field // set by scan: the key of the list it stopped at

	res    Result
	within *Span // where text comes from, when it is not the object's own
	inside int   // records found in that text
	wraps  int   // how many carriers are open
	path   []string
	noFast bool   // for tests: judge every object by the exact path
	skip   string // what the first object without a record was

	patience int // bytes that may yet be read in vain
}

// A Result sums up one decoded file.
type Result struct {
	Carrier string // how records were wrapped, e.g. "Records", "lookup-events"; "" without events
	Events  int
	Invalid int // entries that looked like records but could not be decoded
	Other   int // entries that are something else: other messages, empty objects

	Problems []Problem // the first of the invalid entries, at most maxProblems
	Skip     string    // why there is no event at all, in plain words; "" with events
	Digest   bool      // a CloudTrail digest file
}

const maxProblems = 20

// A Problem is an entry that could not be decoded.
type Problem struct {
	Off    int // byte in the text, from 0
	Line   int // line in the text, from 1
	Reason string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s at byte %d (line %d)", p.Reason, p.Off, p.Line)
}

// maxWraps bounds carriers inside carriers: a string in CloudWatch Logs in an
// EventBridge envelope makes four.
const maxWraps = 12

// Decode calls emit for each CloudTrail record in text, the unpacked content of
// one log file, with or without a byte order mark. Bytes that are not UTF-8 come
// out as U+FFFD, but not in the Event's raw JSON. The Event is used again for the
// next record, what it points to is not. The error is emit's own, which ends the
// decoding; mistakes in the text are in the Result.
func (d *Decoder) Decode(text string, emit func(*Event) error) (Result, error) {
	d.text, d.emit, d.err = text, emit, nil
	d.res, d.within, d.wraps, d.path, d.skip = Result{}, nil, 0, d.path[:0], ""
	d.patience = 8*len(text) + 1
	if uint64(len(text)) > math.MaxUint32 {
		d.res.Skip = "more than 4 GiB in one file"
		return d.res, nil
	}
	if header, ok := csvHeader(text); ok {
		d.csv(header)
	} else {
		d.values()
	}
	d.explain()
	d.text, d.emit = "", nil
	d.found = found{}
	return d.res, d.err
}

// explain says why a file has no events.
func (d *Decoder) explain() {
	switch {
	case d.res.Events > 0 || d.err != nil:
	case len(d.res.Problems) > 0 && d.skip == "":
		d.res.Skip = "not JSON: " + d.res.Problems[0].String()
	case strings.TrimSpace(d.text) == "" || d.text == bom:
		d.res.Skip = "empty file"
	case d.skip == "":
		d.res.Skip = "no CloudTrail record inside"
	default:
		d.res.Skip = d.skip
	}
}

// mayRetry tells whether to go on behind text[start:broken] that was read in
// vain. Honest logs lose each byte once; text made to be read again and again
// from every line is given up.
func (d *Decoder) mayRetry(start, broken int) bool {
	d.patience -= broken - start
	return d.patience > 0
}

const bom = "\uFEFF"

// values walks the values of the text: one, or one a line, or one behind the
// other. After a broken one it goes on at the next line that begins a value.
func (d *Decoder) values() {
	s := d.text
	i := 0
	if strings.HasPrefix(s, bom) {
		i = len(bom)
	}
	for d.err == nil {
		if i = space(s, i); i >= len(s) {
			return
		}
		end := d.topValue(i)
		if end < 0 {
			d.problem(^end, "")
			if !d.mayRetry(i, ^end) {
				return
			}
			end = nextLine(s, ^end)
		}
		i = end
	}
}

// topValue decodes the value at i. A line of a CloudWatch export, or of a log in
// text, has its record behind a time and other words.
func (d *Decoder) topValue(i int) int {
	s := d.text
	switch c := s[i]; {
	case c == '{' || c == '[':
		return d.value(i)
	case c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '<':
		line := s[i:]
		if n := strings.IndexByte(line, '\n'); n >= 0 {
			line = line[:n]
		}
		if brace := strings.IndexByte(line, '{'); brace > 0 {
			defer d.enter("log lines")()
			return d.value(i + brace)
		}
	}
	return ^i
}

// nextLine finds the next line after i that begins with a value.
func nextLine(s string, i int) int {
	for i < len(s) {
		n := strings.IndexByte(s[i:], '\n')
		if n < 0 {
			break
		}
		if i += n + 1; i < len(s) && (s[i] == '{' || s[i] >= '0' && s[i] <= '9') {
			return i
		}
	}
	return len(s)
}

// value decodes what records are in the object or array at i.
func (d *Decoder) value(i int) int {
	switch {
	case i >= len(d.text):
		return ^len(d.text)
	case d.wraps > maxWraps:
		return skip(d.text, i)
	case d.text[i] == '{':
		return d.object(i)
	case d.text[i] == '[':
		defer d.enter("array")()
		return d.array(i, fNone)
	}
	return skip(d.text, i)
}

// array decodes the items of the list at i, which stood under the key of id.
func (d *Decoder) array(i int, id field) int {
	s := d.text
	i = space(s, i+1)
	if i < len(s) && s[i] == ']' {
		return i + 1
	}
	for d.err == nil {
		end := d.item(i, id)
		if end < 0 {
			next := nextRecord(s, i+1)
			if next < 0 || !d.mayRetry(i, ^end) {
				return end
			}
			d.problem(^end, "")
			i = next
			continue
		}
		i = space(s, end)
		if i >= len(s) {
			return ^len(s)
		}
		if s[i] == ']' {
			return i + 1
		}
		if s[i] != ',' {
			return ^i
		}
		i = space(s, i+1)
	}
	return len(s)
}

// nextRecord finds where a list goes on behind a broken item, by the way every
// record CloudTrail writes begins; -1 when it does not. Inside a string the
// quotes would be escaped.
func nextRecord(s string, i int) int {
	const begin = `,{"eventVersion":"`
	if n := strings.Index(s[min(i, len(s)):], begin); n >= 0 {
		return i + n + 1
	}
	return -1
}

func (d *Decoder) item(i int, id field) int {
	s := d.text
	if i < len(s) {
		switch {
		case s[i] == '{':
			return d.object(i)
		case s[i] == '[' && id == fRows:
			return d.lakeRow(i)
		case s[i] == '"':
			end := skip(s, i)
			if end > 0 {
				d.embedded(i, end)
			}
			return end
		}
	}
	end := skip(s, i)
	if end > 0 {
		d.res.Other++
	}
	return end
}

// object decodes the object at i: a record, or something that holds records.
func (d *Decoder) object(i int) int {
	f := &d.found
	*f = found{start: i, end: i}
	for {
		v := d.scan(f)
		if d.noFast && v == complete && !f.streamed {
			v = odd
		}
		switch v {
		case broken:
			return f.end
		case complete:
			return d.judge(f)
		case odd:
			end := skipNested(d.text, i)
			if end < 0 {
				return end
			}
			if d.exact(f, end) == broken {
				return f.end
			}
			return d.judge(f)
		case list:
			outer := *f
			leave := d.enter(names[d.list])
			end := d.array(f.end, d.list)
			leave()
			if *f = outer; end < 0 {
				return end
			}
			f.end, f.streamed = end, true
		}
	}
}

// judge does what is right with a complete object and returns its end. Items of
// lookup-events, and what search engines export, name the fields of the record
// around the record itself: that is then the better one.
func (d *Decoder) judge(f *found) int {
	end := f.end
	switch {
	case f.isRecord() && !f.has(fCloudTrailEvent) && !f.has(fRaw) && !f.has(fEventOriginal):
		d.record(f)
	case f.has(fOCSF):
		d.ocsf(f.start, end)
	default:
		outer, before := *f, d.res.Events
		d.unwrap(&outer)
		switch {
		case d.res.Events > before:
		case outer.isRecord():
			*f = outer
			d.record(f)
		default:
			d.other(d.text[outer.start:end], outer.streamed)
		}
	}
	return end
}

// record emits the record in f.
func (d *Decoder) record(f *found) {
	if d.within != nil {
		if d.inside++; d.inside > 1 {
			d.problem(int(d.within.Off), "more than one record in one string")
			return
		}
	}
	d.derive(f)
	if d.res.Events == 0 {
		d.res.Carrier = d.carrier()
	}
	d.res.Events++
	if err := d.emit(&d.event); err != nil && d.err == nil {
		d.err = err
	}
}

// problem records a mistake; without a reason it says what is wrong at off.
func (d *Decoder) problem(off int, reason string) {
	d.res.Invalid++
	if len(d.res.Problems) >= maxProblems {
		return
	}
	off = min(off, len(d.text))
	if reason == "" {
		reason = mistake(d.text, off)
	}
	line := 1 + strings.Count(d.text[:off], "\n")
	d.res.Problems = append(d.res.Problems, Problem{Off: off, Line: line, Reason: reason})
}

// mistake says what is wrong at a byte of broken JSON.
func mistake(text string, off int) string {
	if off >= len(text) {
		return "the text ends in the middle of a value"
	}
	switch c := text[off]; {
	case c == '\n' || c == '\r':
		return "a line break inside a string"
	case c < ' ':
		return fmt.Sprintf("control character %#02x", c)
	case c == '{' || c == '[':
		return "nesting too deep, or a bracket out of place"
	default:
		r, _ := utf8.DecodeRuneInString(text[off:])
		return fmt.Sprintf("unexpected %q", r)
	}
}
