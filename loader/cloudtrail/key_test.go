package cloudtrail

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	const (
		file   = "111122223333_CloudTrail_eu-west-1_20260301T2202Z_sEYGdw9vyW2HzrJQ.json.gz"
		path   = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/" + file
		digest = "111122223333_CloudTrail-Digest_eu-west-1_my_trail.1_us-east-1_20260301T230000Z.json.gz"
	)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	at := day.Add(22*time.Hour + 2*time.Minute)
	plain := Key{Account: "111122223333", Kind: "CloudTrail", Region: "eu-west-1", Day: day, Time: at, File: file}
	with := func(change func(*Key)) Key { k := plain; change(&k); return k }
	for name, want := range map[string]Key{
		path:                         plain,
		"s3://bucket/" + path:        with(func(k *Key) { k.Prefix = "s3://bucket" }),
		"s3://bucket/a/b/" + path:    with(func(k *Key) { k.Prefix = "s3://bucket/a/b" }),
		"/data/AWSLogs/copy/" + path: with(func(k *Key) { k.Prefix = "/data/AWSLogs/copy" }),
		"/data/logs.tar.gz!" + path:  with(func(k *Key) { k.Prefix = "/data/logs.tar.gz!" }),
		"/data/logs.zip!x/" + path:   with(func(k *Key) { k.Prefix = "/data/logs.zip!x" }),
		`C:\logs\AWSLogs\111122223333\CloudTrail\eu-west-1\2026\03\01\` + file:       with(func(k *Key) { k.Prefix = "C:/logs" }),
		"AWSLogs/o-exampleorg1/111122223333/CloudTrail/eu-west-1/2026/03/01/" + file: with(func(k *Key) { k.Org = "o-exampleorg1" }),
		"/flat/" + file: with(func(k *Key) { k.Day = time.Time{} }),
		file:            with(func(k *Key) { k.Day = time.Time{} }),
		"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/renamed.json": {Account: "111122223333", Kind: "CloudTrail", Region: "eu-west-1", Day: day, File: "renamed.json"},
		"AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2026/03/01/111122223333_CloudTrail-Insight_eu-west-1_20260301T2202Z_sEYGdw9vyW2HzrJQ.json.gz": {
			Account: "111122223333", Kind: "CloudTrail-Insight", Region: "eu-west-1", Day: day, Time: at, File: "111122223333_CloudTrail-Insight_eu-west-1_20260301T2202Z_sEYGdw9vyW2HzrJQ.json.gz",
		},
		"AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/" + digest: {
			Account: "111122223333", Kind: "CloudTrail-Digest", Region: "eu-west-1", Day: day, Time: day.Add(23 * time.Hour), File: digest, Trail: "my_trail.1", HomeRegion: "us-east-1",
		},
	} {
		got, ok := ParseKey(name)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s: %t\n%s", name, ok, diff)
		}
		if got.IsDigest() != (want.Trail != "") {
			t.Errorf("%s: digest %t", name, got.IsDigest())
		}
	}
}

func TestOtherNamesAreNoKeys(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "/", "records.json", "AWSLogs/111122223333/CloudTrail/", "AWSLogs/111122223333/Config/eu-west-1/2026/3/1/x.json.gz",
		"AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/03/01/x.log.gz", "AWSLogs/aws-logs-write-test", "AWSLogs/111122223333/CloudTrail-Lake/Query/2026/03/01/q/result_1.csv.gz",
		"AWSLogs/1111/CloudTrail/eu-west-1/2026/03/01/x.json", "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/13/41/x.json",
		"111122223333_CloudTrail_eu-west-1_20261301T2202Z_sEYGdw9vyW2HzrJQ.json.gz",
	} {
		if k, ok := ParseKey(name); ok {
			t.Errorf("%q: %+v", name, k)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("s3://b/AWSLogs/o-exampleorg1/111122223333/CloudTrail/eu-west-1/2026/03/01/111122223333_CloudTrail_eu-west-1_20260301T2202Z_sEYGdw9vyW2HzrJQ.json.gz")
	f.Add("a.zip!111122223333_CloudTrail-Digest_eu-west-1_t_us-east-1_20260301T230000Z.json.gz")
	f.Add(`\AWSLogs\!`)
	f.Fuzz(func(t *testing.T, name string) {
		k, ok := ParseKey(name)
		if !ok {
			return
		}
		if len(k.Account) != 12 || k.Kind == "" || k.Region == "" || k.Day.IsZero() && k.Time.IsZero() && k.File == name {
			t.Errorf("%q: %+v", name, k)
		}
		// The last element by itself can't tell more than the whole name.
		if tail, ok := ParseKey(k.File); ok && (tail.Time != k.Time || tail.Account != k.Account) {
			t.Errorf("%q: %+v, but its file %+v", name, k, tail)
		}
	})
}
