package history

import (
	"cmp"
	"fmt"
	"strings"
)

const s3 = "s3.amazonaws.com"

const (
	bucketPolicy = "bucket policy"
	bucketACL    = "ACL"
	accessBlock  = "public access block"
)

// s3Calls are the calls on buckets.
var s3Calls = map[call]handler{
	{s3, "CreateBucket"}: func(t *track, _ Event, req, _ value) {
		t.born(bucketPolicy)
		// What else a new bucket has depends on its date and the account's settings.
		t.created = false
		if s := req.at("x-amz-acl").text(); s != "" {
			t.replace(bucketACL, map[string]string{"canned": s})
		}
	},
	{s3, "DeleteBucket"}:                  func(t *track, _ Event, _, _ value) { t.gone() },
	{s3, "PutBucketPolicy"}:               func(t *track, _ Event, req, _ value) { t.replace(bucketPolicy, statements(req.at("bucketPolicy"))) },
	{s3, "DeleteBucketPolicy"}:            func(t *track, _ Event, _, _ value) { t.replace(bucketPolicy, nil) },
	{s3, "PutBucketAcl"}:                  func(t *track, _ Event, req, _ value) { t.replace(bucketACL, grants(req)) },
	{s3, "PutObjectAcl"}:                  func(t *track, _ Event, req, _ value) { t.replace(bucketACL, grants(req)) },
	{s3, "PutBucketPublicAccessBlock"}:    putAccessBlock,
	{s3, "PutAccountPublicAccessBlock"}:   putAccessBlock,
	{s3, "DeleteBucketPublicAccessBlock"}: func(t *track, _ Event, _, _ value) { t.replace(accessBlock, nil) },
	{s3, "DeleteAccountPublicAccessBlock"}: func(t *track, _ Event, _, _ value) {
		t.replace(accessBlock, nil)
	},
	{s3, "PutBucketVersioning"}: func(t *track, _ Event, req, _ value) {
		t.set("versioning", "", req.at("VersioningConfiguration", "Status").text())
	},
}

func putAccessBlock(t *track, _ Event, req, _ value) {
	facts := map[string]string{}
	block := req.at("PublicAccessBlockConfiguration")
	for _, k := range block.keys() {
		switch block.at(k).text() {
		case "true":
			facts[k] = "on"
		case "false":
			facts[k] = "off"
		}
	}
	t.replace(accessBlock, facts)
}

// grants reads an ACL: canned, by headers, or by its grants.
func grants(req value) map[string]string {
	out := map[string]string{}
	if s := req.at("x-amz-acl").text(); s != "" {
		out["canned"] = s
	}
	for _, k := range req.keys() {
		if p, ok := strings.CutPrefix(strings.ToLower(k), "x-amz-grant-"); ok {
			out[p] = req.at(k).text()
		}
	}
	for i, g := range req.at("AccessControlPolicy", "AccessControlList", "Grant").list() {
		who := g.at("Grantee")
		name := cmp.Or(who.at("URI").text(), who.at("DisplayName").text(), who.at("EmailAddress").text(), who.at("ID").text())
		if j := strings.LastIndexByte(name, '/'); j >= 0 {
			name = name[j+1:]
		}
		key := name + " " + g.at("Permission").text()
		if _, taken := out[key]; taken {
			key = fmt.Sprintf("%s (%d)", key, i+1)
		}
		out[key] = "granted"
	}
	return out
}
