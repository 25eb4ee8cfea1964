package cloudtrail

import "math"

// NoTime is the Time of an event whose record carries no usable eventTime.
const NoTime int64 = math.MinInt64

// NoBytes marks a byte count that the record does not carry.
const NoBytes int64 = -1

// A Form says how a record lies in the unpacked text of its object.
type Form uint8

const (
	FormObject Form = iota // the record itself, a JSON object, verbatim
	FormString             // a JSON string whose value is the record (lookup-events, CloudWatch Logs, `_raw`)
	FormCSV                // a row of an Athena or Lake CSV; the header is the first row of the text
	FormLake               // a row of a GetQueryResults answer: a list of one-key maps
	FormOCSF               // an OCSF object; converting it back loses detail
)

// A Span locates one record inside the unpacked UTF-8 text of its object.
type Span struct {
	Off, Len uint32
	Form     Form
}

// An Event is what spoor indexes of one record. Its strings are substrings of
// the object's text wherever the record needs no unescaping: whoever keeps one
// beyond the object clones it.
type Event struct {
	Span Span

	ID           string // eventID as logged; often but not always a GUID
	Time         int64  // eventTime, microseconds since 1970-01-01 UTC, or NoTime
	Source       string // eventSource, e.g. "iam.amazonaws.com"
	Name         string // eventName as logged, API date included; see BaseName
	Region       string // awsRegion
	Account      string // recipientAccountId, else the account of the identity
	SourceIP     string // sourceIPAddress as logged: an address, a service name, "AWS Internal"
	UserAgent    string
	ErrorCode    string
	ErrorMessage string
	EventType    string // AwsApiCall, AwsServiceEvent, …
	SharedID     string // sharedEventID: joins the copies that several accounts received
	VPCEndpoint  string

	Category Category
	Outcome  Outcome
	ReadOnly bool // the field, else the rule of section 1.4 by name
	MFA      MFA
	Anchor   Anchor // how the event's session is recognised
	Console  bool   // made by the AWS console, as far as the record tells

	BytesIn, BytesOut int64 // additionalEventData.bytesTransferredIn/Out, or NoBytes

	Who  *Identity // never nil; shared by all events with the same userIdentity
	Mint *Mint     // the credentials or sign-in this event gave out, or nil

	// Raw JSON text of the nested parts, "" when absent or null. The change
	// rules read these.
	Request, Response, Additional, Service, Resources string
}

// A Category is the eventCategory of a record, derived where old records lack it.
type Category uint8

const (
	Management Category = iota
	Data
	NetworkActivity
	Insight
	Aggregated
	OtherCategory // anything newer than this program; EventType tells more
)

// An Outcome says how a call ended. Failed sign-ins, which carry no errorCode,
// are Denied.
type Outcome uint8

const (
	OK Outcome = iota
	Denied
	Throttled
	Error
)

// String is the outcome as filters and columns name it.
func (o Outcome) String() string {
	return [...]string{"ok", "denied", "throttled", "error"}[min(o, Error)]
}

// MFA says whether the caller had authenticated with a second factor.
type MFA uint8

const (
	MFAUnknown MFA = iota
	MFANo
	MFAYes
)

// An Anchor names the rule by which an event finds its session; the first that
// applies (fact sheet section 3.2).
type Anchor uint8

const (
	AnchorIdle    Anchor = iota // long-term key, root or nothing: idle windows per principal, key and address
	AnchorSignIn                // sessionContext.signInSessionArn
	AnchorConsole               // (principalId, creationDate) of a console session
	AnchorKey                   // temporary access key: one key, one session
	AnchorForward               // a service acting with the caller's rights in the same seconds
	AnchorService               // an AWS service on its own behalf
)

// An Identity is the decoded userIdentity of a record, with the facts derived
// from it. Most records of a session share one, byte for byte.
type Identity struct {
	Hash [2]uint64 // XXH3-128 of Raw, with the user name where that stands elsewhere: the identity's own identity
	Raw  string    // userIdentity as logged, "" when the record has none

	Type        string // as logged: Root, IAMUser, AssumedRole, …, "" when absent
	PrincipalID string
	ARN         string
	Account     string // accountId of the caller
	AccessKey   string
	UserName    string // of steps of an Identity Center sign-in: additionalEventData.UserName
	InvokedBy   string
	Delegate    string // invokedByDelegate.accountId: a vendor acting with delegated access
	Provider    string // identityProvider or webIdFederationData.federatedProvider

	Role        string // name of the assumed role, "" when none
	RoleARN     string // its ARN with path, from sessionIssuer
	SessionName string // role session name, federated user name
	IssuerType  string // sessionIssuer.type
	IssuerARN   string // sessionIssuer.arn

	Created        int64 // sessionContext creationDate, µs UTC, or NoTime
	MFA            MFA
	SourceIdentity string
	SignInSession  string // signInSessionArn
	OnBehalfOf     string // onBehalfOf.userId
	CredentialID   string
	CredentialsFor string // inScopeOf.credentialsIssuedTo
	EC2Delivery    string // ec2RoleDelivery
	AssumedRoot    bool
	FromConsole    bool // sessionCredentialFromConsole inside sessionContext.attributes

	Kind  Kind   // what sort of actor this is
	Actor string // the name a person would use for it, never ""
}

// A Kind sorts actors: people, roles, workloads, services.
type Kind uint8

const (
	KindUnknown Kind = iota
	KindRoot
	KindUser          // IAM user
	KindSSO           // permission set or Identity Center user
	KindRole          // an assumed role whose user the record does not name
	KindPerson        // an assumed role whose session name is a person
	KindInstance      // EC2 instance
	KindWorkload      // Lambda, ECS, a tool's session
	KindServiceLinked // service-linked role
	KindFederated     // FederatedUser, SAMLUser, WebIdentityUser
	KindService       // AWS service
	KindForeign       // principal of another account
	KindAnonymous
)

// A Mint is what a credential-issuing call or sign-in says about the session it
// starts (fact sheet section 3.1).
type Mint struct {
	Call        string // AssumeRole, ConsoleLogin, CreateAccessKey, …
	IssuedKey   string // access key id given out, "" when the log hides it
	RoleARN     string // role assumed
	SessionName string
	Principal   string // principal id of the new session (assumedRoleId), or of the signed-in identity
	Target      string // ARN of the new session; name of the user (CreateAccessKey); account or its root (AssumeRoot)
	SourceIdent string // sourceIdentity set by the call
	SignIn      string // signInSessionArn the call opens
	From        string // previous principal (SwitchRole's SwitchFrom)
	Workflow    string // additionalEventData.AuthWorkflowID, which joins the steps of an Identity Center sign-in
	Account     string // account of the new session, where the call names it (Identity Center portal)
	RoleName    string // permission set, where the call names it (Identity Center portal)
}
