package history

import (
	"cmp"
	"strings"

	"spoor/loader/change"
)

const ec2 = "ec2.amazonaws.com"

const (
	ingress = "ingress rules"
	egress  = "egress rules"
)

// ec2Calls are the calls on security groups and instances.
var ec2Calls = map[call]handler{
	{ec2, "CreateSecurityGroup"}: func(t *track, _ Event, _, _ value) {
		t.born(ingress, egress)
		// EC2 user guide, "Security group rules": a new group allows all outbound traffic.
		t.assume(egress, "all traffic to 0.0.0.0/0", "allowed")
	},
	{ec2, "DeleteSecurityGroup"}:           func(t *track, _ Event, _, _ value) { t.gone() },
	{ec2, "AuthorizeSecurityGroupIngress"}: func(t *track, _ Event, req, res value) { t.authorize(ingress, req, res) },
	{ec2, "AuthorizeSecurityGroupEgress"}:  func(t *track, _ Event, req, res value) { t.authorize(egress, req, res) },
	{ec2, "RevokeSecurityGroupIngress"}:    func(t *track, _ Event, req, _ value) { t.revoke(ingress, req) },
	{ec2, "RevokeSecurityGroupEgress"}:     func(t *track, _ Event, req, _ value) { t.revoke(egress, req) },
	{ec2, "ModifySecurityGroupRules"}:      modifyRules,

	{ec2, "RunInstances"}: func(t *track, _ Event, req, _ value) {
		t.born()
		t.set("state", "", "running")
		t.attribute(req, "instanceType", "userData", "keyName")
		if p := req.at("iamInstanceProfile"); p.v != nil {
			t.set("instance profile", "", cmp.Or(p.at("name").text(), p.at("arn").text()))
		}
	},
	{ec2, "StartInstances"}:     func(t *track, _ Event, _, _ value) { t.set("state", "", "running") },
	{ec2, "StopInstances"}:      func(t *track, _ Event, _, _ value) { t.set("state", "", "stopped") },
	{ec2, "TerminateInstances"}: func(t *track, _ Event, _, _ value) { t.set("state", "", "terminated") },
	{ec2, "ModifyInstanceAttribute"}: func(t *track, _ Event, req, _ value) {
		if name := req.at("attribute").text(); name != "" {
			t.set("attribute "+name, "", req.at("value").text())
			return
		}
		for _, k := range req.keys() {
			if k != "instanceId" && k != "dryRun" {
				t.attribute(req, k)
			}
		}
	},
	// EC2 API reference, ResetInstanceAttribute: the attribute has its default again.
	{ec2, "ResetInstanceAttribute"}: func(t *track, _ Event, req, _ value) {
		t.set("attribute "+req.at("attribute").text(), "", "default")
	},
	{ec2, "ModifyInstanceMetadataOptions"}: func(t *track, _ Event, req, _ value) {
		for _, k := range []string{"httpTokens", "httpEndpoint", "httpPutResponseHopLimit", "instanceMetadataTags"} {
			if s := req.at(k).text(); s != "" {
				t.set("metadata option "+k, "", s)
			}
		}
	},
	{ec2, "AssociateIamInstanceProfile"}:          setProfile,
	{ec2, "ReplaceIamInstanceProfileAssociation"}: setProfile,
	{ec2, "DisassociateIamInstanceProfile"}: func(t *track, _ Event, _, res value) {
		t.set("instance profile", "", "none")
	},
}

func setProfile(t *track, _ Event, req, _ value) {
	p := req.at("iamInstanceProfile")
	t.set("instance profile", "", cmp.Or(p.at("name").text(), p.at("arn").text()))
}

// attribute sets one-valued aspects by their key in the request.
func (t *track) attribute(req value, keys ...string) {
	for _, k := range keys {
		v := req.at(k)
		if v.v == nil {
			continue
		}
		s := v.text()
		if s == "" {
			s = v.compact()
		}
		t.set("attribute "+k, "", s)
	}
}

// authorize adds rules; the answer gives them ids.
func (t *track) authorize(name string, req, res value) {
	for _, k := range ruleKeys(req, name) {
		t.set(name, k, "allowed")
	}
	for _, r := range res.at("securityGroupRuleSet").list() {
		if id := r.at("securityGroupRuleId").text(); id != "" {
			if k := ruleKeys(value{[]any{r.v}}, name); len(k) == 1 {
				t.rules[id] = k[0]
			}
		}
	}
}

// revoke takes rules away, named in full or by id.
func (t *track) revoke(name string, req value) {
	for _, k := range ruleKeys(req, name) {
		t.unset(name, k, "allowed")
	}
	for _, e := range req.at("securityGroupRuleIds").list() {
		id := cmp.Or(e.text(), e.at("securityGroupRuleId").text())
		k, ok := t.rules[id]
		if !ok {
			k = "rule " + id
		}
		t.unset(name, k, "allowed")
	}
}

// modifyRules replaces rules by id. Which direction a rule has is told only by
// the event that made it.
func modifyRules(t *track, _ Event, req, _ value) {
	for _, r := range req.at("securityGroupRule").list() {
		id := r.at("securityGroupRuleId").text()
		old, known := t.rules[id]
		name := ingress
		if _, out := t.aspect(egress).facts[old]; known && out {
			name = egress
		}
		if !known {
			old = "rule " + id
		}
		t.unset(name, old, "allowed")
		for _, k := range ruleKeys(value{[]any{r.at("securityGroupRule").v}}, name) {
			t.set(name, k, "allowed")
			t.rules[id] = k
		}
	}
}

