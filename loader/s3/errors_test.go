package s3

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
)

// Every error of the fact sheet, section 6, that the calls of this package can
// meet, as the SDK words it: one plain line with the likely cause or the missing
// permission, and what to do. (TrailNotFoundException and
// InvalidTimeRangeException belong to calls that spoor doesn't make.)
func TestEveryErrorPeopleMeet(t *testing.T) {
	t.Parallel()
	api := func(op, code, message string) error {
		return &smithy.OperationError{ServiceID: "S3", OperationName: op, Err: fmt.Errorf("https response error StatusCode: 403, RequestID: R1,\nHostID: H: %w", &smithy.GenericAPIError{Code: code, Message: message})}
	}
	identity := func(format string, args ...any) error {
		return &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: fmt.Errorf("get identity: get credentials: "+format, args...)}
	}
	list := func(code, message string) error { return api("ListObjectsV2", code, message) }
	for name, c := range map[string]struct {
		op        string
		err       error
		why, hint string
	}{
		"no bucket":            {"list", list("NoSuchBucket", "The specified bucket does not exist"), "there is no such bucket", "check the name"},
		"other region":         {"list", list("PermanentRedirect", "must be addressed using the specified endpoint"), "the bucket is in another region", "--aws-region"},
		"may not list":         {"list", list("AccessDenied", "User: arn:aws:iam::1:user/x is not authorized to perform: s3:ListBucket on resource: \"arn:aws:s3:::b\""), "needs s3:ListBucket", "wrong account or profile"},
		"may not read":         {"get", api("GetObject", "AccessDenied", "Access Denied"), "needs s3:GetObject", "already deleted"},
		"may not decrypt":      {"get", api("GetObject", "AccessDenied", "User: x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/k"), "needs kms:Decrypt on the key", "the key's policy"},
		"archived":             {"get", api("GetObject", "InvalidObjectState", "The operation is not valid for the object's storage class"), "archived in Glacier", "restore it first"},
		"expired":              {"list", list("ExpiredToken", "The provided token has expired."), "the session token has expired", "aws sso login"},
		"expired, as STS says": {"list", list("ExpiredTokenException", "The security token included in the request is expired"), "the session token has expired", "aws sso login"},
		"unknown key of STS":   {"list", identity("operation error STS: AssumeRole, %w", &smithy.GenericAPIError{Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."}), "the access key is not known", "--profile"},
		"unknown key of S3":    {"list", list("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."), "the access key is not known", "--profile"},
		"wrong secret":         {"list", list("SignatureDoesNotMatch", "The request signature we calculated does not match"), "the secret key does not fit", "AWS_SECRET_ACCESS_KEY"},
		"clock":                {"list", list("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."), "clock is wrong", "set the clock"},
		"no credentials":       {"list", identity("failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, http response error StatusCode: 404"), "no AWS credentials found", "--no-sign-request"},
		"SSO is over":          {"list", identity("failed to refresh cached credentials, the SSO session has expired or is invalid: expected RFC3339 timestamp"), "the sign-in of the SSO profile has expired", "aws sso login --profile"},
		"SSO never signed in":  {"list", identity("failed to refresh cached credentials, failed to read cached SSO token file, open x: no such file or directory"), "the sign-in of the SSO profile has expired", "aws sso login --profile"},
		"role refused":         {"list", identity("operation error STS: AssumeRole, %w", &smithy.GenericAPIError{Code: "AccessDenied", Message: "User: x is not authorized to perform: sts:AssumeRole on resource: y"}), "needs sts:AssumeRole", "--external-id"},
		"throttled":            {"list", list("ThrottlingException", "Rate exceeded"), "too many requests", "fewer --jobs"},
		"slow down":            {"get", api("GetObject", "SlowDown", "Please reduce your request rate."), "S3 asks to slow down", "fewer --jobs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := newError(c.op, "bucket", "AWSLogs/", c.err)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%v is no *Error", err)
			}
			if text := e.Error(); !strings.HasPrefix(text, c.op+" s3://bucket/AWSLogs/: ") || !strings.Contains(text, c.why) || strings.ContainsAny(text+e.Hint, "\n\r") || strings.Contains(text, "RequestID") {
				t.Errorf("it says %q, want one line with %q", text, c.why)
			}
			if !strings.Contains(e.Hint, c.hint) {
				t.Errorf("hint %q, want %q", e.Hint, c.hint)
			}
		})
	}
}
