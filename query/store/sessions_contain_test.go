package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/query"
)

// A breach is made records of one who holds a user's key and leaves every kind of
// door open, beside somebody at the same work with whom he has nothing to do.
type breach struct {
	records []string
	who     string // userIdentity of the next
	ip      string
}

func (b *breach) user(name, key string) {
	b.who = fmt.Sprintf(`{"type":"IAMUser","principalId":"AIDA%s","arn":"arn:aws:iam::111122223333:user/%s","accountId":"111122223333","userName":%q,"accessKeyId":%q}`, strings.ToUpper(name), name, name, key)
}

// add logs a call: service.Call, and members of its record.
func (b *breach) add(call, members string) {
	service, name, _ := strings.Cut(call, ".")
	n := len(b.records)
	if members != "" {
		members = "," + members
	}
	b.records = append(b.records, fmt.Sprintf(`{"eventVersion":"1.08","eventID":"%08d-0000-4000-8000-000000000000","eventTime":"2026-05-04T09:%02d:%02dZ","eventSource":"%s.amazonaws.com","eventName":%q,"awsRegion":"us-east-1",`+
		`"sourceIPAddress":%q,"userAgent":"aws-cli/2.15.0","readOnly":false,"eventType":"AwsApiCall","recipientAccountId":"111122223333","userIdentity":%s%s}`, n, n/60, n%60, service, name, b.ip, b.who, members))
}

func (b *breach) asked(call, request string) { b.add(call, `"requestParameters":`+request) }

// doors leaves them open, in the names of somebody.
func (b *breach) doors(x string) {
	b.add("iam.CreateUser", `"requestParameters":{"userName":"made`+x+`"},"responseElements":{"user":{"userName":"made`+x+`","arn":"arn:aws:iam::111122223333:user/made`+x+`"}}`)
	b.add("iam.CreateAccessKey", `"requestParameters":{"userName":"made`+x+`"},"responseElements":{"accessKey":{"userName":"made`+x+`","accessKeyId":"AKIAMADE`+x+`00000001","status":"Active"}}`)
	b.asked("iam.CreateLoginProfile", `{"userName":"made`+x+`","passwordResetRequired":false}`)
	b.asked("iam.UpdateLoginProfile", `{"userName":"made`+x+`"}`)
	b.asked("iam.UpdateLoginProfile", `{"userName":"old`+x+`"}`)
	b.asked("iam.UpdateAccessKey", `{"userName":"old`+x+`","accessKeyId":"AKIAWOKEN`+x+`0000001","status":"Active"}`)
	b.asked("iam.UpdateAccessKey", `{"userName":"old`+x+`","accessKeyId":"AKIASLEPT`+x+`0000001","status":"Inactive"}`)
	b.add("iam.CreateRole", `"requestParameters":{"roleName":"Door`+x+`","assumeRolePolicyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::999988887777:root\"},\"Action\":\"sts:AssumeRole\"}]}"},"responseElements":{"role":{"arn":"arn:aws:iam::111122223333:role/x/Door`+x+`"}}`)
	b.asked("iam.AttachRolePolicy", `{"roleName":"Door`+x+`","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`)
	b.asked("iam.UpdateAssumeRolePolicy", `{"roleName":"Deploy`+x+`","policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"sts:AssumeRole\"}]}"}`)
	b.asked("iam.AddUserToGroup", `{"userName":"made`+x+`","groupName":"admins`+x+`"}`)
	b.asked("iam.PutUserPolicy", `{"userName":"made`+x+`","policyName":"all","policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"}`)
	b.asked("iam.CreatePolicyVersion", `{"policyArn":"arn:aws:iam::111122223333:policy/team`+x+`","setAsDefault":true,"policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"}`)
	b.asked("iam.DeactivateMFADevice", `{"userName":"old`+x+`","serialNumber":"arn:aws:iam::111122223333:mfa/old`+x+`"}`)
	b.asked("iam.UploadSSHPublicKey", `{"userName":"made`+x+`"}`)
	b.add("iam.CreateSAMLProvider", `"requestParameters":{"name":"idp`+x+`"},"responseElements":{"sAMLProviderArn":"arn:aws:iam::111122223333:saml-provider/idp`+x+`"}`)
	b.asked("sso.CreateAccountAssignment", `{"permissionSetArn":"arn:aws:sso:::permissionSet/ssoins-1/ps-`+x+`","targetId":"111122223333","principalType":"USER","principalId":"u-`+x+`"}`)
	b.asked("sso-directory.AddMemberToGroup", `{"groupId":"g-`+x+`","member":{"memberId":"u-`+x+`"}}`)
	b.add("sts.GetFederationToken", `"requestParameters":{"name":"guest"},"responseElements":{"credentials":{"accessKeyId":"ASIAGUEST`+x+`0000001"},"federatedUser":{"federatedUserId":"111122223333:guest","arn":"arn:aws:sts::111122223333:federated-user/guest"}}`)
	b.asked("s3.PutBucketPolicy", `{"bucketName":"b`+x+`"}`)                                                                     // opens data, lets nobody in
	b.add("iam.CreateUser", `"requestParameters":{"userName":"refused`+x+`"},"errorCode":"AccessDenied"`)                        // and never was
	b.add("iam.UpdateAssumeRolePolicy", `"requestParameters":{"roleName":"Refused`+x+`"},"errorCode":"MalformedPolicyDocument"`) // nor this
}

