package history

import (
	"cmp"
	"strings"
)

const kms = "kms.amazonaws.com"

// kmsCalls are the calls on keys.
var kmsCalls = map[call]handler{
	{kms, "CreateKey"}: func(t *track, _ Event, req, _ value) {
		t.born("grants", "aliases")
		t.set("key state", "", "enabled")
		if p := req.at("policy"); p.v != nil {
			t.replace("key policy", statements(p))
		}
	},
	{kms, "EnableKey"}:  func(t *track, _ Event, _, _ value) { t.set("key state", "", "enabled") },
	{kms, "DisableKey"}: func(t *track, _ Event, _, _ value) { t.set("key state", "", "disabled") },
	{kms, "ScheduleKeyDeletion"}: func(t *track, _ Event, req, _ value) {
		days := cmp.Or(req.at("pendingWindowInDays").text(), "30") // KMS API reference, ScheduleKeyDeletion: the default is 30
		t.set("key state", "", "to be deleted in "+days+" days")
	},
	// KMS API reference, CancelKeyDeletion: the key comes back disabled.
	{kms, "CancelKeyDeletion"}: func(t *track, _ Event, _, _ value) { t.set("key state", "", "disabled") },
	{kms, "PutKeyPolicy"}:      func(t *track, _ Event, req, _ value) { t.replace("key policy", statements(req.at("policy"))) },
	{kms, "CreateGrant"}: func(t *track, _ Event, req, res value) {
		id := cmp.Or(res.at("grantId").text(), req.at("name").text(), "a grant")
		t.set("grants", id, strings.Join(req.at("operations").texts(), ", ")+" to "+req.at("granteePrincipal").text())
	},
	{kms, "RevokeGrant"}:        func(t *track, _ Event, req, _ value) { t.unset("grants", req.at("grantId").text(), "granted") },
	{kms, "RetireGrant"}:        func(t *track, _ Event, req, _ value) { t.unset("grants", req.at("grantId").text(), "granted") },
	{kms, "EnableKeyRotation"}:  func(t *track, _ Event, _, _ value) { t.set("rotation", "", "on") },
	{kms, "DisableKeyRotation"}: func(t *track, _ Event, _, _ value) { t.set("rotation", "", "off") },
	{kms, "CreateAlias"}:        func(t *track, _ Event, req, _ value) { t.set("aliases", req.at("aliasName").text(), "points here") },
	{kms, "UpdateAlias"}: func(t *track, _ Event, req, _ value) {
		// Seen from the key that the alias points to from now on; the one before is not named.
		t.set("aliases", req.at("aliasName").text(), "points here")
	},
	{kms, "DeleteImportedKeyMaterial"}: func(t *track, _ Event, _, _ value) { t.set("key state", "", "waiting for key material") },
	{kms, "ImportKeyMaterial"}:         func(t *track, _ Event, _, _ value) { t.set("key state", "", "enabled") },
	{kms, "DeleteAlias"}:               func(t *track, _ Event, req, _ value) { t.unset("aliases", req.at("aliasName").text(), "points here") },
}
