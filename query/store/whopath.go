package store

import (
	"strings"

	"spoor/query"
)

// whoPaths are the paths into userIdentity whose values the table of identities
// has just as they are logged. Identities are few, so such paths need no record.
// An empty text there means absent, as the language says of userIdentity.
var whoPaths = map[string]int{
	"principalid":                       whoPrincipalID,
	"arn":                               whoARN,
	"username":                          whoUserName,
	"invokedby":                         whoInvokedBy,
	"invokedbydelegate.accountid":       whoDelegate,
	"credentialid":                      whoCredentialID,
	"onbehalfof.userid":                 whoOnBehalfOf,
	"inscopeof.credentialsissuedto":     whoCredentialsFor,
	"sessioncontext.sessionissuer.type": whoIssuerType,
	"sessioncontext.sessionissuer.arn":  whoIssuerARN,
	"sessioncontext.sourceidentity":     whoSourceIdentity,
	"sessioncontext.ec2roledelivery":    whoEC2Delivery,
	"sessioncontext.signinsessionarn":   whoSignIn,
}

// whoPath returns the column of identities that a term's path is about.
func whoPath(t query.Term) (personField, bool) {
	if len(t.Path) < 2 || !strings.EqualFold(t.Path[0], "userIdentity") {
		return 0, false
	}
	i, ok := whoPaths[strings.ToLower(strings.Join(t.Path[1:], "."))]
	return personField(i), ok
}
