package cloudtrail

import (
	"regexp"
	"strings"
	"time"
)

// A Key is what the name of a delivered object tells (fact sheet 5.1):
//
//	[prefix/]AWSLogs/[o-xxxx/]account/kind/region/YYYY/MM/DD/file
//
// A file taken out of its folders still tells account, kind, region and time.
type Key struct {
	Prefix  string // what is before AWSLogs, without slash: "s3://bucket/logs", a directory, ""
	Org     string // organization id, "o-…", or ""
	Account string // 12 digits
	Kind    string // CloudTrail, CloudTrail-Digest, CloudTrail-Insight, CloudTrail-NetworkActivity, …
	Region  string
	Day     time.Time // delivery day of the folders, UTC; zero when they don't say
	Time    time.Time // delivery time of the file name, UTC; zero when it does not say
	File    string    // the last element

	Trail      string // digests: the name of the trail
	HomeRegion string // digests: the region the trail was made in
}

// IsDigest tells a digest file by its name.
func (k Key) IsDigest() bool { return k.Kind == "CloudTrail-Digest" }

var (
	keyFolders = regexp.MustCompile(`^(?:(.*)/)?AWSLogs/(?:(o-[a-z0-9]{4,32})/)?(\d{12})/(CloudTrail[A-Za-z-]*)/([a-z0-9-]+)(?:/(\d{4})/(\d\d)/(\d\d))?$`)
	keyFile    = regexp.MustCompile(`^(\d{12})_(CloudTrail(?:-[A-Za-z]+)?)_([a-z0-9-]+)_(?:(.+)_([a-z0-9-]+)_)?(\d{8}T\d{4}(?:\d\d)?)Z(?:_[A-Za-z0-9]+)?\.json(?:\.gz)?$`)
)

// ParseKey reads the name of an object: an S3 key or URL, a path on disk, a member
// of an archive ("archive!member"). It is false for names that follow neither the
// folders nor the file names of CloudTrail.
func ParseKey(name string) (Key, bool) {
	name = strings.ReplaceAll(name, `\`, "/")
	folder, file := "", name
	if i := strings.LastIndexAny(name, "/!"); i >= 0 {
		folder, file = name[:i], name[i+1:]
	}
	k := Key{File: file}
	inFolders := k.folders(folder)
	inFile := k.file(file)
	return k, inFolders || inFile
}

func (k *Key) folders(folder string) bool {
	// The last AWSLogs counts: prefixes may contain the word as well. Archives end
	// their own name with an exclamation mark.
	prefix, rest := "", folder
	if i := strings.LastIndexByte(folder, '!'); i >= 0 {
		prefix, rest = folder[:i+1], folder[i+1:]
	}
	m := keyFolders.FindStringSubmatch(rest)
	if m == nil {
		return false
	}
	k.Prefix, k.Org, k.Account, k.Kind, k.Region = prefix+m[1], m[2], m[3], m[4], m[5]
	if m[6] != "" {
		day, err := time.Parse("2006/01/02", m[6]+"/"+m[7]+"/"+m[8])
		if err != nil {
			return false
		}
		k.Day = day
	}
	return true
}

// file reads the file name; where it disagrees with the folders it is right, for
// folders are made by whoever copies.
func (k *Key) file(file string) bool {
	m := keyFile.FindStringSubmatch(file)
	if m == nil {
		return false
	}
	layout := "20060102T1504"
	if len(m[6]) == len("20060102T150405") {
		layout = "20060102T150405"
	}
	t, err := time.Parse(layout, m[6])
	if err != nil {
		return false
	}
	k.Account, k.Kind, k.Region, k.Time = m[1], m[2], m[3], t
	k.Trail, k.HomeRegion = m[4], m[5]
	return true
}
