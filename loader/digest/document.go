package digest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A document is the content of a digest file. All strings are verbatim: they
// are part of what is signed.
type document struct {
	start, end    time.Time
	endText       string
	bucket, key   string
	fingerprint   string
	algorithm     string
	prevBucket    string
	prevKey       string
	prevHash      string
	prevAlgorithm string
	prevSignature string
	starts        bool // the previous fields are null: the first of a chain
	logs          []namedLog
}

// A namedLog is a log file as a digest names it.
type namedLog struct {
	name           string // s3://bucket/key
	hash           string // hex
	algorithm      string
	oldest, newest time.Time // of its events; zero when the digest has no usable time
}

// A flaw is what is wrong with a digest's content.
type flaw struct {
	reason Reason
	detail string
}

// fields that every digest has; those of the second list may be null, all
// together.
var (
	docFields  = []string{"awsAccountId", "digestStartTime", "digestEndTime", "digestS3Bucket", "digestS3Object", "digestPublicKeyFingerprint", "digestSignatureAlgorithm"}
	prevFields = []string{"previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue", "previousDigestHashAlgorithm", "previousDigestSignature"}
)

func parseDocument(raw []byte) (document, *flaw) {
	fields, derr := docJSON(raw)
	if derr != nil {
		return document{}, derr
	}
	text := map[string]string{}
	for _, name := range docFields {
		if !stringField(fields, name, text) {
			return document{}, &flaw{FieldMissing, "its field " + name + " is missing or not a string"}
		}
	}
	nulls := 0
	for _, name := range prevFields {
		if value, ok := fields[name]; ok && string(value) == "null" {
			nulls++
		} else if !stringField(fields, name, text) {
			return document{}, &flaw{FieldMissing, "its field " + name + " is missing or not a string"}
		}
	}
	if nulls != 0 && nulls != len(prevFields) {
		return document{}, &flaw{FieldMissing, "only some of its fields about the previous digest are null"}
	}
	d := document{
		endText: text["digestEndTime"], bucket: text["digestS3Bucket"], key: text["digestS3Object"],
		fingerprint: text["digestPublicKeyFingerprint"], algorithm: text["digestSignatureAlgorithm"],
		prevBucket: text["previousDigestS3Bucket"], prevKey: text["previousDigestS3Object"],
		prevHash: text["previousDigestHashValue"], prevAlgorithm: text["previousDigestHashAlgorithm"],
		prevSignature: text["previousDigestSignature"], starts: nulls > 0,
	}
	return d, d.readRest(fields["logFiles"], text["digestStartTime"])
}

// docJSON splits the object into its fields; names count exactly, as signed.
func docJSON(raw []byte) (map[string]json.RawMessage, *flaw) {
	var fields map[string]json.RawMessage
	err := json.Unmarshal(raw, &fields)
	if err == nil && fields != nil {
		return fields, nil
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) && int(syntax.Offset) >= len(raw) {
		return nil, &flaw{Truncated, fmt.Sprintf("its JSON ends early, after %d bytes", len(raw))}
	}
	return nil, &flaw{NotJSON, "it does not hold a JSON object"}
}

func stringField(fields map[string]json.RawMessage, name string, out map[string]string) bool {
	var s *string
	if json.Unmarshal(fields[name], &s) != nil || s == nil {
		return false
	}
	out[name] = *s
	return true
}

func (d *document) readRest(logs json.RawMessage, start string) *flaw {
	var err error
	if d.start, err = time.Parse(time.RFC3339, start); err != nil {
		return &flaw{FieldMissing, "its digestStartTime is not a time"}
	}
	if d.end, err = time.Parse(time.RFC3339, d.endText); err != nil {
		return &flaw{FieldMissing, "its digestEndTime is not a time"}
	}
	var entries []struct{ S3Bucket, S3Object, HashValue, HashAlgorithm, NewestEventTime, OldestEventTime *string }
	if json.Unmarshal(logs, &entries) != nil || entries == nil {
		return &flaw{FieldMissing, "its field logFiles is missing or not a list"}
	}
	for i, e := range entries {
		if e.S3Bucket == nil || e.S3Object == nil || e.HashValue == nil {
			return &flaw{FieldMissing, fmt.Sprintf("entry %d of its logFiles lacks a name or hash", i+1)}
		}
		d.logs = append(d.logs, namedLog{name: objectName(*e.S3Bucket, *e.S3Object), hash: strings.Clone(*e.HashValue),
			algorithm: deref(e.HashAlgorithm), oldest: parseTime(e.OldestEventTime), newest: parseTime(e.NewestEventTime)})
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func parseTime(s *string) time.Time {
	t, err := time.Parse(time.RFC3339, deref(s))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// name is where the digest says it was delivered.
func (d *document) name() string { return objectName(d.bucket, d.key) }

// previous is where it says the digest before lies.
func (d *document) previous() string { return objectName(d.prevBucket, d.prevKey) }

// signed is the text that CloudTrail signs ("Custom implementations of
// CloudTrail log file integrity validation"): values verbatim, no line feed at
// the end.
func (d *document) signed(sum [32]byte) string {
	previous := d.prevSignature
	if d.starts {
		previous = "null"
	}
	return d.endText + "\n" + d.bucket + "/" + d.key + "\n" + hex.EncodeToString(sum[:]) + "\n" + previous
}
