// Package digesttest signs trails as CloudTrail does: it turns log files into
// an hourly chain of digest files with the metadata, keys and manifest that go
// with them. Tests damage such a trail and look at what package digest says;
// the built-in example is made with it too. It signs with test keys that are
// worth nothing.
//
//	t := digesttest.Trail{Bucket: "b", Account: "111122223333", Region: "us-east-1",
//		Home: "us-east-1", Name: "main", Keys: digesttest.Rotation(start, end)}
//	log := digesttest.Log{Key: t.LogKey(at, "0123456789abcdef"), Text: text, Delivered: at}
//	tree := digesttest.NewTree()
//	tree.AddLogs(t.Bucket, logs...)
//	tree.AddDigests(t.Chain(start, 24, logs)...)
//	tree.Write(dir, digesttest.Manifest{…})   // buckets/<bucket>/<key>, manifest.json, public_keys.json
//
// Format: AWS CloudTrail User Guide, "CloudTrail digest file structure" and
// "Custom implementations of CloudTrail log file integrity validation".
package digesttest
