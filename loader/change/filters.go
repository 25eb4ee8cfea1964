package change

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A formatter writes values found in a record into the sentence.
type formatter func(r *reader, vals []node, maps []func(string) string)

// rewrites are the filters that turn one text into another.
var rewrites = map[string]func(string) string{
	"short":     short,
	"fn":        function,
	"urldecode": unescapeURL,
	"s3":        objectURL,
	"who":       everyone,
	"proto":     protocolName,
}

// formats are the filters that say a structure in words. They are documented
// where they are defined.
var formats = map[string]formatter{
	"list":        list,
	"len":         count,
	"perms":       perms,
	"policy":      policy,
	"principals":  trusts,
	"share":       share,
	"accounts":    accounts,
	"changedKeys": changedKeys,
	"keys":        keys,
	"acl":         acl,
	"flags":       flags,
	"expiry":      expiry,
	"replDest":    replDest,
	"routeTarget": routeTarget,
	"rrset":       rrset,
	"bytes":       size,
}

// short is the last part of an ARN, a path or a queue address.
func short(s string) string {
	if strings.HasPrefix(s, "arn:") {
		return NameOf(s)
	}
	if i := strings.LastIndexByte(strings.TrimRight(s, "/"), '/'); i >= 0 && i+1 < len(s) {
		return s[i+1:]
	}
	return s
}

// function is the name in a Lambda function's name, qualified name or ARN.
func function(s string) string {
	if strings.HasPrefix(s, "arn:") {
		if _, rest, ok := strings.Cut(s, ":function:"); ok {
			s = rest
		}
	}
	name, _, _ := strings.Cut(s, ":")
	return name
}

// unescapeURL undoes the percent encoding that EKS leaves in path values.
func unescapeURL(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// objectURL is the s3:// address of an object named by ARN or as bucket/key.
func objectURL(s string) string {
	if rest, ok := strings.CutPrefix(s, "arn:"); ok {
		if _, key, ok := strings.Cut(rest, ":s3:::"); ok {
			return "s3://" + key
		}
		return s
	}
	return "s3://" + s
}

// everyone says the principal "*" in words.
func everyone(s string) string {
	if s == "*" {
		return "everyone"
	}
	return s
}

// list says the texts of the values, three of them and how many more.
func list(r *reader, vals []node, maps []func(string) string) {
	if len(vals) == 1 {
		if s := vals[0].text(); s != "" {
			r.out.value(apply(maps, s))
			return
		}
	}
	var items []string
	for _, v := range vals {
		for _, s := range r.texts(v) {
			if len(items) < maxValues {
				items = append(items, apply(maps, s))
			}
		}
	}
	r.out.some(items)
}

// count says how many values there are.
func count(r *reader, vals []node, _ []func(string) string) { r.out.add(strconv.Itoa(r.length(vals))) }

// counted says how many of a thing there are, given in the singular:
// {x|len finding} is "1 finding", "2 findings".
func counted(thing string) formatter {
	return func(r *reader, vals []node, _ []func(string) string) {
		n := r.length(vals)
		r.out.add(strconv.Itoa(n))
		r.out.add(" " + thing)
		if n != 1 {
			r.out.add("s")
		}
	}
}

func (r *reader) length(vals []node) int {
	n := 0
	for _, v := range vals {
		if v.object() {
			if items := r.child(v, "items"); items != "" {
				v = items
			}
		}
		if !v.list() {
			n++
			continue
		}
		c := r.walk(v)
		for _, _, ok := c.next(); ok; _, _, ok = c.next() {
			n++
		}
	}
	return n
}

// keys says the member names of an object.
func keys(r *reader, vals []node, _ []func(string) string) {
	r.out.some(r.keysOf(vals, func(string, node) bool { return true }))
}

// changedKeys says the member names that tell what was changed: all but the
// names of the thing itself and the wrapping.
func changedKeys(r *reader, vals []node, _ []func(string) string) {
	if attr := r.member(vals[0], "attribute").text(); attr != "" {
		r.out.value(attr)
		return
	}
	r.out.some(r.keysOf(vals, func(k string, v node) bool {
		if s := v.text(); s != "" && slices.Contains(r.ids, s) {
			return false
		}
		l := strings.ToLower(k)
		switch l {
		case "name", "host", "clienttoken", "dryrun", "applyimmediately", "xmlns", "trailname", "functionname", "id", "clusteridentifier":
			return false
		}
		for _, suffix := range []string{"instanceid", "instanceidentifier", "clusteridentifier", "arn", "clientrequesttoken"} {
			if strings.HasSuffix(l, suffix) && l != "rolearn" {
				return false
			}
		}
		return true
	}))
}

func (r *reader) keysOf(vals []node, want func(string, node) bool) []string {
	var out []string
	for _, v := range vals {
		c := r.walk(v)
		for k, e, ok := c.next(); ok && len(out) < maxValues; k, e, ok = c.next() {
			if k != "" && !e.empty() && want(k, e) {
				out = append(out, k)
			}
		}
	}
	return out
}

// size says a number of bytes.
func size(r *reader, vals []node, _ []func(string) string) {
	n, err := strconv.ParseFloat(vals[0].text(), 64)
	if err != nil || n < 0 {
		return
	}
	for _, unit := range []string{" B", " KB", " MB", " GB", " TB"} {
		if n < 1000 || unit == " TB" {
			prec := 0
			if n < 10 && unit != " B" {
				prec = 1
			}
			r.out.add(strconv.FormatFloat(n, 'f', prec, 64) + unit)
			return
		}
		n /= 1000
	}
}

// routeTarget says where a route leads.
func routeTarget(r *reader, vals []node, _ []func(string) string) {
	for _, k := range []string{"gatewayId", "natGatewayId", "transitGatewayId", "vpcPeeringConnectionId", "instanceId", "networkInterfaceId",
		"vpcEndpointId", "egressOnlyInternetGatewayId", "localGatewayId", "carrierGatewayId", "coreNetworkArn"} {
		if s := r.child(vals[0], k).text(); s != "" {
			r.out.value(s)
			return
		}
	}
}

// rrset says the changes of a DNS change batch: "UPSERT A www.example.com -> 192.0.2.1".
func rrset(r *reader, vals []node, _ []func(string) string) {
	items := make([]string, 0, len(vals))
	for _, v := range vals {
		set := r.child(v, "resourceRecordSet")
		s := r.child(v, "action").text() + " " + r.child(set, "type").text() + " " + r.child(set, "name").text()
		var to []string
		r.all(r.child(set, "resourceRecords"), func(rec node) { to = append(to, r.child(rec, "value").text()) })
		if alias := r.child(r.child(set, "aliasTarget"), "dNSName").text(); alias != "" {
			to = append(to, alias)
		}
		if len(to) > 0 {
			s += " -> " + strings.Join(to[:min(len(to), 3)], ", ")
		}
		items = append(items, s)
	}
	r.out.some(items)
}
