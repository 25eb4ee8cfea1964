package digest

import (
	"regexp"
	"strings"
	"time"
)

// A place is what an object's name says. CloudTrail writes
//
//	[prefix/]AWSLogs/[o-ORG/]ACCOUNT/KIND/REGION/YYYY/MM/DD/FILE
//
// and a copy may have lost any part before KIND.
type place struct {
	root     string    // before KIND, ends in "/" unless empty
	kind     string    // CloudTrail, CloudTrail-Digest, CloudTrail-Insight …
	account  string    // 12 digits
	region   string    // where the objects come from
	trail    string    // digests only
	home     string    // digests only: region in which the trail was created
	backfill bool      // digests only
	day      time.Time // of the folder; zero when flat
	time     time.Time // in the file name; zero when wrong
	file     string
	tail     string // what follows root, and a copy keeps: from KIND on, or the file
	flat     bool   // only the file name tells; the folders are lost
	wrong    string // why CloudTrail would not have written this name; "" when it would
}

func (p place) digest() bool { return p.kind == digestKind }

const digestKind = "CloudTrail-Digest"

// Trail names may hold "_", "." and "-", so the digest pattern is anchored on
// its right: a region has no "_" and the time exactly 16 characters.
var (
	digestFile = regexp.MustCompile(`^(\d{12})_CloudTrail-Digest_([a-z0-9-]+)_(.+)_([a-z0-9-]+)_(\d{8}T\d{6}Z)(_backfill)?\.json(?:\.gz)?$`)
	logFile    = regexp.MustCompile(`^(\d{12})_(CloudTrail[A-Za-z-]*)_([a-z0-9-]+)_(\d{8}T\d{4}Z)_[A-Za-z0-9]+\.json(?:\.gz)?$`)
)

// parseName reads an object's full name; false means that it lies in no
// CloudTrail folder and has no CloudTrail file name.
func parseName(full string) (place, bool) {
	full = strings.ReplaceAll(full, `\`, "/")
	parts := strings.Split(full, "/")
	p := place{file: parts[len(parts)-1]}
	if p.file == "" || strings.HasPrefix(p.file, ".") {
		return place{}, false // folder markers, .DS_Store
	}
	at := kindAt(parts)
	if at < 0 {
		p.flat = true
		p.root, p.tail = full[:len(full)-len(p.file)], p.file
		p.readFile()
		return p, p.wrong == ""
	}
	p.tail = full[len(strings.Join(parts[:at], "/")):]
	if at > 0 {
		p.tail = p.tail[1:]
	}
	p.root = full[:len(full)-len(p.tail)]
	p.kind = parts[at]
	if at > 0 && len(parts[at-1]) == 12 {
		p.account = parts[at-1]
	}
	folders := parts[at+1 : len(parts)-1]
	if len(folders) > 0 {
		p.region = folders[0]
	}
	if len(folders) != 4 {
		p.wrong = "it does not lie in a day's folder"
		return p, true
	}
	day, err := time.Parse("2006/01/02", strings.Join(folders[1:], "/"))
	if err != nil {
		p.wrong = "its folder is not a day"
	}
	p.day = day
	p.readFile()
	return p, true
}

// kindAt finds the KIND folder, the last one so named before the file.
func kindAt(parts []string) int {
	for i := len(parts) - 2; i >= 0; i-- {
		rest, ok := strings.CutPrefix(parts[i], "CloudTrail")
		if ok && (rest == "" || rest[0] == '-') {
			return i
		}
	}
	return -1
}

func (p *place) readFile() {
	if p.kind == digestKind || p.flat && strings.Contains(p.file, "_"+digestKind+"_") {
		p.readDigestFile()
	} else {
		p.readLogFile()
	}
	if p.wrong == "" && !p.flat && !p.time.Truncate(24*time.Hour).Equal(p.day) {
		p.wrong = "the day of its folder is not the day in its name"
	}
}

func (p *place) readDigestFile() {
	m := digestFile.FindStringSubmatch(p.file)
	if m == nil {
		p.wrong = "it is not named as digests are"
		return
	}
	p.match(m[1], digestKind, m[2])
	p.trail, p.home, p.backfill = m[3], m[4], m[6] != ""
	p.stamp("20060102T150405Z", m[5])
}

func (p *place) readLogFile() {
	m := logFile.FindStringSubmatch(p.file)
	if m == nil {
		p.wrong = "it is not named as log files are"
		return
	}
	p.match(m[1], m[2], m[3])
	p.stamp("20060102T1504Z", m[4])
}

// match takes from the file name what the folders don't say, and notes where
// the two disagree.
func (p *place) match(account, kind, region string) {
	if p.account == "" {
		p.account = account
	}
	if p.kind == "" {
		p.kind = kind
	}
	if p.region == "" {
		p.region = region
	}
	if p.wrong == "" && (p.account != account || p.kind != kind || p.region != region) {
		p.wrong = "its name and its folder disagree"
	}
}

func (p *place) stamp(layout, text string) {
	t, err := time.Parse(layout, text)
	if err != nil && p.wrong == "" {
		p.wrong = "the time in its name is none"
	}
	p.time = t
}

// objectName is the full name of an S3 object, as reports show it.
func objectName(bucket, key string) string { return "s3://" + bucket + "/" + key }

func splitName(name string) (bucket, key string, ok bool) {
	rest, ok := strings.CutPrefix(name, "s3://")
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, "/")
}

// A Name is what an object's full name says of it.
type Name struct {
	Account, Region string
	Trail           string // digests only
	Digest          bool
	Time            time.Time // in the file name, or the day of its folder; UTC
}

// ParseName reads the name of a log or digest file as CloudTrail writes it;
// false means that it is none.
func ParseName(full string) (Name, bool) {
	p, ok := parseName(full)
	return Name{Account: p.account, Region: p.region, Trail: p.trail, Digest: p.digest(), Time: p.when()}, ok
}
