package history

import (
	"cmp"
	"strings"
	"time"
)

const iam = "iam.amazonaws.com"

const (
	attached = "attached policies"
	inline   = "inline policies"
	keysOf   = "access keys"
	groupsOf = "groups"
	trust    = "trust policy"
	versions = "versions"
	boundary = "permissions boundary"
	password = "console password"
	mfa      = "MFA devices"
)

const (
	kindUser   = "AWS::IAM::User"
	kindGroup  = "AWS::IAM::Group"
	kindPolicy = "AWS::IAM::ManagedPolicy"
	kindKey    = "AWS::IAM::AccessKey"
)

// iamCalls are the calls on users, groups, roles and policies.
var iamCalls = iamHandlers()

func iamHandlers() map[call]handler {
	m := map[call]handler{}
	add := func(h handler, names ...string) {
		for _, n := range names {
			m[call{iam, n}] = h
		}
	}
	add(func(t *track, _ Event, req, _ value) {
		t.born(attached, inline, keysOf, groupsOf, mfa)
		t.set(password, "", "none")
		t.bound(req)
	}, "CreateUser")
	add(func(t *track, _ Event, _, _ value) { t.born(attached, inline, "members") }, "CreateGroup")
	add(func(t *track, _ Event, req, _ value) {
		t.born(attached, inline)
		t.replace(trust, statements(req.at("assumeRolePolicyDocument")))
		t.bound(req)
	}, "CreateRole")
	add(func(t *track, _ Event, _, _ value) { t.gone() }, "DeleteUser", "DeleteGroup", "DeleteRole", "DeletePolicy")
	add(func(t *track, _ Event, req, _ value) { t.attach(req, true) }, "AttachUserPolicy", "AttachRolePolicy", "AttachGroupPolicy")
	add(func(t *track, _ Event, req, _ value) { t.attach(req, false) }, "DetachUserPolicy", "DetachRolePolicy", "DetachGroupPolicy")
	add(func(t *track, _ Event, req, _ value) {
		name := req.at("policyName").text()
		t.drop(inline, name)
		for k, v := range statements(req.at("policyDocument")) {
			t.set(inline, name+": "+k, v)
		}
	}, "PutUserPolicy", "PutRolePolicy", "PutGroupPolicy")
	add(dropInline, "DeleteUserPolicy", "DeleteRolePolicy", "DeleteGroupPolicy")
	add(func(t *track, _ Event, req, _ value) { t.replace(trust, statements(req.at("policyDocument"))) }, "UpdateAssumeRolePolicy")
	add(func(t *track, _ Event, req, _ value) { t.set(boundary, "", req.at("permissionsBoundary").text()) },
		"PutUserPermissionsBoundary", "PutRolePermissionsBoundary")
	add(func(t *track, _ Event, _, _ value) { t.set(boundary, "", "none") }, "DeleteUserPermissionsBoundary", "DeleteRolePermissionsBoundary")
	add(func(t *track, _ Event, req, _ value) { t.member(req, true) }, "AddUserToGroup")
	add(func(t *track, _ Event, req, _ value) { t.member(req, false) }, "RemoveUserFromGroup")
	add(func(t *track, e Event, _, _ value) { t.set(password, "", "set "+stamp(e)) }, "CreateLoginProfile", "UpdateLoginProfile")
	add(func(t *track, _ Event, _, _ value) { t.set(password, "", "none") }, "DeleteLoginProfile")
	add(func(t *track, _ Event, req, _ value) { t.set(mfa, req.at("serialNumber").text(), "enabled") }, "EnableMFADevice")
	add(func(t *track, _ Event, req, _ value) { t.unset(mfa, req.at("serialNumber").text(), "enabled") }, "DeactivateMFADevice")
	accessKeys(add)
	policyVersions(add)
	return m
}

