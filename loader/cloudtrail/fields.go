package cloudtrail

import (
	"strings"
	"unicode/utf8"
)

// A field names what the scanner keeps of an object: the members of a record
// that spoor indexes, and the members under which carriers put records.
type field uint8

const (
	fNone field = iota
	fVersion
	fIdentity
	fTime
	fSource
	fName
	fRegion
	fIP
	fAgent
	fErrorCode
	fErrorMessage
	fRequest
	fResponse
	fAdditional
	fRequestID
	fID
	fReadOnly
	fResources
	fType
	fManagement
	fRecipient
	fShared
	fService
	fVPCE
	fCategory
	fConsole
	fInsight
	fAccount // aggregated records: the recipient
	fWindow
	fSummary
	fUnread // known, of no use here: spares fieldFold

	fRecords // from here on: carriers
	fEvents
	fLogEvents
	fMessages
	fResults
	fRows // the last that may be a long list
	fCloudTrailEvent
	fDetail
	fMessage
	fAtMessage
	fRaw
	fElastic
	fEvent
	fOriginal
	fEventOriginal
	fAWS
	fCloudTrail
	fAWSCloudTrail
	fResult
	fHits
	fBody
	fSNS
	fOCSF
	numFields
)

// names gives each field its key. Some keys have a second spelling in the wild:
// aggregated records say eventId.
var names = [numFields]string{
	fVersion: "eventVersion", fIdentity: "userIdentity", fTime: "eventTime", fSource: "eventSource",
	fName: "eventName", fRegion: "awsRegion", fIP: "sourceIPAddress", fAgent: "userAgent",
	fErrorCode: "errorCode", fErrorMessage: "errorMessage", fRequest: "requestParameters",
	fResponse: "responseElements", fAdditional: "additionalEventData", fRequestID: "requestID",
	fID: "eventID", fReadOnly: "readOnly", fResources: "resources", fType: "eventType",
	fManagement: "managementEvent", fRecipient: "recipientAccountId", fShared: "sharedEventID",
	fService: "serviceEventDetails", fVPCE: "vpcEndpointId", fCategory: "eventCategory",
	fConsole: "sessionCredentialFromConsole", fInsight: "insightDetails", fAccount: "accountId",
	fWindow: "timeWindow", fSummary: "summary",
	fRecords: "Records", fEvents: "Events", fLogEvents: "logEvents", fMessages: "Messages", fResults: "results",
	fRows: "QueryResultRows", fHits: "hits", fBody: "Body", fSNS: "Sns",
	fCloudTrailEvent: "CloudTrailEvent", fDetail: "detail", fMessage: "message", fAtMessage: "@message",
	fRaw: "_raw", fElastic: "_source", fEvent: "event", fOriginal: "original",
	fEventOriginal: "event.original", fAWS: "aws", fCloudTrail: "cloudtrail",
	fAWSCloudTrail: "aws.cloudtrail", fResult: "result", fOCSF: "class_uid",
}

// fieldOf finds the field of a key spelt exactly so. The switch is by length and
// then by eight bytes at a time: the compiler's, and quick.
func fieldOf(key string) field {
	switch key {
	case "eventVersion":
		return fVersion
	case "userIdentity":
		return fIdentity
	case "eventTime":
		return fTime
	case "eventSource":
		return fSource
	case "eventName":
		return fName
	case "awsRegion":
		return fRegion
	case "sourceIPAddress":
		return fIP
	case "userAgent":
		return fAgent
	case "errorCode":
		return fErrorCode
	case "errorMessage":
		return fErrorMessage
	case "requestParameters":
		return fRequest
	case "responseElements":
		return fResponse
	case "additionalEventData":
		return fAdditional
	case "requestID":
		return fRequestID
	case "eventID":
		return fID
	case "readOnly":
		return fReadOnly
	case "resources":
		return fResources
	case "eventType":
		return fType
	case "managementEvent":
		return fManagement
	case "recipientAccountId":
		return fRecipient
	case "sharedEventID":
		return fShared
	case "serviceEventDetails":
		return fService
	case "vpcEndpointId":
		return fVPCE
	case "eventCategory":
		return fCategory
	case "sessionCredentialFromConsole":
		return fConsole
	case "insightDetails":
		return fInsight
	case "tlsDetails", "apiVersion", "vpcEndpointAccountId", "addendum", "eventContext", "edgeDeviceDetails":
		return fUnread
	}
	return fNone
}

// fieldFold finds the field of a key in any spelling of its letters, exact for
// exact ones. It is for the keys fieldOf does not know.
func fieldFold(key string) (f field, exact bool) {
	for f = fNone + 1; f < numFields; f++ {
		if len(names[f]) == len(key) && strings.EqualFold(names[f], key) {
			return f, names[f] == key
		}
	}
	return fNone, false
}

// A found object: the members of it that matter. Strings are kept without their
// quotes, everything else as it is written; null counts as absent.
type found struct {
	value [numFields]string
	at    [numFields]int // where the value starts in the text, at the quote for strings
	seen  uint64         // fields met, null or not
	text  uint64         // value is the inside of a string
	esc   uint64         // … with escapes
	clean uint64         // … known to be plain ASCII
	who   *Identity      // of fIdentity, when the scanner knew it already
	start int
	end   int
	// streamed: a list of records inside was decoded while scanning.
	streamed bool
}

func (f *found) has(id field) bool { return f.value[id] != "" || f.text>>id&1 != 0 }

// str returns a field as text: strings unescaped, numbers and booleans as
// written, and objects as their JSON, for no log line is lost to its odd type. It
// is valid UTF-8, as databases insist, whatever the log was.
func (f *found) str(id field) string {
	v := f.value[id]
	if f.clean>>id&1 != 0 {
		return v
	}
	if f.esc>>id&1 != 0 {
		return unquote(`"` + v + `"`)
	}
	if !ascii(v) && !utf8.ValidString(v) {
		return strings.ToValidUTF8(v, "\uFFFD")
	}
	return v
}

func ascii(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if word(s, i)&highs != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// nested returns a field's JSON, as the change rules read it: strings with
// their quotes.
func (f *found) nested(text string, id field) string {
	if f.text>>id&1 == 0 {
		return f.value[id]
	}
	start := f.at[id]
	return text[start : start+len(f.value[id])+2]
}