func (b *breach) loaded(t *testing.T) loader.Loaded {
	return decoded(t, pack1("/logs/breach.json.gz", `{"Records":[`+strings.Join(b.records, ",")+`]}`, nil, nil))
}

// What a responder must take away is all there, once, in the order to act in,
// whatever the lead was; what another did is not.
func TestContain(t *testing.T) {
	t.Parallel()
	b := &breach{ip: "203.0.113.9"}
	b.user("thief", "AKIATHIEF00000000001")
	b.doors("A")
	b.user("madeA", "AKIAMADEA00000001")
	b.asked("sts.GetCallerIdentity", "null")
	b.ip = "198.51.100.7"
	b.user("admin", "AKIAADMIN00000000001")
	b.doors("B")
	db := newCase(t)
	load(t, db, b.loaded(t))
	want := `keys: AKIATHIEF00000000001 [used by thief], AKIAMADEA00000001 [CreateAccessKey for madeA; used by madeA], AKIAWOKENA0000001 [set access key AKIAWOKENA0000001 of oldA to Active]
passwords: madeA [gave IAM user madeA a console password; changed the console password of madeA], oldA [changed the console password of oldA]
users: madeA [created IAM user madeA]
tokens: arn:aws:iam::111122223333:user/thief [GetFederationToken]
altered_roles: arn:aws:iam::111122223333:role/x/DoorA [created role DoorA trusted by account 999988887777; attached policy AdministratorAccess to role DoorA], DeployA [changed the trust policy of role DeployA to trust everyone]
grants: adminsA [added user madeA to group adminsA], madeA [wrote inline policy all on user madeA: Allow * on *]
policies: arn:aws:iam::111122223333:policy/teamA [created a new version of policy teamA (default true): Allow * on *]
mfa: arn:aws:iam::111122223333:mfa/oldA [deactivated MFA oldA of oldA]
credentials: madeA [uploaded an SSH public key for user madeA]
providers: arn:aws:iam::111122223333:saml-provider/idpA [created SAML provider idpA]
identity_center: arn:aws:sso:::permissionSet/ssoins-1/ps-A [assigned permission set ps-A on account 111122223333 to USER u-A], g-A [added member u-A to Identity Center group g-A]
principals: arn:aws:iam::111122223333:user/thief, arn:aws:iam::111122223333:user/madeA
temporary_keys: ASIAGUESTA0000001 [GetFederationToken for arn:aws:sts::111122223333:federated-user/guest]
root_actors: thief
`
	session := listed(t, db, query.SessionRequest{Filter: parse(t, "actor:thief")})[0].ID
	for _, lead := range []string{"key:AKIATHIEF00000000001", "session:" + session, "principal:arn:aws:iam::111122223333:user/thief", "ip:203.0.113.9", "actor:thief", "root:thief"} {
		r, err := db.Radius(t.Context(), parse(t, lead))
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, task := range r.Contain {
			var steps []string
			for _, s := range task.Steps {
				text := s.What
				if n, err := (whole{db}).Count(t.Context(), task.About(s)); task.About(s).All() || err != nil || n.N == 0 && task.Name != "temporary_keys" {
					t.Errorf("%s: no events about %s (%v)", task.Name, s.What, err)
				}
				if len(s.Why) > 0 {
					text += " [" + strings.Join(s.Why, "; ") + "]"
				}
				steps = append(steps, text)
			}
			fmt.Fprintf(&got, "%s: %s\n", task.Name, strings.Join(steps, ", "))
		}
		if d := cmp.Diff(want, got.String()); d != "" {
			t.Errorf("from %s (-want +got):\n%s", lead, d)
		}
		if len(r.Made) != 18 || r.Partial {
			t.Errorf("from %s: %d made, partial %v", lead, len(r.Made), r.Partial)
		}
	}
}

