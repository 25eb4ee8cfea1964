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
	r.ocsfIdentity(text)
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
	r.text("requestID", text("api.request.uid"))
	r.text("eventID", text("metadata.uid"))
	r.raw("resources", ocsfResources(member(object, "resources")))
	r.text("eventType", text("metadata.event_code"))
	r.text("recipientAccountId", plainText(member(unmapped, "recipientAccountId")))
	r.text("eventCategory", text("metadata.product.feature.name"))
	r.unmapped("", unmapped, 0)
	r.text("recipientAccountId", text("cloud.account.uid"))
	r.text("userIdentity.sessionContext.sessionIssuer.type", ocsfIssuer(text))
	return r.String()
}

func (o *jsonObject) ocsfIdentity(text func(...string) string) {
	o.text("userIdentity.type", text("actor.user.type"))
	o.text("userIdentity.principalId", text("actor.user.uid_alt"))
	o.text("userIdentity.arn", text("actor.user.uid"))
	o.text("userIdentity.accountId", text("actor.user.account.uid"))
	o.text("userIdentity.accessKeyId", text("actor.user.credential_uid"))
	o.text("userIdentity.userName", text("actor.user.name"))
	o.text("userIdentity.invokedBy", text("actor.invoked_by"))
	o.text("userIdentity.identityProvider", text("actor.idp.name"))
	o.text("userIdentity.sessionContext.attributes.creationDate", text("actor.session.created_time_dt", "actor.session.created_time"))
	o.text("userIdentity.sessionContext.attributes.mfaAuthenticated", text("actor.session.is_mfa"))
	if arn := text("actor.session.issuer"); arn != "" {
		o.text("userIdentity.sessionContext.sessionIssuer.arn", arn)
		o.text("userIdentity.sessionContext.sessionIssuer.userName", lastPart(arn))
	}
}

// ocsfIssuer is the type of a session's issuer, where unmapped doesn't say.
func ocsfIssuer(text func(...string) string) string {
	if text("actor.session.issuer") == "" {
		return ""
	}
	return "Role"
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

// A jsonObject writes members in order, each at a dotted path, and leaves out
// empty ones and what is there already.
type jsonObject struct {
	names   []string
	members map[string]*jsonObject
	json    string // of a value; "" for an object
}

// maxUnmapped bounds how deep the path of a member may go.
const maxUnmapped = 12

// raw writes JSON at a path.
func (o *jsonObject) raw(path, json string) {
	if json == "" || json == "null" {
		return
	}
	parts := strings.SplitN(path, ".", maxUnmapped)
	for i, name := range parts {
		if o.json != "" {
			return
		}
		next := o.members[name]
		if next == nil {
			next = &jsonObject{}
			if o.members == nil {
				o.members = map[string]*jsonObject{}
			}
			o.members[name], o.names = next, append(o.names, name)
			if i == len(parts)-1 {
				next.json = json
			}
		}
		o = next
	}
}

func (o *jsonObject) text(path, v string) {
	if v != "" {
		o.raw(path, quote(v))
	}
}

// unmapped writes what OCSF has no name for: values under dotted keys, objects,
// and values of records that are objects but came as text.
func (o *jsonObject) unmapped(path, object string, depth int) {
	for c := newCursor(object); ; {
		key, v, ok := c.next()
		if !ok {
			return
		}
		if key = strings.Trim(path+"."+key, "."); key == "" {
			continue
		}
		switch name := strings.ToLower(key); {
		case strings.HasPrefix(v, "{") && depth < maxUnmapped:
			o.unmapped(key, v, depth+1)
		case name == "readonly" || name == "managementevent":
			if v = strings.ToLower(plainText(v)); v == "true" || v == "false" {
				o.raw(key, v)
			}
		case !strings.Contains(key, "."):
			o.embed(key, v)
		default:
			o.raw(key, v)
		}
	}
}

// embed writes a value that is JSON, or JSON inside a string.
func (o *jsonObject) embed(path, v string) {
	if strings.HasPrefix(v, `"`) {
		inner := strings.TrimSpace(unquote(v))
		if inner != "" && skip(inner, 0) == len(inner) && (inner[0] == '{' || path == "requestParameters" || path == "responseElements") {
			v = inner
		}
	}
	if v != `""` {
		o.raw(path, v)
	}
}

func (o *jsonObject) String() string {
	if o.json != "" {
		return o.json
	}
	var b strings.Builder
	b.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(name) + ":" + o.members[name].String())
	}
	return b.String() + "}"
}
