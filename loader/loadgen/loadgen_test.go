package loadgen

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"spoor/loader/cloudtrail"
)

func TestSameSeedSameLogs(t *testing.T) {
	t.Parallel()
	for _, shape := range []Shape{Large, Small} {
		var first []Object
		for o := range Objects(Options{Seed: 7, Events: 3000, Shape: shape}) {
			first = append(first, o)
		}
		i, events := 0, 0
		for o := range Objects(Options{Seed: 7, Events: 3000, Shape: shape}) {
			if o != first[i] {
				t.Fatalf("object %d differs", i)
			}
			i++
			events += o.Events
		}
		if i != len(first) || events != 3000 {
			t.Errorf("%d objects, then %d; %d events", len(first), i, events)
		}
		for o := range Objects(Options{Seed: 8, Events: 3000, Shape: shape}) {
			if o.Text == first[0].Text {
				t.Error("another seed gives the same text")
			}
			break
		}
	}
}

func TestObjectsAreCloudTrailFiles(t *testing.T) {
	t.Parallel()
	var d cloudtrail.Decoder
	for o := range Objects(Options{Seed: 1, Events: 5000, Shape: Small}) {
		key, ok := cloudtrail.ParseKey(o.Name)
		if !ok || key.Kind != "CloudTrail" || key.Time.Truncate(24*3600e9) != key.Day {
			t.Fatalf("%s: %+v", o.Name, key)
		}
		if !json.Valid([]byte(o.Text)) {
			t.Fatalf("%s is not JSON", o.Name)
		}
		res, err := d.Decode(o.Text, func(e *cloudtrail.Event) error {
			if e.Account != key.Account || e.Region != key.Region || e.Time > key.Time.UnixMicro() || e.ID == "" {
				t.Errorf("%s: %+v", o.Name, e)
			}
			return nil
		})
		if err != nil || res.Events != o.Events || res.Invalid != 0 {
			t.Fatalf("%s: %d events, %+v, %v", o.Name, o.Events, res, err)
		}
	}
}

// TestCardinalities holds the package comment to what comes out.
func TestCardinalities(t *testing.T) {
	t.Parallel()
	const n = 100_000
	issued, used, idle := map[string]bool{}, map[string]bool{}, 0
	names, agents, addresses := map[string]bool{}, map[string]bool{}, map[string]bool{}
	reads, failed, data, bytes, length, forward := 0, 0, 0, 0, 0, 0
	who := map[*cloudtrail.Identity]bool{}
	var d cloudtrail.Decoder
	for o := range Objects(Options{Seed: 3, Events: n, Shape: Large}) {
		length += len(o.Text)
		_, err := d.Decode(o.Text, func(e *cloudtrail.Event) error {
			names[e.Source+e.Name], agents[e.UserAgent], addresses[e.SourceIP] = true, true, true
			who[e.Who] = true
			reads += count(e.ReadOnly)
			failed += count(e.Outcome != cloudtrail.OK)
			data += count(e.Category == cloudtrail.Data)
			bytes += count(e.BytesOut > 0)
			forward += count(e.Who.InvokedBy != "" && e.Who.Kind != cloudtrail.KindService)
			if e.Mint != nil && e.Mint.IssuedKey != "" && e.Mint.Call != "CreateAccessKey" {
				issued[e.Mint.IssuedKey] = true
			}
			if issued[e.Who.AccessKey] {
				used[e.Who.AccessKey] = true
			}
			idle += count(e.Anchor == cloudtrail.AnchorKey && e.Who.Type == "AssumedRole" && !issued[e.Who.AccessKey])
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d B/event, %d identities, %d calls, %d agents, %d addresses, %d reads, %d failed, %d data, %d with bytes, %d forwarded, %d keys issued, %d used, %d temporary keys from nowhere",
		length/n, len(who), len(names), len(agents), len(addresses), reads, failed, data, bytes, forward, len(issued), len(used), idle)
	for _, c := range []struct {
		what             string
		got, least, most int
	}{
		{"bytes an event", length / n, 1500, 1900},
		{"reads in 1000", reads * 1000 / n, 820, 900},
		{"failures in 1000", failed * 1000 / n, 30, 50},
		{"data events in 1000", data * 1000 / n, 150, 450},
		{"forwarded in 1000", forward * 1000 / n, 20, 150},
		{"calls", len(names), 80, 130},
		{"temporary keys nobody issued", idle, 0, 0},
		{"keys used, of those issued, in 100", len(used) * 100 / max(1, len(issued)), 80, 100},
	} {
		if c.got < c.least || c.got > c.most {
			t.Errorf("%s: %d, want %d to %d", c.what, c.got, c.least, c.most)
		}
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestGenerateWritesTheTree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sum, err := Generate(dir, Options{Seed: 1, Events: 2000, Shape: Small, Days: 2})
	if err != nil {
		t.Fatal(err)
	}
	files, size := 0, int64(0)
	err = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			info, _ := e.Info()
			files++
			size += info.Size()
		}
		return err
	})
	if err != nil || files != sum.Objects || size != sum.Stored || sum.Events != 2000 || sum.Sessions == 0 || sum.Errors == 0 {
		t.Errorf("%d files, %d bytes, %+v, %v", files, size, sum, err)
	}
}

func BenchmarkObjects(b *testing.B) {
	events, bytes := 0, 0
	for b.Loop() {
		for o := range Objects(Options{Seed: 1, Events: 50_000}) {
			events += o.Events
			bytes += len(o.Text)
		}
	}
	b.SetBytes(int64(bytes / b.N))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}
