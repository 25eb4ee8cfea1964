package cloudtrail_test

import (
	"testing"

	"spoor/loader/cloudtrail"
	"spoor/loader/loadgen"
)

// BenchmarkDecode decodes large objects, about 8 MB of text, with what their
// identities cost: CPU seconds per million events are ns/event ÷ 1000.
func BenchmarkDecode(b *testing.B) {
	var texts []string
	bytes, events := 0, 0
	for o := range loadgen.Objects(loadgen.Options{Seed: 1, Events: 5000, Accounts: 1, Regions: 2, Days: 1}) {
		texts = append(texts, o.Text)
		bytes += len(o.Text)
		events += o.Events
	}
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		var d cloudtrail.Decoder
		for _, text := range texts {
			if _, err := d.Decode(text, func(*cloudtrail.Event) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/event")
}
