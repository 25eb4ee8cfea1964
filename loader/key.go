package loader

import "strings"

// key is what the folders of an object key say:
// AWSLogs/[o-…/]ACCOUNT/KIND/REGION/YYYY/MM/DD/…
type key struct {
	account, kind, region, day string
}

// parseKey reads the part after the last AWSLogs folder of an object's name.
func parseKey(name string) (k key, ok bool) {
	i := strings.LastIndex(name, "AWSLogs/")
	if i < 0 {
		return key{}, false
	}
	p := strings.Split(name[i+len("AWSLogs/"):], "/")
	if strings.HasPrefix(p[0], "o-") {
		p = p[1:]
	}
	if len(p) < 7 || !digits(p[0], 12) || !digits(p[3], 4) || !digits(p[4], 2) || !digits(p[5], 2) {
		return key{}, false
	}
	return key{p[0], p[1], p[2], p[3] + p[4] + p[5]}, true
}

func digits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

// dayOf is the day an object was delivered, as YYYYMMDD: from its key, else the
// day of its last change.
func dayOf(o Object) string {
	if k, ok := parseKey(o.Name); ok {
		return k.day
	}
	return o.ModTime.UTC().Format("20060102")
}
