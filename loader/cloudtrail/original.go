package cloudtrail

import (
	"errors"
	"fmt"
)

// Record returns the JSON of the record at s in text, the unpacked text of its
// object: exactly as logged where the record lies there as JSON or inside a
// string, and rebuilt, the same each time, where it does not (CSV, Lake, OCSF).
func Record(text string, s Span) (string, error) {
	if uint64(s.Off)+uint64(s.Len) > uint64(len(text)) {
		return "", fmt.Errorf("cut record at byte %d, %d bytes long: the text has %d", s.Off, s.Len, len(text))
	}
	raw := text[s.Off : s.Off+s.Len]
	switch s.Form {
	case FormObject:
		return raw, nil
	case FormString:
		return recordInString(raw)
	case FormCSV:
		return csvRecord(text, raw)
	case FormLake:
		return lakeRecord(raw), nil
	case FormOCSF:
		return ocsfRecord(raw), nil
	}
	return "", fmt.Errorf("cut record: unknown form %d", s.Form)
}

// recordInString returns the one record inside a JSON string, which may hold it
// in a further envelope.
func recordInString(literal string) (string, error) {
	record := ""
	d := Decoder{text: literal}
	d.emit = func(*Event) error {
		record = d.text[d.found.start:d.found.end]
		return nil
	}
	d.embedded(0, len(literal))
	if record == "" {
		return "", errors.New("cut record: no record inside the string")
	}
	return record, nil
}