// bound sets the permissions boundary that a user or role was created with.
func (t *track) bound(req value) {
	t.set(boundary, "", cmp.Or(req.at("permissionsBoundary").text(), "none"))
}

// stamp is the time of an event, for what is told only to have been set.
func stamp(e Event) string { return time.UnixMicro(e.Time).UTC().Format(time.RFC3339) }

// attach adds or removes a managed policy; seen from the policy, what it is
// attached to.
func (t *track) attach(req value, on bool) {
	name, key := attached, req.at("policyArn").text()
	if t.kind == kindPolicy {
		name = "attached to"
		for _, k := range []string{"userName", "roleName", "groupName"} {
			if s := req.at(k).text(); s != "" {
				key = k[:len(k)-len("Name")] + " " + s
			}
		}
	}
	if on {
		t.set(name, key, "attached")
	} else {
		t.unset(name, key, "attached")
	}
}

// dropInline removes all statements of an inline policy.
func dropInline(t *track, _ Event, req, _ value) {
	if name := req.at("policyName").text(); !t.drop(inline, name) {
		t.unset(inline, name, "some statements")
	}
}

// drop removes the statements of one document within an aspect; it reports
// whether there were any.
func (t *track) drop(name, doc string) (found bool) {
	for _, k := range t.aspect(name).keys() {
		if strings.HasPrefix(k, doc+":") {
			t.unset(name, k, "")
			found = true
		}
	}
	return found
}

func (t *track) member(req value, in bool) {
	name, key, val := groupsOf, req.at("groupName").text(), "member"
	if t.kind == kindGroup {
		name, key = "members", req.at("userName").text()
	}
	if in {
		t.set(name, key, val)
	} else {
		t.unset(name, key, val)
	}
}

// accessKeys handles keys, seen from the user and from the key itself.
func accessKeys(add func(handler, ...string)) {
	status := func(t *track, id, val string) {
		if t.kind == kindKey {
			t.set("status", "", val)
		} else {
			t.set(keysOf, id, val)
		}
	}
	add(func(t *track, _ Event, _, res value) {
		if t.kind == kindKey {
			t.born()
		}
		status(t, res.at("accessKey", "accessKeyId").text(), cmp.Or(res.at("accessKey", "status").text(), "Active"))
	}, "CreateAccessKey")
	add(func(t *track, _ Event, req, _ value) {
		status(t, req.at("accessKeyId").text(), req.at("status").text())
	}, "UpdateAccessKey")
	add(func(t *track, _ Event, req, _ value) {
		if t.kind == kindKey {
			t.set("status", "", "deleted")
		} else {
			t.unset(keysOf, req.at("accessKeyId").text(), "Active or Inactive")
		}
	}, "DeleteAccessKey")
}

// policyVersions handles the versions of a managed policy.
func policyVersions(add func(handler, ...string)) {
	write := func(t *track, id string, doc value) {
		for k, v := range statements(doc) {
			t.set(versions, id+": "+k, v)
		}
	}
	add(func(t *track, _ Event, req, _ value) {
		t.born(versions, "attached to")
		write(t, "v1", req.at("policyDocument"))
		t.set("default version", "", "v1")
	}, "CreatePolicy")
	add(func(t *track, _ Event, req, res value) {
		id := cmp.Or(res.at("policyVersion", "versionId").text(), "the new version")
		write(t, id, req.at("policyDocument"))
		if req.at("setAsDefault").text() == "true" || res.at("policyVersion", "isDefaultVersion").text() == "true" {
			t.set("default version", "", id)
		}
	}, "CreatePolicyVersion")
	add(func(t *track, _ Event, req, _ value) { t.set("default version", "", req.at("versionId").text()) }, "SetDefaultPolicyVersion")
	add(func(t *track, _ Event, req, _ value) {
		if id := req.at("versionId").text(); !t.drop(versions, id) {
			t.unset(versions, id, "some statements")
		}
	}, "DeletePolicyVersion")
}
