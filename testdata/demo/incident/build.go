// Package incident makes the built-in example: two accounts over a day and a
// half, the people and machines at work in them, and an intruder. All of it is
// invented. The same bytes come out every time, so the archive beside this
// package can be checked against it:
//
//	go run ./testdata/demo/incident/make
//
// The story, all on 2026-03-10 UTC: the long-term key of ci-deploy is used from
// 203.0.113.77 and meets denials (02:11); it assumes the role deployer (02:24)
// and with it ReleaseManager in another account (02:27); opens port 22 of a
// security group to the world (02:38); makes an access key for backup-svc
// (02:41), which copies an S3 bucket (02:55); shares a snapshot with a strange
// account (02:52); empties the bucket (03:06); stops the trail (03:20). In the
// morning somebody notices and cleans up (07:42). One log file was altered
// afterwards to hide where the new key was made from.
package incident

import (
	"archive/zip"
	"bytes"
	"fmt"
	"time"

	"spoor/loader/digest/digesttest"
)

const (
	trailBucket = "example-trail-logs"
	home        = "us-east-1"
)

var regions = []string{home, "eu-west-1"}

// Build returns the example as a zip archive: log files and digests under their
// S3 keys, manifest.json with their metadata, and public_keys.json.
func Build() ([]byte, error) {
	s := &story{}
	attack(s)
	cleanUp(s)
	background(s)
	files := deliver(s.records)

	keys := map[string][]digesttest.Key{}
	for i, region := range regions {
		keys[region] = []digesttest.Key{digesttest.NewKey([]string{"a", "b"}[i], begin.AddDate(0, 0, -10), begin.AddDate(0, 0, 20))}
	}
	tree := digesttest.NewTree()
	for _, account := range []string{dev, prod} {
		for _, region := range regions {
			trail := digesttest.Trail{Bucket: trailBucket, Account: account, Region: region, Home: home, Name: "main", Keys: keys[region]}
			sign(tree, trail, files)
		}
	}
	forge(tree, files)
	return archive(tree, digesttest.Manifest{
		Trail:   digesttest.Trail{Bucket: trailBucket, Account: dev, Home: home, Name: "main"},
		Regions: regions, From: begin, To: end, Keys: keys,
	})
}

// sign adds a trail's log files and its chain of digests. The trail in prod has
// two chains: one up to the minute it was stopped, one from its restart on.
func sign(tree *digesttest.Tree, trail digesttest.Trail, files []logFile) {
	var logs []digesttest.Log
	for _, f := range files {
		if f.account != trail.Account || f.region != trail.Region {
			continue
		}
		first, last := f.records[0].EventTime, f.records[len(f.records)-1].EventTime
		logs = append(logs, digesttest.Log{Key: f.key, Text: body(f.records), Delivered: f.delivered, Oldest: parse(first), Newest: parse(last)})
	}
	tree.AddLogs(trail.Bucket, logs...)
	const hour = time.Hour
	if trail.Account != prod {
		tree.AddDigests(trail.Chain(begin, int(end.Sub(begin)/hour), logs)...)
		return
	}
	before := trail.Chain(begin, int(stopped.Sub(begin)/hour), logs)
	last := before[len(before)-1]
	final := stopped.Truncate(window).Add(window + 5*time.Minute) // the last delivery is in it
	before = append(before, trail.Next(&last, begin.Add(stopped.Sub(begin).Truncate(hour)), final, between(logs, begin.Add(stopped.Sub(begin).Truncate(hour)), final)))
	tree.AddDigests(before...)
	tree.AddDigests(trail.Chain(restarted, int(end.Sub(restarted)/hour)+1, logs)...)
}

func between(logs []digesttest.Log, from, to time.Time) (in []digesttest.Log) {
	for _, l := range logs {
		if !l.Delivered.Before(from) && l.Delivered.Before(to) {
			in = append(in, l)
		}
	}
	return in
}

// forge replaces the one log file that was tampered with.
func forge(tree *digesttest.Tree, files []logFile) {
	for _, f := range files {
		if altered(f) {
			tree.AddLogs(trailBucket, digesttest.Log{Key: f.key, Text: body(alter(f.records)), Delivered: f.delivered})
		}
	}
}

func archive(tree *digesttest.Tree, m digesttest.Manifest) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name string, body []byte, method uint16, modified time.Time) error {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: modified})
		if err != nil {
			return fmt.Errorf("add %s: %w", name, err)
		}
		_, err = f.Write(body)
		return err
	}
	for _, o := range tree.List() {
		if err := put(o.Key, o.Body, zip.Store, o.Modified); err != nil {
			return nil, err
		}
	}
	if err := put("manifest.json", tree.JSON(m), zip.Deflate, end); err != nil {
		return nil, err
	}
	if err := put("public_keys.json", digesttest.KeysJSON(digesttest.Epoch, m.Keys), zip.Deflate, end); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}

func parse(s string) time.Time {
	t, err := time.Parse(digesttest.TimeForm, s)
	if err != nil {
		panic(err) // stamp wrote it
	}
	return t
}
