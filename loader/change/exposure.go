package change

import (
	"strconv"
	"strings"
)

// The filters of this file say who is let in, and mark the change as public
// when that is everyone.

// open reports whether an address range is the whole internet.
func open(cidr string) bool { return cidr == "0.0.0.0/0" || cidr == "::/0" }

// perms says the rules of a security group: "tcp/22 to 0.0.0.0/0". It knows
// the nested form (ipPermissions.items), the flat form of old calls, rules
// named by id, and the rules of ModifySecurityGroupRules.
func perms(r *reader, vals []node, _ []func(string) string) {
	req := vals[0]
	var items []string
	list := r.child(req, "ipPermissions")
	if list.empty() {
		list = r.child(req, "securityGroupRule")
	}
	r.all(list, func(p node) {
		if inner := r.child(p, "securityGroupRule"); inner.object() {
			p = inner
		}
		items = append(items, r.permission(p))
	})
	if len(items) == 0 && r.child(req, "ipProtocol").text() != "" {
		items = append(items, r.permission(req))
	}
	if len(items) == 0 {
		r.all(r.child(req, "securityGroupRuleIds"), func(e node) {
			id := e.text()
			if id == "" {
				id = r.child(e, "securityGroupRuleId").text()
			}
			items = append(items, "rule "+id)
		})
	}
	r.out.some(items)
}

// permission says one rule.
func (r *reader) permission(p node) string {
	var peers []string
	add := func(s string) {
		if s != "" && len(peers) < maxValues {
			peers = append(peers, s)
			r.public = r.public || open(s)
		}
	}
	for _, k := range []string{"cidrIp", "cidrIpv4", "cidrIpv6", "referencedGroupId", "prefixListId", "sourceSecurityGroupName"} {
		add(r.child(p, k).text())
	}
	for _, in := range [][2]string{{"ipRanges", "cidrIp"}, {"ipv6Ranges", "cidrIpv6"}, {"groups", "groupId"}, {"prefixListIds", "prefixListId"}} {
		r.all(r.child(p, in[0]), func(e node) {
			s := r.child(e, in[1]).text()
			if s == "" && in[0] == "groups" {
				s = r.child(e, "groupName").text()
			}
			add(s)
		})
	}
	s := Ports(r.child(p, "ipProtocol").text(), r.child(p, "fromPort").text(), r.child(p, "toPort").text())
	switch {
	case len(peers) == 0:
		return s
	case len(peers) > 3:
		return s + " to " + strings.Join(peers[:3], ", ") + " and " + strconv.Itoa(len(peers)-3) + " more"
	}
	return s + " to " + strings.Join(peers, ", ")
}

// Ports says a protocol and its ports, as EC2 gives them: "tcp/22", "udp/1000-2000",
// "all traffic".
func Ports(proto, from, to string) string {
	proto = protocolName(proto)
	switch {
	case proto == "all traffic":
		return proto
	case from == "" || from == "-1", from == "0" && to == "65535":
		return "all " + proto
	case to == "" || from == to:
		return proto + "/" + from
	}
	return proto + "/" + from + "-" + to
}

// protocolName is the name of an IP protocol given by number or name.
func protocolName(s string) string {
	switch s {
	case "-1", "all", "":
		return "all traffic"
	case "6":
		return "tcp"
	case "17":
		return "udp"
	case "1":
		return "icmp"
	}
	return s
}

// share says with whom something is shared: account ids, "everyone" for the
// group all. Values may be {userId}, {group}, {organizationArn} or plain text.
func share(r *reader, vals []node, maps []func(string) string) {
	r.shared(vals, true)
}

// accounts is share for those from whom access is taken away.
func accounts(r *reader, vals []node, maps []func(string) string) {
	r.shared(vals, false)
}

func (r *reader) shared(vals []node, given bool) {
	var items []string
	for _, v := range vals {
		r.all(v, func(e node) {
			s := e.text()
			for _, k := range []string{"userId", "group", "organizationArn", "organizationalUnitArn"} {
				if s == "" {
					s = r.child(e, k).text()
				}
			}
			if s == "all" || s == "*" {
				r.public = r.public || given
				s = "everyone"
			}
			if s != "" && len(items) < maxValues {
				items = append(items, s)
			}
		})
	}
	r.out.some(items)
}

// acl says an access control list: a canned one, or its grants.
func acl(r *reader, vals []node, _ []func(string) string) {
	v := vals[0]
	if said := r.texts(v); len(said) > 0 { // a canned list, or the grants of a header
		for i, s := range said {
			everyone, accounts := strings.Contains(s, "/AllUsers"), strings.Contains(s, "/AuthenticatedUsers")
			r.public = r.public || everyone || accounts || strings.HasPrefix(s, "public-") || s == "authenticated-read"
			switch {
			case everyone:
				said[i] = "everyone"
			case accounts:
				said[i] = "every AWS account"
			}
		}
		r.out.some(said)
		return
	}
	if inner := r.child(v, "AccessControlList"); !inner.empty() {
		v = inner
	}
	var items []string
	r.all(r.child(v, "Grant"), func(g node) {
		who := r.child(g, "Grantee")
		name := r.child(who, "URI").text()
		switch {
		case strings.HasSuffix(name, "/AllUsers"):
			name, r.public = "everyone", true
		case strings.HasSuffix(name, "/AuthenticatedUsers"):
			name, r.public = "every AWS account", true
		}
		for _, k := range []string{"DisplayName", "EmailAddress", "ID"} {
			if name == "" {
				name = r.child(who, k).text()
			}
		}
		items = append(items, r.child(g, "Permission").text()+" to "+short(name))
	})
	r.out.some(items)
}

// flags says the members of a block of switches, those that are off first in
// importance: "all on", "all off", or which are off.
func flags(r *reader, vals []node, _ []func(string) string) {
	var on, off []string
	c := r.walk(vals[0])
	for k, v, ok := c.next(); ok && len(on)+len(off) < maxValues; k, v, ok = c.next() {
		switch v.text() {
		case "true":
			on = append(on, k)
		case "false":
			off = append(off, k)
		}
	}
	switch {
	case len(off) == 0 && len(on) > 0:
		r.out.add("all on")
	case len(on) == 0 && len(off) > 0:
		r.out.add("all off")
	case len(off) > 0:
		r.out.some(off)
		r.out.add(" off")
	}
}

// expiry says after what time the rules of a bucket lifecycle delete objects.
func expiry(r *reader, vals []node, _ []func(string) string) {
	var items []string
	for _, v := range vals {
		r.all(v, func(rule node) {
			e := r.child(rule, "Expiration")
			if d := r.child(e, "Days").text(); d == "1" {
				items = append(items, "1 day")
			} else if d != "" {
				items = append(items, d+" days")
			} else if d := r.child(e, "Date").text(); d != "" {
				items = append(items, d)
			}
		})
	}
	r.out.some(items)
}

// replDest says where a bucket is replicated to.
func replDest(r *reader, vals []node, _ []func(string) string) {
	var items []string
	for _, v := range vals {
		r.all(v, func(rule node) {
			d := r.child(rule, "Destination")
			s := short(r.child(d, "Bucket").text())
			if a := r.child(d, "Account").text(); a != "" {
				s += " of account " + a
			}
			if s != "" {
				items = append(items, s)
			}
		})
	}
	r.out.some(items)
}
