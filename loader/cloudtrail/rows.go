package cloudtrail

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// Tables of records: the CSV of Athena and Lake, the rows of GetQueryResults. A
// row becomes a CloudTrail record again, column by column; what the table had
// flattened beyond repair stays text.

// csvHeader returns the first row of text when it is a header with the columns of
// CloudTrail records.
func csvHeader(text string) ([]string, bool) {
	text = strings.TrimPrefix(text, bom)
	if text == "" || text[0] == '{' || text[0] == '[' {
		return nil, false
	}
	line, _, _ := strings.Cut(text[:min(len(text), 1<<16)], "\n")
	if !strings.Contains(line, ",") {
		return nil, false
	}
	header, err := newCSV(line).Read()
	if err != nil {
		return nil, false
	}
	columns := 0
	for i, h := range header {
		header[i] = strings.TrimSpace(h)
		if f, _ := fieldFold(header[i]); f == fName || f == fSource {
			columns++
		}
	}
	return header, columns == 2
}

func newCSV(text string) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	return r
}

// csv decodes the rows of a CSV file.
func (d *Decoder) csv(header []string) {
	defer d.enter("CSV")()
	skipped := len(d.text) - len(strings.TrimPrefix(d.text, bom))
	r := newCSV(d.text[skipped:])
	for row := 0; d.err == nil; row++ {
		start := skipped + int(r.InputOffset())
		cells, err := r.Read()
		end := skipped + int(r.InputOffset())
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			d.problem(start, "broken CSV row")
		case row > 0:
			span := Span{Off: uint32(start), Len: uint32(end - start), Form: FormCSV}
			before := d.res.Events
			d.convert(rebuild(header, cells), span)
			if d.res.Events == before && d.err == nil {
				d.problem(start, "row without a CloudTrail record")
			}
		}
	}
}

func csvRecord(text, row string) (string, error) {
	header, ok := csvHeader(text)
	if !ok {
		return "", errors.New("cut record: the text has no CSV header of CloudTrail columns")
	}
	cells, err := newCSV(row).Read()
	if err != nil {
		return "", errors.New("cut record: broken CSV row")
	}
	return rebuild(header, cells), nil
}

// lakeRow decodes one row of a GetQueryResults answer: [{"eventTime":".."}, …].
func (d *Decoder) lakeRow(i int) int {
	end := skip(d.text, i)
	if end < 0 {
		return end
	}
	span := Span{Off: uint32(i), Len: uint32(end - i), Form: FormLake}
	before := d.res.Events
	d.convert(lakeRecord(d.text[i:end]), span)
	if d.res.Events == before && d.err == nil {
		d.res.Other++
	}
	return end
}

func lakeRecord(row string) string {
	var header, cells []string
	for i := space(row, 1); i < len(row) && row[i] == '{'; {
		end := skip(row, i)
		if end < 0 {
			break
		}
		for c := newCursor(row[i:end]); ; {
			key, v, ok := c.next()
			if !ok {
				break
			}
			header = append(header, key)
			if text := plainText(v); text != "" || v == "null" {
				cells = append(cells, text)
			} else {
				cells = append(cells, v)
			}
		}
		if i = space(row, end); i < len(row) && row[i] == ',' {
			i = space(row, i+1)
		}
	}
	return rebuild(header, cells)
}

// rebuild makes a record of columns and their cells. Empty cells are null, which
// a record leaves out.
func rebuild(header, cells []string) string {
	var b strings.Builder
	b.WriteByte('{')
	written := map[field]bool{}
	for i, cell := range cells {
		if i >= len(header) || cell == "" || cell == "null" {
			continue
		}
		id, _ := fieldFold(header[i])
		if id == fNone || id >= fRecords || written[id] {
			continue
		}
		written[id] = true
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + names[id] + `":`)
		b.WriteString(cellJSON(id, cell))
	}
	b.WriteByte('}')
	return b.String()
}

// cellJSON writes a cell as the JSON its field has in a record.
func cellJSON(id field, cell string) string {
	cell = strings.ToValidUTF8(cell, "\uFFFD")
	switch id {
	case fRequest, fResponse, fAdditional, fService, fInsight, fWindow, fSummary, fIdentity, fResources:
		if json.Valid([]byte(cell)) {
			return cell
		}
		if v, rest, ok := structJSON(cell, 0); ok && rest == "" {
			return v
		}
	case fReadOnly, fManagement:
		if isTrue(cell) || strings.EqualFold(cell, "false") {
			return strings.ToLower(cell)
		}
	}
	return quote(cell)
}

func quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// structJSON reads the text form of a struct or list, `{type=IAMUser, attributes={…}}`,
// which Athena and Lake print without quotes: a value ends where the next
// `, name=` or the bracket comes. Good enough for identities, whose values hold
// no such text; ok is false where it does not work out.
func structJSON(s string, depth int) (v, rest string, ok bool) {
	if s == "" || depth > 8 || s[0] != '{' && s[0] != '[' {
		return "", s, false
	}
	list := s[0] == '['
	closing := byte('}')
	if list {
		closing = ']'
	}
	var b strings.Builder
	b.WriteByte(s[0])
	for s = s[1:]; s != "" && s[0] != closing; s = strings.TrimPrefix(s, ", ") {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		if !list {
			key, after, found := strings.Cut(s, "=")
			if !found || !isStructKey(key) {
				return "", s, false
			}
			b.WriteString(quote(key) + ":")
			s = after
		}
		item, after, ok := structJSON(s, depth+1)
		if !ok {
			item, after = structScalar(s, list)
		}
		if len(after) > 0 && after[0] != closing && !strings.HasPrefix(after, ", ") {
			return "", s, false
		}
		b.WriteString(item)
		s = after
	}
	if s == "" {
		return "", s, false
	}
	b.WriteByte(closing)
	return b.String(), s[1:], true
}

func isStructKey(key string) bool {
	for _, c := range []byte(key) {
		if (c < '0' || c > '9') && (c|' ' < 'a' || c|' ' > 'z') && c != '_' {
			return false
		}
	}
	return key != ""
}

// structScalar reads a bare value up to the next member or the end of its struct.
func structScalar(s string, list bool) (v, rest string) {
	end := 0
	for end < len(s) && s[end] != '}' && s[end] != ']' {
		if strings.HasPrefix(s[end:], ", ") {
			key, _, found := strings.Cut(s[end+2:], "=")
			if list || found && isStructKey(key) {
				break
			}
		}
		end++
	}
	if v = s[:end]; v == "null" || v == "" {
		return "null", s[end:]
	}
	return quote(v), s[end:]
}
