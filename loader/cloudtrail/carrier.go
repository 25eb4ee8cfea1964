package cloudtrail

import "strings"

// enter notes that what follows is inside a carrier of that name.
func (d *Decoder) enter(name string) (leave func()) {
	d.wraps++
	d.path = append(d.path, name)
	return func() {
		d.wraps--
		d.path = d.path[:len(d.path)-1]
	}
}

// carrier names the way down to the record at hand.
func (d *Decoder) carrier() string {
	switch way := strings.Join(d.path, " / "); {
	case way == "":
		return "JSON objects"
	case strings.Contains(way, names[fCloudTrailEvent]):
		return "lookup-events"
	case strings.Contains(way, names[fLogEvents]):
		return "CloudWatch Logs subscription"
	case strings.Contains(way, names[fEvents]+" / "+names[fMessage]):
		return "filter-log-events"
	case strings.Contains(way, names[fDetail]):
		return "EventBridge"
	default:
		return way
	}
}

// wrappers are the members that may hold a record, best first: lookup-events
// items, EventBridge envelopes, what queues, log shippers and search engines add.
var wrappers = [...]field{
	fCloudTrailEvent, fDetail, fEventOriginal, fOriginal, fRaw, fMessage, fAtMessage, fBody, fSNS,
	fElastic, fEvent, fAWSCloudTrail, fAWS, fCloudTrail, fResult, fHits, fRecords, fEvents, fLogEvents,
	fMessages, fResults, fRows,
}

// unwrap looks for records in the members of an object that is none itself. It
// stops at the first member that has one.
func (d *Decoder) unwrap(f *found) {
	before := d.res.Events
	for _, id := range wrappers {
		if !f.has(id) || d.wraps > maxWraps {
			continue
		}
		leave := d.enter(names[id])
		d.unwrapMember(f, id)
		leave()
		if d.res.Events > before || d.err != nil {
			return
		}
	}
}

func (d *Decoder) unwrapMember(f *found, id field) {
	start := f.at[id]
	switch v := f.value[id]; {
	case f.text>>id&1 != 0:
		d.embedded(start, start+len(v)+2)
	case v[0] == '{':
		d.object(start)
	case v[0] == '[':
		d.array(start, id)
	}
}

// embedded decodes the record that is the value of the string text[start:end].
func (d *Decoder) embedded(start, end int) {
	s := d.text[start:end]
	if len(s) < 4 || strings.IndexByte(s, '{') < 0 {
		return
	}
	inner := strings.TrimSpace(unquote(s))
	if brace := strings.IndexByte(inner, '{'); brace >= 0 {
		d.convert(inner[brace:], Span{Off: uint32(start), Len: uint32(end - start), Form: FormString})
	}
}

// convert decodes text that stands for one record at span s. Inside such text
// the outermost span stays the address.
func (d *Decoder) convert(text string, s Span) {
	outerText, outerSpan := d.text, d.within
	if d.within == nil {
		d.within, d.inside = &s, 0
	}
	d.text = text
	end := d.object(0)
	d.text, d.within = outerText, outerSpan
	switch {
	case end >= 0:
	case len(d.path) > 0 && d.path[len(d.path)-1] == names[fBody]:
		d.res.Other++ // a queue holds anything
	default:
		d.problem(int(s.Off), "broken record inside: "+mistake(text, ^end))
	}
}

// other counts an object that is no record and remembers, for a file without
// any, what it was. What is around a list says more than what is in it.
func (d *Decoder) other(object string, list bool) {
	if !list {
		d.res.Other++
	}
	if d.res.Events > 0 || d.skip != "" && d.skip != unknownObject {
		return
	}
	if what := describe(object); !list || what != unknownObject {
		d.skip = what
	}
	d.res.Digest = d.skip == digestFile
}

const (
	digestFile    = "CloudTrail digest file"
	unknownObject = "JSON without a CloudTrail record"
)

// describe says what an object is that holds no record.
func describe(object string) string {
	has := func(keys ...string) bool {
		for _, k := range keys {
			if member(object, k) == "" {
				return false
			}
		}
		return true
	}
	source := textAt(object, "eventSource")
	switch {
	case has("digestS3Bucket") || has("digestStartTime", "digestEndTime"):
		return digestFile
	case source == "aws:s3":
		return "S3 event notification"
	case strings.HasPrefix(source, "aws:"):
		return "notification of " + source
	case textAt(object, "Event") == "s3:TestEvent":
		return "S3 test notification"
	case has("messageId", "body"):
		return "SQS message"
	case has("Sns") || has("TopicArn", "Message"):
		return "SNS notification"
	case has("s3Bucket", "s3ObjectKey"):
		return "CloudTrail delivery notification"
	case textAt(object, "messageType") == "CONTROL_MESSAGE":
		return "CloudWatch Logs control message"
	case has("awslogs"):
		return "CloudWatch Logs data still packed in base64"
	case textAt(object, "source") == "aws.s3" && strings.HasPrefix(textAt(object, "detail-type"), "Object "):
		return "S3 event notification"
	case has("detail-type"):
		return "EventBridge event that is no API call: " + textAt(object, "detail-type")
	case has("eventName"):
		return "catalogue entry without eventVersion, eventTime, eventID or userIdentity"
	}
	return unknownObject
}
