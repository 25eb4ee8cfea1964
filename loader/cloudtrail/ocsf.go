package cloudtrail

import "strings"

// ocsf decodes an OCSF object (Security Lake: class 6003 API Activity, 3001
// Account Change, 3002 Authentication).
func (d *Decoder) ocsf(start, end int) {
	object := d.text[start:end]
	if textAt(object, "api", "operation") == "" {
		d.other(object, false)
		return
	}
	defer d.enter("OCSF")()
	d.convert(ocsfRecord(object), Span{Off: uint32(start), Len: uint32(end - start), Form: FormOCSF})
}

// ocsfRecord writes a CloudTrail record from an OCSF object, as far as that goes:
// OCSF renames fields, and moves what it has no name for into unmapped, with
// dotted keys.
func ocsfRecord(object string) string {
	get := func(path string) string { return at(object, strings.Split(path, ".")...) }
	text := func(paths ...string) string {
		for _, p := range paths {
			if v := plainText(get(p)); v != "" {
				return v
			}
		}
		return ""
	}
	unmapped := member(object, "unmapped")
	var r jsonObject
	r.text("eventVersion", first(text("metadata.product.version"), "1.08"))
	r.raw("userIdentity", ocsfIdentity(text, unmapped))
	r.text("eventTime", text("time_dt", "time"))
	r.text("eventSource", text("api.service.name"))
	r.text("eventName", text("api.operation"))
	r.text("awsRegion", text("cloud.region"))
	r.text("sourceIPAddress", text("src_endpoint.ip", "src_endpoint.domain", "src_endpoint.svc_name"))
	r.text("userAgent", text("http_request.user_agent"))
	r.text("errorCode", text("api.response.error"))
	r.text("errorMessage", text("api.response.message"))
	r.embed("requestParameters", get("api.request.data"))
	r.embed("responseElements", get("api.response.data"))
	r.embed("additionalEventData", member(unmapped, "additionalEventData"))
	r.text("requestID", text("api.request.uid"))
	r.text("eventID", text("metadata.uid"))
	if v := plainText(member(unmapped, "readOnly")); isTrue(v) || strings.EqualFold(v, "false") {
		r.raw("readOnly", strings.ToLower(v))
	}
	r.raw("resources", ocsfResources(member(object, "resources")))
	r.text("eventType", first(text("metadata.event_code"), plainText(member(unmapped, "eventType"))))
	r.text("recipientAccountId", first(plainText(member(unmapped, "recipientAccountId")), text("cloud.account.uid")))
	r.text("sharedEventID", plainText(member(unmapped, "sharedEventID")))
	r.text("eventCategory", text("metadata.product.feature.name"))
	return r.String()
}

func ocsfIdentity(text func(...string) string, unmapped string) string {
	var who, session, attributes, issuer jsonObject
	who.text("type", text("actor.user.type"))
	who.text("principalId", text("actor.user.uid_alt"))
	who.text("arn", text("actor.user.uid"))
	who.text("accountId", text("actor.user.account.uid"))
	who.text("accessKeyId", text("actor.user.credential_uid"))
	who.text("userName", text("actor.user.name"))
	who.text("invokedBy", text("actor.invoked_by"))
	who.text("identityProvider", text("actor.idp.name"))
	attributes.text("creationDate", text("actor.session.created_time_dt", "actor.session.created_time"))
	attributes.text("mfaAuthenticated", text("actor.session.is_mfa"))
	if arn := text("actor.session.issuer"); arn != "" {
		issuer.text("type", first(plainText(member(unmapped, "userIdentity.sessionContext.sessionIssuer.type")), "Role"))
		issuer.text("arn", arn)
		issuer.text("userName", lastPart(arn))
	}
	session.object("sessionIssuer", issuer)
	session.object("attributes", attributes)
	session.text("sourceIdentity", plainText(member(unmapped, "userIdentity.sessionContext.sourceIdentity")))
	who.object("sessionContext", session)
	return who.String()
}

func ocsfResources(list string) string {
	if !strings.HasPrefix(list, "[") {
		return ""
	}
	var items []string
	for i := space(list, 1); i < len(list) && list[i] == '{'; {
		end := skip(list, i)
		if end < 0 {
			break
		}
		var r jsonObject
		r.text("ARN", textAt(list[i:end], "uid"))
		r.text("accountId", textAt(list[i:end], "owner", "account", "uid"))
		r.text("type", textAt(list[i:end], "type"))
		items = append(items, r.String())
		if i = space(list, end); i < len(list) && list[i] == ',' {
			i = space(list, i+1)
		}
	}
	if len(items) == 0 {
		return ""
	}
	return "[" + strings.Join(items, ",") + "]"
}

// A jsonObject writes members in order and leaves out empty ones.
type jsonObject struct{ members []string }

func (o *jsonObject) raw(key, json string) {
	if json != "" {
		o.members = append(o.members, quote(key)+":"+json)
	}
}

func (o *jsonObject) text(key, v string) {
	if v != "" {
		o.raw(key, quote(v))
	}
}

func (o *jsonObject) object(key string, v jsonObject) {
	if len(v.members) > 0 {
		o.raw(key, v.String())
	}
}

// embed writes a value that is JSON, or JSON inside a string.
func (o *jsonObject) embed(key, v string) {
	if strings.HasPrefix(v, `"`) {
		inner := strings.TrimSpace(unquote(v))
		if inner != "" && skip(inner, 0) == len(inner) {
			v = inner
		}
	}
	if v != "null" && v != `""` {
		o.raw(key, v)
	}
}

func (o *jsonObject) String() string { return "{" + strings.Join(o.members, ",") + "}" }
