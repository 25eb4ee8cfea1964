// Package demo holds the built-in example incident as an archive of log files
// and digests; package incident beside it made it and tells the story.
package demo

import _ "embed"

// Zip is the example: objects under their S3 keys, manifest.json and
// public_keys.json.
//
//go:embed demo.zip
var Zip []byte