// What was deleted since, by whomever, is done, and comes last; what was made
// again after that is not.
func TestContainTellsWhatIsDone(t *testing.T) {
	t.Parallel()
	b := &breach{ip: "203.0.113.9"}
	b.user("thief", "AKIATHIEF00000000001")
	b.asked("iam.CreateUser", `{"userName":"gone"}`)
	b.asked("iam.CreateUser", `{"userName":"back"}`)
	b.asked("iam.CreateUser", `{"userName":"still"}`)
	b.add("sts.AssumeRole", `"requestParameters":{"roleArn":"arn:aws:iam::999988887777:role/x/Far","roleSessionName":"s"},"responseElements":{"credentials":{"accessKeyId":"ASIAFAR0000000001"}}`)
	b.user("responder", "AKIARESPONDER0000001")
	b.ip = "198.51.100.7"
	b.asked("iam.DeleteUser", `{"userName":"gone"}`)
	b.asked("iam.DeleteUser", `{"userName":"back"}`)
	b.asked("iam.UpdateAccessKey", `{"userName":"thief","accessKeyId":"AKIATHIEF00000000001","status":"Inactive"}`)
	b.ip = "203.0.113.9" // the same session, which the key still reaches for a moment
	b.user("thief", "AKIATHIEF00000000001")
	b.asked("iam.CreateUser", `{"userName":"back"}`)
	db := newCase(t)
	load(t, db, b.loaded(t))
	r, err := db.Radius(t.Context(), parse(t, "actor:thief"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, task := range r.Contain {
		for _, s := range task.Steps {
			got = append(got, fmt.Sprintf("%s %s %s %v", task.Name, s.What, s.Account, s.Done))
		}
	}
	want := []string{"keys AKIATHIEF00000000001 111122223333 true", "users back 111122223333 false", "users still 111122223333 false", "users gone 111122223333 true",
		"roles arn:aws:iam::999988887777:role/x/Far 999988887777 false", "principals arn:aws:iam::111122223333:user/thief 111122223333 false", "temporary_keys ASIAFAR0000000001  false", "root_actors thief  false"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(r.Made) != 4 {
		t.Errorf("%d made, want what the thief made: 4", len(r.Made))
	}
}

// Sessions of a role are revoked by the policy that the console writes for that, until
// it is taken off again or somebody comes back in; another of its name does nothing.
func TestContainTellsWhatIsRevoked(t *testing.T) {
	t.Parallel()
	assume := func(b *breach, role string) {
		b.add("sts.AssumeRole", `"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/`+role+`","roleSessionName":"s"},"responseElements":{"credentials":{"accessKeyId":"ASIA`+strings.ToUpper(role)+`000000001"}}`)
	}
	b := &breach{ip: "203.0.113.9"}
	b.user("thief", "AKIATHIEF00000000001")
	roles := []string{"revoked", "again", "freed", "fooled"}
	for _, role := range roles {
		assume(b, role)
	}
	b.user("responder", "AKIARESPONDER0000001")
	b.ip = "198.51.100.7"
	for _, role := range roles {
		effect := "Deny"
		if role == "fooled" {
			effect = "Allow"
		}
		b.asked("iam.PutRolePolicy", `{"roleName":"`+role+`","policyName":"AWSRevokeOlderSessions","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"`+effect+
			`\",\"Action\":[\"*\"],\"Resource\":[\"*\"],\"Condition\":{\"DateLessThan\":{\"aws:TokenIssueTime\":\"2026-05-04T09:01:00Z\"}}}]}"}`)
	}
	b.asked("iam.DeleteRolePolicy", `{"roleName":"freed","policyName":"AWSRevokeOlderSessions"}`)
	b.asked("iam.DeleteRolePolicy", `{"roleName":"revoked","policyName":"other"}`)
	b.ip = "203.0.113.9"
	b.user("thief", "AKIATHIEF00000000001")
	assume(b, "again")
	b.who = `{"type":"AssumedRole","principalId":"AROAREVOKED:s","arn":"arn:aws:sts::111122223333:assumed-role/revoked/s","accountId":"111122223333","accessKeyId":"ASIAREVOKED000000001",` +
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAREVOKED","arn":"arn:aws:iam::111122223333:role/revoked","accountId":"111122223333","userName":"revoked"},"attributes":{"creationDate":"2026-05-04T09:00:00Z"}}}`
	b.add("s3.ListBuckets", `"errorCode":"AccessDenied"`) // too late
	db := newCase(t)
	load(t, db, b.loaded(t))
	r, err := db.Radius(t.Context(), parse(t, "actor:thief"))
	if err != nil {
		t.Fatal(err)
	}
	var done, all []string
	for _, task := range r.Contain {
		for _, s := range task.Steps {
			if task.Name != "roles" {
				continue
			}
			if all = append(all, s.What); s.Done {
				done = append(done, s.What)
			}
		}
	}
	if d := cmp.Diff([]string{"arn:aws:iam::111122223333:role/revoked"}, done); d != "" || len(all) != len(roles) {
		t.Errorf("of %q: %s", all, d)
	}
}

// What was deleted before somebody used one of the same name undoes nothing, and a
// key that another woke is awake.
func TestContainIsNotDoneBefore(t *testing.T) {
	t.Parallel()
	b := &breach{ip: "198.51.100.7"}
	b.user("admin", "AKIAADMIN00000000001")
	b.asked("iam.DeleteRole", `{"roleName":"Deploy"}`)
	b.asked("iam.CreateRole", `{"roleName":"Deploy"}`)
	b.asked("iam.UpdateAccessKey", `{"userName":"thief","accessKeyId":"AKIATHIEF00000000001","status":"Inactive"}`)
	b.asked("iam.UpdateAccessKey", `{"userName":"thief","accessKeyId":"AKIATHIEF00000000001","status":"Active"}`)
	b.ip = "203.0.113.9"
	b.user("thief", "AKIATHIEF00000000001")
	b.add("sts.AssumeRole", `"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/Deploy","roleSessionName":"s"},"responseElements":{"credentials":{"accessKeyId":"ASIADEPLOY0000000001"}}`)
	b.add("iam.CreateAccessKey", `"requestParameters":{"userName":"other"},"responseElements":{"accessKey":{"userName":"other","accessKeyId":"AKIAOTHER00000000001","status":"Active"}}`)
	b.ip = "198.51.100.7"
	b.user("admin", "AKIAADMIN00000000001")
	b.asked("iam.UpdateAccessKey", `{"userName":"other","accessKeyId":"AKIAOTHER00000000001","status":"Inactive"}`)
	b.asked("iam.UpdateAccessKey", `{"userName":"other","accessKeyId":"AKIAOTHER00000000001","status":"Active"}`)
	db := newCase(t)
	load(t, db, b.loaded(t))
	r, err := db.Radius(t.Context(), parse(t, "actor:thief"))
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, task := range r.Contain {
		for _, s := range task.Steps {
			if steps++; s.Done {
				t.Errorf("%s %s is said to be done", task.Name, s.What)
			}
		}
	}
	if d := cmp.Diff([]string{"arn:aws:iam::111122223333:role/Deploy"}, r.Names("roles")); d != "" || len(r.Names("keys")) != 2 {
		t.Errorf("%d steps, keys %v, roles %s", steps, r.Names("keys"), d)
	}
}
