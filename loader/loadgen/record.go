package loadgen

import (
	"strconv"
	"strings"
	"time"
)

// begin writes a record up to its user agent.
func (g *generator) begin(c *cell, identity, source, name, host, agent string) {
	if g.inObject > 0 {
		g.buf = append(g.buf, ',')
	}
	g.inObject++
	b := append(g.buf, `{"eventVersion":"1.11","userIdentity":`...)
	b = append(b, identity...)
	b = append(b, `,"eventTime":"`...)
	b = time.Unix(g.now, 0).UTC().AppendFormat(b, time.RFC3339)
	b = append(b, `","eventSource":"`...)
	b = append(b, source...)
	b = append(b, `","eventName":"`...)
	b = append(b, name...)
	b = append(b, `","awsRegion":"`...)
	b = append(b, c.region...)
	b = append(b, `","sourceIPAddress":"`...)
	b = append(b, host...)
	b = append(b, `","userAgent":"`...)
	b = append(b, agent...)
	g.buf = append(b, '"')
}

// end writes the rest of a record behind its parameters.
func (g *generator) end(c *cell, readOnly bool, eventType, resources string, management bool) {
	b := append(g.buf, `,"requestID":"`...)
	b = g.appendGUID(b)
	b = append(b, `","eventID":"`...)
	b = g.appendGUID(b)
	b = append(b, `","readOnly":`...)
	b = strconv.AppendBool(b, readOnly)
	if resources != "" {
		b = append(b, `,"resources":`...)
		b = append(b, resources...)
	}
	b = append(b, `,"eventType":"`...)
	b = append(b, eventType...)
	b = append(b, `","managementEvent":`...)
	b = strconv.AppendBool(b, management)
	b = append(b, `,"recipientAccountId":"`...)
	b = append(b, c.acc.id...)
	if management {
		b = append(b, `","eventCategory":"Management"`...)
	} else {
		b = append(b, `","eventCategory":"Data"`...)
		g.sum.Data++
	}
	if readOnly {
		g.sum.Reads++
	}
	g.buf = append(b, '}')
}

// record writes one call of an actor.
func (g *generator) record(c *cell, s *slot, k *call) {
	agent := s.agent
	if s.kind == assumed && g.rng.IntN(8) == 0 {
		agent = g.agents[g.rng.IntN(len(g.agents))]
	}
	g.begin(c, s.identity, k.source, k.name, s.host, agent)
	failed := g.fail(s, k)
	g.buf = append(g.buf, `,"requestParameters":`...)
	at := g.pickThings(c)
	g.expand(k.request, &at)
	g.buf = append(g.buf, `,"responseElements":`...)
	if failed || k.response == "" {
		g.buf = append(g.buf, "null"...)
	} else {
		g.expand(k.response, &at)
	}
	if k.data && !failed {
		g.expand(`,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"%x","bytesTransferredOut":%N}`, &at)
	}
	resources := ""
	if k.resource != "" {
		start := len(g.buf)
		if k.kind == "AWS::S3::Object" {
			g.expand(`[{"type":"AWS::S3::Object","ARN":"`+k.resource+`"},{"accountId":"%a","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::%b"}]`, &at)
		} else {
			g.expand(`[{"accountId":"%a","type":"`+k.kind+`","ARN":"`+k.resource+`"}]`, &at)
		}
		resources = string(g.buf[start:])
		g.buf = g.buf[:start]
	}
	g.end(c, k.reads, "AwsApiCall", resources, !k.data)
	g.buf = g.buf[:len(g.buf)-1]
	if s.kind == instance || s.kind == function || s.kind == assumed {
		g.expand(`,"vpcEndpointId":"vpce-`+s.endpoint+`","vpcEndpointAccountId":"%a"`, &at)
	}
	g.buf = append(g.buf, `,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"`...)
	g.buf = append(g.buf, strings.TrimSuffix(k.source, ".amazonaws.com")...)
	g.buf = append(append(append(g.buf, '.'), c.region...), `.amazonaws.com"}`...)
	if s.kind == console {
		g.buf = append(g.buf, `,"sessionCredentialFromConsole":"true"`...)
	}
	g.buf = append(g.buf, '}')
}

// fail makes 4 of 100 calls fail.
func (g *generator) fail(s *slot, k *call) bool {
	n := g.rng.IntN(1000)
	if n >= 40 {
		return false
	}
	code, message := "AccessDenied", "User: "+s.name+" is not authorized to perform: "+k.action+" because no identity-based policy allows the "+k.action+" action"
	switch {
	case n < 8:
		code, message = "ThrottlingException", "Rate exceeded"
	case n < 16:
		code, message = "NoSuchEntity", "The resource cannot be found."
	case k.source == "ec2.amazonaws.com":
		code = "Client.UnauthorizedOperation"
	}
	g.buf = append(append(g.buf, `,"errorCode":"`...), code...)
	g.buf = append(append(append(g.buf, `","errorMessage":"`...), message...), '"')
	g.sum.Errors++
	return true
}

