package s3

import (
	"slices"
	"strings"
)

// A level is where a folder lies in the layout that CloudTrail writes.
type level uint8

const (
	levelOutside  level = iota // above AWSLogs, or nowhere near
	levelAccounts              // in AWSLogs: organizations and accounts
	levelKinds                 // in an account: CloudTrail, CloudTrail-Digest, elasticloadbalancing …
	levelRegions               // in a kind
	levelKeys                  // in a region, or in what has no layout: list all keys
)

// outsideDepth is how deep folders outside AWSLogs are listed one by one.
const outsideDepth = 6

// levelOf tells the level of a folder.
func levelOf(prefix string) level {
	above, in, inside := split(prefix)
	switch {
	case !inside && strings.Count(above, "/") > outsideDepth:
		return levelKeys
	case !inside:
		return levelOutside
	case len(in) == 0:
		return levelAccounts
	case !isAccount(in[0]):
		return levelKeys
	case len(in) == 1:
		return levelKinds
	case len(in) == 2 && isLogKind(in[1]):
		return levelRegions
	}
	return levelKeys
}

// split takes a prefix apart: the folders in its last AWSLogs folder, without
// the organization, and all that is before them. What is after the last slash is
// no folder.
func split(prefix string) (above string, in []string, inside bool) {
	const logs = "AWSLogs/"
	i := strings.LastIndex("/"+prefix, "/"+logs)
	if i < 0 {
		return prefix, nil, false
	}
	above = prefix[:i+len(logs)]
	in = strings.Split(prefix[len(above):], "/")
	in = in[:len(in)-1]
	if len(in) > 0 && strings.HasPrefix(in[0], "o-") {
		above += in[0] + "/"
		in = in[1:]
	}
	return above, in, true
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// isLogKind tells the folders that hold days of CloudTrail files by region.
func isLogKind(s string) bool {
	return strings.HasPrefix(s, "CloudTrail") && s != "CloudTrail-Lake"
}

// A verdict on a folder: list it, leave it out because the scope says so, or
// because it belongs to another service.
type verdict uint8

const (
	wanted verdict = iota
	outOfScope
	foreign
)

// descend decides about a folder that was found, and how to list it.
func (l *listing) descend(name string) (folder, verdict) {
	f := folder{prefix: name, level: levelOf(name), day: l.first}
	above, in, _ := split(name)
	if len(in) == 0 || !isAccount(in[0]) {
		return f, wanted
	}
	switch {
	case !anyOf(l.scope.Accounts, in[0]):
		return f, outOfScope
	case len(in) == 2 && !strings.HasPrefix(in[1], "CloudTrail"):
		return f, foreign
	case len(in) >= 3 && isLogKind(in[1]):
		if !anyOf(l.scope.Regions, in[2]) {
			return f, outOfScope
		}
		l.bound(&f, above, in[0], in[1], in[2])
	}
	return f, wanted
}

func anyOf(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }

// bound narrows the keys of a region to the days of the scope. File names begin
// with account, kind, region and the minute of delivery, which is not before the
// event; digests put the trail before the time.
func (l *listing) bound(f *folder, above, account, kind, region string) {
	days := above + account + "/" + kind + "/" + region + "/"
	if l.first != "" {
		f.after = days + slashed(l.first)
		if kind != "CloudTrail-Digest" {
			f.after += "/" + account + "_" + kind + "_" + region + "_" + l.scope.Since.UTC().Format("20060102T1504")
		}
		if f.after <= f.prefix {
			f.after = ""
		}
	}
	if l.last != "" {
		f.until = days + slashed(l.last) + "0" // the byte after the slash
	}
}

// slashed turns YYYYMMDD into YYYY/MM/DD.
func slashed(day string) string { return day[:4] + "/" + day[4:6] + "/" + day[6:] }
