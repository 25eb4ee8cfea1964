package query

// The lists of well-known values are for completion; only closed kinds are held
// to theirs. Sources: CloudTrail user guide, "userIdentity element" and
// "CloudTrail record contents".
var (
	identityTypes = []string{"AssumedRole", "IAMUser", "Root", "AWSService", "AWSAccount", "IdentityCenterUser",
		"FederatedUser", "SAMLUser", "WebIdentityUser", "Role", "Directory", "Unknown"}
	eventTypes = []string{"AwsApiCall", "AwsServiceEvent", "AwsConsoleSignIn", "AwsConsoleAction", "AwsVpceEvent",
		"AwsCloudTrailInsight", "AwsAggregatedEvent", "AwsMcpEvent"}
	categories = []string{"Management", "Data", "NetworkActivity", "Insight", "Aggregated", "Other"}
	outcomes   = []string{"ok", "denied", "throttled", "error"}
	severities = []string{"info", "low", "medium", "high", "critical"}
	verdicts   = []string{"valid", "invalid", "missing", "unverifiable", "uncovered"}
)

// fields is the catalogue. Aliases are only names that mean the very same: a
// path that the field merely resembles (userIdentity.principalId is not always
// the principal) stays a path into the record.
var fields = []Field{
	{Name: "time", Title: "Time", Kind: KindTime, Width: 19, Column: true, Path: "eventTime", Aliases: []string{"eventTime", "when"},
		Help: "when the call completed, UTC in the log; a date means that whole day in the zone shown"},
	{Name: "actor", Title: "Actor", Kind: KindText, Width: 26, Facet: true, Column: true, Aliases: []string{"who", "user"},
		Help: "who acted, as a person would name them: user, role session, instance, service"},
	{Name: "root", Title: "Root actor", Kind: KindText, Width: 26, Facet: true, Column: true, Aliases: []string{"rootactor", "root_actor"},
		Help: "the human or workload at the start of the chain of sessions"},
	{Name: "type", Title: "Identity type", Kind: KindText, Width: 14, Facet: true, Column: true, Path: "userIdentity.type",
		Aliases: []string{"userIdentity.type", "identitytype"}, Values: identityTypes,
		Help: "type of the identity: IAMUser, AssumedRole, Root, AWSService, …"},
	{Name: "principal", Title: "Principal", Kind: KindText, Width: 40, Facet: true, Column: true, Path: "userIdentity.arn",
		Help: "the IAM identity: its ARN, else its principal id"},
	{Name: "key", Title: "Access key", Kind: KindText, Width: 20, Facet: true, Column: true, Path: "userIdentity.accessKeyId",
		Aliases: []string{"userIdentity.accessKeyId", "accessKeyId", "accesskey"}, Help: "access key id that signed the call"},
	{Name: "role", Title: "Role", Kind: KindText, Width: 24, Facet: true, Column: true, Path: "userIdentity.sessionContext.sessionIssuer.userName",
		Help: "name of the assumed role"},
	{Name: "session", Title: "Session", Kind: KindText, Width: 14, Column: true, Help: "id of the session: one unbroken use of one set of credentials or sign-in"},
	{Name: "sessionname", Title: "Session name", Kind: KindText, Width: 20, Facet: true, Column: true, Aliases: []string{"rolesessionname"},
		Help: "role session name or name of the federated user"},
	{Name: "account", Title: "Account", Kind: KindText, Width: 12, Facet: true, Column: true, Path: "recipientAccountId",
		Aliases: []string{"recipientAccountId", "recipient"}, Help: "account whose trail recorded the event (recipient), else the caller's: its id or the name you gave it"},
	{Name: "caller", Title: "Caller account", Kind: KindText, Width: 12, Facet: true, Column: true, Path: "userIdentity.accountId",
		Aliases: []string{"userIdentity.accountId", "calleraccount"}, Help: "account of the identity that called: its id or the name you gave it"},
	{Name: "region", Title: "Region", Kind: KindText, Width: 14, Facet: true, Column: true, Path: "awsRegion",
		Aliases: []string{"awsRegion"}, Help: "AWS region that was called"},
	{Name: "service", Title: "Service", Kind: KindText, Width: 16, Facet: true, Column: true, Path: "eventSource",
		Aliases: []string{"eventSource", "source"}, Help: "service that was called: iam or iam.amazonaws.com"},
	{Name: "event", Title: "Event", Kind: KindText, Width: 26, Facet: true, Column: true, Path: "eventName",
		Aliases: []string{"eventName", "action", "name"}, Help: "name of the call; with : its API date may be left out (UpdateFunctionCode)"},
	{Name: "eventtype", Title: "Event type", Kind: KindText, Width: 16, Facet: true, Column: true, Path: "eventType",
		Aliases: []string{"eventType"}, Values: eventTypes, Help: "sort of record: AwsApiCall, AwsConsoleSignIn, AwsServiceEvent, …"},
	{Name: "resource", Title: "Resource", Kind: KindText, Width: 30, Facet: true, Column: true, Many: true,
		Help: "what was touched: id, name or ARN; with : an ARN is also found by its last part"},
	{Name: "resourcetype", Title: "Resource type", Kind: KindText, Width: 22, Facet: true, Column: true, Many: true,
		Help: "type of the resource, e.g. AWS::EC2::SecurityGroup"},
	{Name: "ip", Title: "Source IP", Kind: KindAddress, Width: 18, Facet: true, Column: true, Path: "sourceIPAddress",
		Aliases: []string{"sourceIPAddress", "sourceip", "address"}, Help: "where from: an address (CIDR works) or the name of an AWS service"},
	{Name: "agent", Title: "User agent", Kind: KindText, Width: 30, Facet: true, Column: true, Path: "userAgent",
		Aliases: []string{"userAgent", "ua"}, Help: "tool or browser that called"},
	{Name: "error", Title: "Error", Kind: KindText, Width: 22, Facet: true, Column: true, Path: "errorCode",
		Aliases: []string{"errorCode"}, Help: "error code; absent when the call succeeded"},
	{Name: "message", Title: "Error message", Kind: KindText, Width: 40, Column: true, Path: "errorMessage",
		Aliases: []string{"errorMessage"}, Help: "error message, in the service's words"},
	{Name: "outcome", Title: "Outcome", Kind: KindEnum, Width: 9, Facet: true, Column: true, Values: outcomes,
		Help: "how the call ended: ok, denied, throttled, error; failed sign-ins are denied"},
	{Name: "readonly", Title: "Read-only", Kind: KindBool, Width: 9, Facet: true, Column: true, Path: "readOnly", Values: []string{"true", "false"},
		Aliases: []string{"readOnly"}, Help: "whether the call only read state (by name where the record doesn't say)"},
	{Name: "category", Title: "Category", Kind: KindEnum, Width: 15, Facet: true, Column: true, Path: "eventCategory", Values: categories,
		Aliases: []string{"eventCategory"}, Help: "Management, Data, NetworkActivity, Insight, Aggregated or Other"},
	{Name: "mfa", Title: "MFA", Kind: KindEnum, Width: 4, Facet: true, Column: true, Values: []string{"yes", "no"},
		Help: "whether the caller had used a second factor; absent when the record doesn't tell"},
	{Name: "bytesin", Title: "Bytes in", Kind: KindNumber, Width: 10, Column: true, Path: "additionalEventData.bytesTransferredIn",
		Aliases: []string{"additionalEventData.bytesTransferredIn"}, Help: "bytes sent to the service, where it logs them (S3)"},
	{Name: "bytesout", Title: "Bytes out", Kind: KindNumber, Width: 10, Column: true, Path: "additionalEventData.bytesTransferredOut",
		Aliases: []string{"additionalEventData.bytesTransferredOut"}, Help: "bytes sent by the service, where it logs them (S3)"},
	{Name: "id", Title: "Event ID", Kind: KindText, Width: 36, Column: true, Path: "eventID", Aliases: []string{"eventID", "event_id"},
		Help: "eventID as logged"},
	{Name: "object", Title: "Object", Kind: KindText, Width: 40, Facet: true, Column: true, Aliases: []string{"file"},
		Help: "log file that carries the event: path or s3:// URL"},
	{Name: "verdict", Title: "Verdict", Kind: KindEnum, Width: 12, Facet: true, Column: true, Values: verdicts,
		Help: "what validation said of the log file; absent before it ran"},
	{Name: "severity", Title: "Severity", Kind: KindLevel, Width: 9, Facet: true, Column: true, Values: severities, Aliases: []string{"grade"},
		Help: "how grave a change is: info, low, medium, high, critical, as the timeline shows it; severity>=high works; absent when nothing changed"},
	{Name: "mark", Title: "Mark", Kind: KindText, Width: 8, Facet: true, Column: true, Many: true, Values: Marks(),
		Help: "colour of a mark put on the event, its session or a resource it touches"},
	{Name: "note", Title: "Note", Kind: KindText, Width: 30, Column: true, Many: true,
		Help: "note written on the event, its session or a resource it touches: note:*word*"},
	{Name: "tag", Title: "Tag", Kind: KindText, Width: 12, Facet: true, Column: true, Many: true, Aliases: []string{"tags"},
		Help: "tag put on the event, its session or a resource it touches"},
	{Name: "text", Title: "Text", Kind: KindRecord, Width: 40, Help: "anywhere in the record as logged, ignoring case; the same as a bare word"},
}
