package cloudtrail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchText is about 1.7 kB a record, compact, one line, as CloudTrail delivers.
func benchText(b *testing.B) string {
	dir := filepath.Join(sharedData(b), "real", "invictus-aws-dataset")
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		b.Fatal("no files in ", dir, err)
	}
	var all []string
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		body := strings.TrimSpace(string(raw))
		body = strings.TrimSuffix(strings.TrimPrefix(body, `{"Records":[`), `]}`)
		all = append(all, body)
	}
	return `{"Records":[` + strings.Join(all, ",") + `]}`
}

func BenchmarkDecode(b *testing.B) {
	text := benchText(b)
	var d Decoder
	events := 0
	b.SetBytes(int64(len(text)))
	b.ResetTimer()
	for b.Loop() {
		res, err := d.Decode(text, func(*Event) error { return nil })
		if err != nil || res.Invalid > 0 {
			b.Fatal(res, err)
		}
		events = res.Events
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/event")
	b.ReportMetric(float64(len(text))/float64(events), "B/event")
}
