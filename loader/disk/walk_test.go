package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"spoor/loader"
)

// BenchmarkWalk lists 100,000 small files: the price of a second run that finds
// nothing new.
func BenchmarkWalk(b *testing.B) {
	root := b.TempDir()
	const n = 100_000
	for i := range n {
		dir := filepath.Join(root, fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/%02d", 1+i/4000))
		if i%4000 == 0 {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.json.gz", i)), nil, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	src, err := Open(root, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		got := 0
		for range src.Objects(b.Context(), loader.Scope{}) {
			got++
		}
		if got != n {
			b.Fatalf("%d files", got)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/n*1e9, "ns/file")
}
