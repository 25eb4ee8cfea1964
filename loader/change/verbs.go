package change

import (
	"maps"
	"strings"
	"sync"
)

// irregular verbs of API names: base form to past tense.
var irregular = map[string]string{
	"put": "put", "set": "set", "reset": "reset", "send": "sent", "run": "ran", "write": "wrote", "make": "made", "give": "gave", "take": "took",
	"get": "got", "stop": "stopped", "tag": "tagged", "untag": "untagged", "cancel": "cancelled", "submit": "submitted", "leave": "left",
	"split": "split", "swap": "swapped", "build": "built", "begin": "began", "opt": "opted", "ship": "shipped", "plan": "planned",
	"withdraw": "withdrew", "undo": "undid", "bid": "bid", "buy": "bought", "drop": "dropped", "flip": "flipped", "rerun": "reran",
	"snapshot": "snapshotted", "control": "controlled", "transfer": "transferred", "admit": "admitted", "read": "read", "shut": "shut", "reboot": "rebooted", "upload": "uploaded",
}

// regular verbs that API names begin with; whatever isn't one is said as
// "called TheName".
const regular = ` abort accept acknowledge activate add admin advertise allocate allow answer apply approve archive ask assign associate assume attach authorize
 backtrack block broadcast bundle cache change claim clear close commit complete configure confirm connect continue convert copy create
 deactivate deauthorize declare decline decrease decrypt defer define delegate delete deny deploy deprecate deprovision deregister destroy detach disable disassociate
 discard disconnect dismiss dispose dissociate download duplicate edit enable encrypt end enroll enter evict exchange execute exit expire export extend
 failover finalize finish forget freeze generate grant handle hold import increase index ingest initialize initiate insert install instantiate invite invoke
 issue join label launch link list load lock log lookup mark merge migrate modify monitor mount move notify offer open opened order pause perform persist
 phone poll post prepare prevent process promote propagate propose provision publish pull purchase purge push queue reactivate rebalance receive recognize
 record recover redeem redrive refresh register reimport reject release reload remove rename renew reopen reorder repair replace replicate report
 request require reschedule resend reserve resize resolve restart restore resume resynchronize retire retrieve retry return reverse review revise revoke roll
 rollback rotate save scale schedule search sell share sign simulate skip start store subscribe suspend switch sync synchronize terminate test
 toggle translate trigger turn unarchive unassign unblock undeploy unlabel unlink unlock unmonitor unpause unregister unshare unsubscribe update
 upgrade upsert validate verify view wipe wire mirror exclude point map exempt trust visit call `

// past returns the past tense of a regular verb in its base form.
func past(base string) string {
	switch n := len(base); {
	case n < 2:
		return base
	case base[n-1] == 'e':
		return base + "d"
	case base[n-1] == 'y' && !strings.ContainsRune("aeiou", rune(base[n-2])):
		return base[:n-1] + "ied"
	}
	return base + "ed"
}

// verbs maps the base form of every verb known here to its past tense.
var verbs = sync.OnceValue(func() map[string]string {
	out := maps.Clone(irregular)
	for v := range strings.FieldsSeq(regular) {
		out[v] = past(v)
	}
	return out
})

// baseForms is verbs the other way round.
func baseForms() map[string]string {
	out := map[string]string{}
	for v, p := range verbs() {
		out[p] = v
	}
	return out
}

// acronyms are words of API names that keep their capitals in a sentence.
const acronyms = ` ACL API ARN AWS AZ BYOIP CA CIDR CORS CRL DB DHCP DKIM DNS EBS EC2 EFS EIP ELB ENI FPGA GPU HSM HTTP HTTPS IAM ID IDP IP IPAM IPv6 JWT KMS
 LB MFA NACL NAT OIDC OU PITR QoS RDS S3 SAML SCP SG SMS SNS SQL SQS SSH SSL SSO STS TLS URI URL VGW VM VPC VPN WAF XSS `

// phrase turns an API name into a past-tense verb and what it was done to:
// "DeleteNatGateway" is "deleted", "NAT gateway". Names that don't begin with
// a verb are "called", "TheName".
func phrase(name string) (verb, base, noun string) {
	words := split(name)
	if len(words) > 1 && (words[0] == "Batch" || words[0] == "Bulk" || words[0] == "Admin") {
		words = words[1:]
	}
	if len(words) > 0 {
		base := strings.ToLower(words[0])
		if past, ok := verbs()[base]; ok {
			return past, base, nounPhrase(words[1:])
		}
	}
	return "called", "call", name
}

func nounPhrase(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		if up := strings.ToUpper(w); strings.Contains(acronyms, " "+up+" ") {
			b.WriteString(up)
		} else {
			b.WriteString(strings.ToLower(w))
		}
	}
	return b.String()
}

// split cuts a camel-case name into words: "CreateDBInstance" is Create, DB, Instance.
func split(name string) []string {
	var out []string
	start := 0
	for i := 1; i < len(name); i++ {
		up := isUpper(name[i])
		if up && !isUpper(name[i-1]) || up && i+1 < len(name) && isLower(name[i+1]) {
			out = append(out, name[start:i])
			start = i
		}
	}
	if start < len(name) {
		out = append(out, name[start:])
	}
	return out
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
