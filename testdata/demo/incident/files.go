package incident

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

// logFile is one delivered object.
type logFile struct {
	account, region, key string
	delivered            time.Time // the minute in its name
	records              []record
}

const window = 15 * time.Minute

// deliver sorts records into files as CloudTrail would: by account and region,
// a file per quarter of an hour, named after the minute of delivery.
func deliver(records []record) []logFile {
	type slot struct {
		account, region string
		delivered       time.Time
	}
	files := map[slot]*logFile{}
	for _, r := range records {
		t, err := time.Parse("2006-01-02T15:04:05Z", r.EventTime)
		if err != nil {
			panic(err) // stamp wrote it
		}
		k := slot{r.Recipient, r.AWSRegion, t.Truncate(window).Add(window)}
		f := files[k]
		if f == nil {
			f = &logFile{account: k.account, region: k.region, delivered: k.delivered}
			f.key = fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%s.json.gz", k.account, k.region, k.delivered.Format("2006/01/02"),
				k.account, k.region, k.delivered.Format("20060102T1504Z"), unique(k.account+k.region+k.delivered.String()))
			files[k] = f
		}
		f.records = append(f.records, r)
	}
	var list []logFile
	for _, f := range files {
		slices.SortStableFunc(f.records, func(a, b record) int { return cmp.Compare(a.EventTime, b.EventTime) })
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b logFile) int { return cmp.Compare(a.key, b.key) })
	return list
}

// unique is the random part of a log file's name, 16 letters and digits.
func unique(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	s := base64.RawURLEncoding.EncodeToString(sum[:])
	return string(bytes.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return 'x'
		}
		return r
	}, []byte(s)))[:16]
}

// alter is the tampering of the story: in the record of the new access key,
// somebody put an address of the house in place of the attacker's.
func alter(records []record) []record {
	forged := slices.Clone(records)
	for i := range forged {
		if forged[i].EventName == "CreateAccessKey" {
			forged[i].SourceIP = officeIP
		}
	}
	return forged
}

// altered reports whether f is the file that was tampered with.
func altered(f logFile) bool {
	return f.account == prod && slices.ContainsFunc(f.records, func(r record) bool { return r.EventName == "CreateAccessKey" })
}