// ruleKeys names every rule in a request, one per port range and peer:
// "tcp/22 from 0.0.0.0/0".
func ruleKeys(req value, name string) []string {
	dir := " from "
	if name == egress {
		dir = " to "
	}
	perms := req.at("ipPermissions").list()
	if len(perms) == 0 {
		perms = req.list()
	}
	var out []string
	for _, p := range perms {
		proto := p.at("ipProtocol").text()
		if proto == "" {
			continue
		}
		ports := change.Ports(proto, p.at("fromPort").text(), p.at("toPort").text())
		for _, peer := range peers(p) {
			out = append(out, ports+dir+peer)
		}
	}
	return out
}

func peers(p value) []string {
	var out []string
	for _, k := range []string{"cidrIp", "cidrIpv4", "cidrIpv6", "referencedGroupId", "prefixListId", "sourceSecurityGroupName"} {
		if s := p.at(k).text(); s != "" {
			out = append(out, s)
		}
	}
	if g := p.at("referencedGroupInfo", "groupId").text(); g != "" {
		out = append(out, g)
	}
	for _, in := range [][2]string{{"ipRanges", "cidrIp"}, {"ipv6Ranges", "cidrIpv6"}, {"groups", "groupId"}, {"prefixListIds", "prefixListId"}} {
		for _, e := range p.at(in[0]).list() {
			if s := cmp.Or(e.at(in[1]).text(), e.at("groupName").text()); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// shared is the aspect of whom something is shared with.
const shared = "shared with"

// shareCalls are the calls that share images and snapshots.
var shareCalls = map[call]handler{
	{ec2, "CreateSnapshot"}: func(t *track, _ Event, _, _ value) { t.born(shared) },
	{ec2, "CopySnapshot"}:   func(t *track, _ Event, _, _ value) { t.born(shared) },
	{ec2, "DeleteSnapshot"}: func(t *track, _ Event, _, _ value) { t.gone() },
	{ec2, "ModifySnapshotAttribute"}: func(t *track, _ Event, req, _ value) {
		t.share(req.at("createVolumePermission", "add"), req.at("createVolumePermission", "remove"))
	},
	{ec2, "ResetSnapshotAttribute"}: func(t *track, _ Event, _, _ value) { t.replace(shared, nil) },
	{ec2, "CreateImage"}:            func(t *track, _ Event, _, _ value) { t.born(shared) },
	{ec2, "RegisterImage"}:          func(t *track, _ Event, _, _ value) { t.born(shared) },
	{ec2, "DeregisterImage"}:        func(t *track, _ Event, _, _ value) { t.gone() },
	{ec2, "ModifyImageAttribute"}: func(t *track, _ Event, req, _ value) {
		t.share(req.at("launchPermission", "add"), req.at("launchPermission", "remove"))
		t.attribute(req, "description", "imdsSupport")
	},
	{ec2, "EnableImage"}:                                      func(t *track, _ Event, _, _ value) { t.set("state", "", "enabled") },
	{ec2, "DisableImage"}:                                     func(t *track, _ Event, _, _ value) { t.set("state", "", "disabled") },
	{ec2, "EnableImageDeprecation"}:                           func(t *track, _ Event, req, _ value) { t.set("deprecated from", "", req.at("deprecateAt").text()) },
	{ec2, "DisableImageDeprecation"}:                          func(t *track, _ Event, _, _ value) { t.set("deprecated from", "", "never") },
	{ec2, "ResetImageAttribute"}:                              func(t *track, _ Event, _, _ value) { t.replace(shared, nil) },
	{"rds.amazonaws.com", "CreateDBSnapshot"}:                 func(t *track, _ Event, _, _ value) { t.born(shared) },
	{"rds.amazonaws.com", "DeleteDBSnapshot"}:                 func(t *track, _ Event, _, _ value) { t.gone() },
	{"rds.amazonaws.com", "ModifyDBSnapshotAttribute"}:        shareDB,
	{"rds.amazonaws.com", "ModifyDBClusterSnapshotAttribute"}: shareDB,
	{"rds.amazonaws.com", "CreateDBClusterSnapshot"}:          func(t *track, _ Event, _, _ value) { t.born(shared) },
	{"rds.amazonaws.com", "DeleteDBClusterSnapshot"}:          func(t *track, _ Event, _, _ value) { t.gone() },
}

func shareDB(t *track, _ Event, req, _ value) {
	t.share(req.at("valuesToAdd"), req.at("valuesToRemove"))
}

// share adds and removes those who may use an image or a snapshot.
func (t *track) share(add, remove value) {
	for _, e := range add.list() {
		if who := sharer(e); who != "" {
			t.set(shared, who, "may use it")
		}
	}
	for _, e := range remove.list() {
		if who := sharer(e); who != "" {
			t.unset(shared, who, "may use it")
		}
	}
}

func sharer(e value) string {
	s := cmp.Or(e.text(), e.at("userId").text(), e.at("group").text(), e.at("organizationArn").text(), e.at("organizationalUnitArn").text())
	if s == "all" {
		return "everyone"
	}
	return strings.TrimSpace(s)
}
