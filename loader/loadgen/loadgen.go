// Package loadgen invents CloudTrail logs for benchmarks: as many as one likes,
// the same for the same seed, and enough like real ones that sizes, repetition
// and joins behave.
//
//	accounts × regions = cells; a cell is a series of objects, one per time window
//	  └─ slots      24 actors a cell, picked by Zipf: users with keys, people signed in
//	     │          through SAML or the console, roles assumed by those, instances,
//	     │          functions, services
//	     └─ sessions   one after the other, 1 to 12 hours each; all but long-term keys
//	        │          begin with the event that issued their key or signed them in
//	        └─ events  90 API calls by Zipf, 85 of 100 reads
//
// A record is about 1.7 kB. A million events with the defaults (8 accounts, 4
// regions, 3 days) hold some 7,000 sessions begun by an event, 24,000 different
// identities, 360 addresses and 70 user agents. A quarter are S3 and DynamoDB data
// events, most with byte counts; 9 of 100 are KMS calls that a service forwards;
// 3 to 4 of 100 fail. TestCardinalities holds this comment to its word.
//
// Ids (eventID, requestID), keys and session tokens are random, so gzip does about
// as well as on real files: a seventh for large objects, a sixth for small ones.
package loadgen

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"
)

// A Shape is how many events an object has.
type Shape uint8

const (
	Large Shape = iota // 500 to 5,000: a busy account
	Small              // 5 to 60: a quiet one
)

// Options say what to generate. Zero values take the defaults.
type Options struct {
	Seed     uint64
	Events   int // exactly as many; default 1,000
	Shape    Shape
	Days     int       // default 3
	Accounts int       // default 8
	Regions  int       // default 4, at most len(regionNames)
	Start    time.Time // of the first window; default 2026-03-01 00:00 UTC
}

func (o Options) withDefaults() Options {
	def := func(n *int, d int) {
		if *n <= 0 {
			*n = d
		}
	}
	def(&o.Events, 1000)
	def(&o.Days, 3)
	def(&o.Accounts, 8)
	def(&o.Regions, 4)
	o.Regions = min(o.Regions, len(regionNames))
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	}
	return o
}

// size is the least and the most events of an object.
func (s Shape) size() (least, most int) {
	if s == Small {
		return 5, 60
	}
	return 500, 5000
}

// A Summary counts what was generated.
type Summary struct {
	Objects, Events    int
	Text, Stored       int64 // bytes of JSON, and on disk
	Sessions           int   // that an event began
	Reads, Data        int   // events with readOnly true; data events
	Errors             int
	FirstDay, LastDay  time.Time // of delivery
	DistinctIdentities int       // different userIdentity texts
}

// An Object is one log file, not compressed.
type Object struct {
	Name   string // S3 key: AWSLogs/account/CloudTrail/region/YYYY/MM/DD/file.json.gz
	Text   string
	Events int
}

// Objects yields the objects in order of delivery.
func Objects(o Options) iter.Seq[Object] {
	return func(yield func(Object) bool) {
		g := newGenerator(o)
		for g.next() {
			if !yield(Object{Name: g.name, Text: string(g.buf), Events: g.inObject}) {
				return
			}
		}
	}
}

// Generate writes the objects below dir, gzipped, in the folders of a bucket.
func Generate(dir string, o Options) (Summary, error) {
	g := newGenerator(o)
	zip, err := gzip.NewWriterLevel(io.Discard, 3)
	if err != nil {
		return g.sum, fmt.Errorf("make a gzip writer: %w", err)
	}
	made := ""
	for g.next() {
		path := filepath.Join(dir, filepath.FromSlash(g.name))
		if folder := filepath.Dir(path); folder != made {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return g.sum, fmt.Errorf("make the folder of a log: %w", err)
			}
			made = folder
		}
		n, err := writeObject(path, g.buf, zip)
		if err != nil {
			return g.sum, fmt.Errorf("write a log: %w", err)
		}
		g.sum.Stored += n
	}
	return g.sum, nil
}

func writeObject(path string, text []byte, zip *gzip.Writer) (size int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	b := bufio.NewWriterSize(f, 1<<16)
	zip.Reset(b)
	if _, err := zip.Write(text); err != nil {
		return 0, err
	}
	if err := zip.Close(); err != nil {
		return 0, err
	}
	if err := b.Flush(); err != nil {
		return 0, err
	}
	return f.Seek(0, io.SeekCurrent)
}