// forwarded writes the KMS call that a service makes with its caller's rights.
func (g *generator) forwarded(c *cell, s *slot, k *call) {
	if s.kind == service {
		return
	}
	identity := s.identity[:len(s.identity)-1] + `,"invokedBy":"` + k.source + `"}`
	g.who[identity] = struct{}{}
	g.begin(c, identity, "kms.amazonaws.com", "Decrypt", k.source, k.source)
	at := g.pickThings(c)
	g.expand(`,"requestParameters":{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::%b"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"},"responseElements":null`, &at)
	start := len(g.buf)
	g.expand(`[{"accountId":"%a","type":"AWS::KMS::Key","ARN":"arn:aws:kms:%R:%a:key/%K"}]`, &at)
	resources := string(g.buf[start:])
	g.buf = g.buf[:start]
	g.end(c, true, "AwsApiCall", resources, true)
}

// Things are what one call is about.
type things struct {
	c                                                   *cell
	bucket, instance, group, volume, role, user, lambda string
	key, table, secret                                  string
}

func (g *generator) pickThings(c *cell) things {
	a := c.acc
	one := func(list []string) string { return list[g.rng.IntN(len(list))] }
	return things{
		c: c, bucket: one(a.buckets), instance: one(a.instances), group: one(a.groups), volume: one(a.volumes), role: one(a.roles),
		user: one(a.users), lambda: one(a.functions), key: one(a.keys), table: one(a.tables), secret: one(a.secrets),
	}
}

// expand writes a template: %a account, %R region, %b bucket, %i instance, %g
// security group, %v volume, %r role, %u user, %f function, %K key, %t table, %s
// secret, %o object key, %n small number, %N bytes, %h hex, %x random text, %I a
// list of instances, %T tags, %P a policy as a string.
func (g *generator) expand(template string, at *things) {
	for {
		i := strings.IndexByte(template, '%')
		if i < 0 {
			g.buf = append(g.buf, template...)
			return
		}
		g.buf = append(g.buf, template[:i]...)
		g.thing(template[i+1], at)
		template = template[i+2:]
	}
}

func (g *generator) thing(code byte, at *things) {
	switch code {
	case 'o':
		g.expand("warehouse/events/year=2026/month=03/day=01/part-%n%n-%h%h.snappy.parquet", at)
	case 'n':
		g.buf = strconv.AppendInt(g.buf, int64(g.rng.IntN(100)), 10)
	case 'N':
		g.buf = strconv.AppendInt(g.buf, int64(g.rng.ExpFloat64()*200_000), 10)
	case 'h':
		g.buf = append(g.buf, g.hex(16)...)
	case 'x':
		g.buf = append(g.buf, g.alnum(76)...)
	case 'I':
		for i := range 1 + g.rng.IntN(6) {
			if i > 0 {
				g.buf = append(g.buf, ',')
			}
			g.buf = append(append(append(g.buf, `{"instanceId":"`...), at.c.acc.instances[g.rng.IntN(len(at.c.acc.instances))]...), `"}`...)
		}
	case 'T':
		g.expand(`{"key":"team","value":"team%n"},{"key":"cost-center","value":"%n%n"},{"key":"Name","value":"%f-%n"}`, at)
	case 'P':
		g.expand(`{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"s%n\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::%a:role/%r\"},\"Action\":[\"s3:GetObject\",\"s3:ListBucket\"],\"Resource\":[\"arn:aws:s3:::%b\",\"arn:aws:s3:::%b/*\"]}]}`, at)
	default:
		g.buf = append(g.buf, at.text(code)...)
	}
}

func (at *things) text(code byte) string {
	switch code {
	case 'a':
		return at.c.acc.id
	case 'R':
		return at.c.region
	case 'b':
		return at.bucket
	case 'i':
		return at.instance
	case 'g':
		return at.group
	case 'v':
		return at.volume
	case 'r':
		return at.role
	case 'u':
		return at.user
	case 'f':
		return at.lambda
	case 'K':
		return at.key
	case 't':
		return at.table
	case 's':
		return at.secret
	}
	return "%"
}

func stamp(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

const (
	hexDigits = "0123456789abcdef"
	letters   = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
)

func (g *generator) fill(n, mask int, alphabet string) string {
	b := make([]byte, n)
	var r uint64
	for i := range b {
		if i%10 == 0 {
			r = g.rng.Uint64()
		}
		b[i] = alphabet[int(r)&mask]
		r >>= 6
	}
	return string(b)
}

func (g *generator) hex(n int) string        { return g.fill(n, 15, hexDigits) }
func (g *generator) alnum(n int) string      { return g.fill(n, 63, letters[:62]+"aZ") }
func (g *generator) alnumUpper(n int) string { return g.fill(n, 31, letters[2:34]) }

func (g *generator) guid() string { return string(g.appendGUID(nil)) }

func (g *generator) appendGUID(b []byte) []byte {
	hi, lo := g.rng.Uint64(), g.rng.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(0xc<<60) | 0x8<<60
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			b = append(b, '-')
		}
		x := hi
		if i >= 16 {
			x = lo
		}
		b = append(b, hexDigits[x>>(60-4*(i&15))&15])
	}
	return b
}
