package query

import (
	"slices"
	"strings"
)

// A Kind says what the values of a field are, and so what may be asked of them.
type Kind uint8

const (
	KindText    Kind = iota // any text: equality, wildcards, regex
	KindAddress             // an IP address or a service name: as text, and CIDR
	KindTime                // an instant: ranges and comparisons
	KindNumber              // a whole number: ranges and comparisons, sizes such as 10MB
	KindBool                // true or false; yes and no are understood
	KindEnum                // one of Field.Values
	KindLevel               // one of Field.Values, which go from least to most: ranges and comparisons
	KindRecord              // the whole record as logged: the field "text"
)

// Ordered reports whether values of the kind can be compared and ranged over.
func (k Kind) Ordered() bool { return k == KindTime || k == KindNumber || k == KindLevel }

// Closed reports whether Field.Values lists all values there can be.
func (k Kind) Closed() bool { return k == KindBool || k == KindEnum || k == KindLevel }

// A Field is one thing that can be asked of an event. The catalogue feeds the
// parser, completion, columns, facets and the documentation.
type Field struct {
	Name    string   // canonical name in filters, lower case
	Title   string   // column heading
	Help    string   // one line: what the field means
	Aliases []string // other names, matched ignoring case; CloudTrail's own where it means the same
	Kind    Kind
	Width   int      // usual column width in cells
	Values  []string // all values of a closed kind; else well-known ones, for completion
	Facet   bool     // worth counting values of
	Column  bool     // worth a column
	Path    string   // where the record says it, in CloudTrail's own words; "" when derived
	Many    bool     // an event may have several values; a term holds when any does
}

// Fields returns the catalogue in the order in which people look for things.
func Fields() []Field { return slices.Clone(fields) }

// Lookup finds a field by its name or an alias, ignoring case. A dotted path
// that the case indexes, such as userIdentity.accessKeyId, is an alias; any
// other path is not a field of the catalogue.
func Lookup(name string) (Field, bool) {
	i, ok := fieldIndex[strings.ToLower(name)]
	if !ok {
		return Field{}, false
	}
	return fields[i], true
}

// fieldIndex finds a field by lower-cased name or alias.
var fieldIndex = func() map[string]int {
	m := make(map[string]int)
	for i, f := range fields {
		m[f.Name] = i
		for _, a := range f.Aliases {
			m[strings.ToLower(a)] = i
		}
	}
	return m
}()

// recordKeys are the top-level keys of a CloudTrail record (user guide, "CloudTrail
// record contents"). Alone they are paths; fields of the catalogue come first.
var recordKeys = []string{
	"addendum", "additionalEventData", "apiVersion", "awsRegion", "edgeDeviceDetails", "errorCode", "errorMessage",
	"eventCategory", "eventContext", "eventID", "eventName", "eventSource", "eventTime", "eventType", "eventVersion",
	"insightDetails", "managementEvent", "readOnly", "recipientAccountId", "requestID", "requestParameters", "resources",
	"responseElements", "serviceEventDetails", "sessionCredentialFromConsole", "sharedEventID", "sourceIPAddress",
	"summary", "timeWindow", "tlsDetails", "userAgent", "userIdentity", "vpcEndpointAccountId", "vpcEndpointId",
}

// identityKeys are the keys of userIdentity (user guide, "CloudTrail userIdentity
// element").
var identityKeys = []string{
	"accessKeyId", "accountId", "arn", "credentialId", "identityProvider", "inScopeOf", "invokedBy", "invokedByDelegate",
	"onBehalfOf", "principalId", "sessionContext", "type", "userName",
}

// recordKey returns the documented spelling of a top-level key.
func recordKey(name string) (string, bool) {
	for _, k := range recordKeys {
		if strings.EqualFold(k, name) {
			return k, true
		}
	}
	return "", false
}

// String is the kind as `spoor fields` names it.
func (k Kind) String() string {
	return [...]string{"text", "address", "time", "number", "bool", "enum", "level", "record"}[k]
}
