package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

// An Error is a call that was refused or failed, in one plain line. It wraps
// fs.ErrNotExist when the object or bucket isn't there and fs.ErrPermission when
// access was denied.
type Error struct {
	Op     string // configure, sign in to, list, get, list buckets
	Bucket string
	Key    string // object key or prefix
	Cause  error
	Why    string // the likely cause and the missing permission, in plain words
	Hint   string // what to do about it, "" when Why says all
	is     error
}

var (
	errNothing = errors.New("no objects")
	errNoCode  = errors.New("no code of a second factor")
)

func (e *Error) Error() string {
	what := e.Why
	if what == "" {
		what = oneLine(e.Cause)
	}
	if e.Op == opBuckets {
		return e.Op + ": " + what
	}
	return e.Op + " s3://" + e.Bucket + "/" + e.Key + ": " + what
}

func (e *Error) Unwrap() []error {
	if e.is != nil {
		return []error{e.Cause, e.is}
	}
	return []error{e.Cause}
}

// newError says what an error of the SDK means.
func newError(op, bucket, key string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return err
	}
	e := &Error{Op: op, Bucket: bucket, Key: key, Cause: err}
	if !e.signIn(err) && !e.known(err) && !e.credentials(err) && !e.api(err) {
		e.network(err)
	}
	return e
}

// signIn explains what goes wrong before a call to S3 is made.
func (e *Error) signIn(err error) bool {
	text := err.Error()
	var noProfile config.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &noProfile):
		e.Why, e.Hint = fmt.Sprintf("there is no profile %q", noProfile.Profile), "see ~/.aws/config, or aws configure list-profiles"
	case errors.Is(err, errNoCode):
		e.Why, e.Hint = "the role needs the code of its second factor, which is asked for when a source is opened and not later", "run the same command again to go on"
	case has(text, "GetRoleCredentials") && has(text, "ForbiddenException", "ResourceNotFoundException"):
		e.Why, e.Hint = "the role of the SSO profile is not assigned to you in that account", "check sso_account_id and sso_role_name in ~/.aws/config"
	case has(text, "SSO session has expired", "InvalidGrantException", "cached SSO token"), has(text, "GetRoleCredentials") && has(text, "UnauthorizedException"):
		e.Why, e.Hint = "the sign-in of the SSO profile has expired", "run aws sso login --profile NAME"
	case has(text, "MultiFactorAuthentication failed"):
		e.Why, e.Hint = "the MFA code was not accepted", "wait for the next code; check --mfa-serial"
	case has(text, "AssumeRole") && has(text, "AccessDenied"):
		e.Why, e.Hint = "the role may not be assumed: it needs sts:AssumeRole, and the role's trust policy must name you", "check --role-arn, --external-id and --mfa-serial"
	case has(text, "InvalidClientTokenId", "InvalidAccessKeyId"):
		e.Why, e.Hint = "the access key is not known: deleted, disabled, or temporary without its session token", "check --profile and the AWS_ variables"
	default:
		return false
	}
	return true
}

// known explains the error codes that people meet.
func (e *Error) known(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	m, ok := meanings[api.ErrorCode()]
	if ok {
		e.Why, e.Hint, e.is = m.why, m.hint, m.is
	}
	return ok
}

// credentials explains that the SDK found none, or could not renew them.
func (e *Error) credentials(err error) bool {
	if !has(err.Error(), "no EC2 IMDS role found", "failed to refresh cached credentials", "get identity: get credentials", "static credentials are empty") {
		return false
	}
	e.Why, e.Hint = "no AWS credentials found", "give --profile NAME, run aws sso login, or use --no-sign-request for a public bucket"
	return true
}

// api explains any other answer of the service.
func (e *Error) api(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	code, message := api.ErrorCode(), api.ErrorMessage()
	switch code {
	case "AccessDenied", "Forbidden", "AllAccessDisabled", "AccountProblem":
		e.denied(message)
		return true
	}
	switch status(err) {
	case http.StatusForbidden:
		e.denied(message)
	case http.StatusNotFound:
		e.Why, e.is = "not found", fs.ErrNotExist
		if code != "NotFound" && message != "" { // of what, an S3-compatible server tells in words of its own
			e.Why += ": " + oneLine(errors.New(message))
		}
	case http.StatusMovedPermanently:
		e.Why, e.Hint = "the bucket is in another region", "give --aws-region"
	default:
		e.Why = strings.TrimSpace(code + " " + oneLine(errors.New(message)))
	}
	return true
}

// denied tells the permission that is most likely missing.
func (e *Error) denied(message string) {
	e.is = fs.ErrPermission
	switch {
	case has(message, "kms:", "KMS"):
		e.Why, e.Hint = "access denied: needs kms:Decrypt on the key that encrypts the logs", "both the key's policy and yours must allow it"
	case e.Op == opBuckets:
		e.Why, e.Hint = "access denied: needs s3:ListAllMyBuckets", "type the bucket's name: its folders may still be listed"
	case e.Op == "list":
		e.Why, e.Hint = "access denied: needs s3:ListBucket on the bucket", "or a wrong account or profile; if the owner lets the reader pay, --requester-pays; if your policy allows one prefix only, name it"
	default:
		e.Why, e.Hint = "access denied: needs s3:GetObject on the object, and kms:Decrypt on its key if it is encrypted", "or it is already deleted: without s3:ListBucket that is told the same way"
	}
}

// network explains failures below the service.
func (e *Error) network(err error) {
	var dns *net.DNSError
	var op *net.OpError
	text := err.Error()
	switch {
	case errors.As(err, &dns):
		e.Why, e.Hint = "no such host: "+dns.Name, "check the network, the region and --endpoint-url"
	case has(text, "x509:", "tls:"):
		e.Why, e.Hint = "the server's certificate is not trusted", "a proxy in between? AWS_CA_BUNDLE names its certificate"
	case has(text, "connection refused"):
		e.Why, e.Hint = "connection refused", "check --endpoint-url"
	case errors.As(err, &op), errors.Is(err, context.DeadlineExceeded), has(text, "timeout", "connection reset", "unexpected EOF"):
		e.Why, e.Hint = "the connection broke: "+oneLine(err), "check the network; run the same command again to go on"
	}
}

type meaning struct {
	why, hint string
	is        error
}

// meanings of the error codes that people meet (S3 API reference, "List of error
// codes").
var meanings = map[string]meaning{
	"NoSuchBucket":          {"there is no such bucket", "check the name, and --profile or --endpoint-url", fs.ErrNotExist},
	"NoSuchKey":             {"no such object", "", fs.ErrNotExist},
	"PreconditionFailed":    {"replaced by another version since it was listed", "run again to load the new one", nil},
	"InvalidObjectState":    {"archived in Glacier and not restored", "restore it first (aws s3api restore-object), then run again", nil},
	"ExpiredToken":          {"the session token has expired", "sign in again, e.g. aws sso login", nil},
	"ExpiredTokenException": {"the session token has expired", "sign in again, e.g. aws sso login", nil},
	"TokenRefreshRequired":  {"the session token has expired", "sign in again, e.g. aws sso login", nil},
	"InvalidToken":          {"the session token is not valid", "check AWS_SESSION_TOKEN and --profile", nil},
	"InvalidAccessKeyId":    {"the access key is not known there: deleted, or of another partition or endpoint", "check --profile, --endpoint-url and the AWS_ variables", nil},
	"InvalidClientTokenId":  {"the access key is not known: deleted, disabled, or temporary without its session token", "check --profile and the AWS_ variables", nil},
	"SignatureDoesNotMatch": {"the secret key does not fit the access key", "check AWS_SECRET_ACCESS_KEY or the profile", nil},
	"RequestTimeTooSkewed":  {"this machine's clock is wrong by more than 15 minutes", "set the clock", nil},
	"SlowDown":              {"S3 asks to slow down, and did so on every attempt", "fewer --jobs, or run the same command again to go on", nil},
	"ServiceUnavailable":    {"S3 was not available on any attempt", "run the same command again to go on", nil},
	"InternalError":         {"S3 had an internal error on every attempt", "run the same command again to go on", nil},
	"ThrottlingException":   {"too many requests, on every attempt", "fewer --jobs, or run the same command again to go on", nil},
	"PermanentRedirect":     {"the bucket is in another region", "give --aws-region", nil},
	"InvalidBucketName":     {"not a valid bucket name", "", nil},
	"MethodNotAllowed":      {"the endpoint does not speak S3", "check --endpoint-url", nil},
	"RequestPayerRequired":  {"the reader has to pay", "use --requester-pays", nil},
}

func status(err error) int {
	var r *awshttp.ResponseError
	if errors.As(err, &r) {
		return r.HTTPStatusCode()
	}
	return 0
}

func has(s string, any ...string) bool {
	for _, x := range any {
		if strings.Contains(s, x) {
			return true
		}
	}
	return false
}

// oneLine takes the layers of the SDK off an error and makes it one line.
func oneLine(err error) string {
	for {
		if _, ok := err.(*smithy.OperationError); !ok {
			if _, ok := err.(*awshttp.ResponseError); !ok {
				break
			}
		}
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
