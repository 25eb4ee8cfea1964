package s3

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/smithy-go/logging"

	"spoor/loader"
)

// assumed is what STS answers to AssumeRole.
const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>` +
	`<SecretAccessKey>secret</SecretAccessKey><SessionToken>token-of-role</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>` +
	`<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/spoor</Arn><AssumedRoleId>AROA:spoor</AssumedRoleId></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>`

// sts answers the calls of STS and keeps the last; all others go on.
func (f *fake) sts(last *url.Values, answer fault) {
	f.on("POST ", -1, func(r *http.Request) (*http.Response, error) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		*last, err = url.ParseQuery(string(b))
		if err != nil {
			return nil, err
		}
		return answer(r)
	})
}

func plain(status int, body string) fault {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
	}
}

// The SDK's own log goes nowhere: its standard error is the screen.
func TestTheSDKIsSilent(t *testing.T) {
	t.Parallel()
	if l := newFake(t, nil).open(t, "").Config().Logger; l != (logging.Nop{}) {
		t.Errorf("the SDK logs to %T", l)
	}
}

// A role is assumed with its external id and the code of a second factor, at the
// same endpoint, and its credentials sign what follows.
func TestAssumeRole(t *testing.T) {
	t.Parallel()
	f := newFake(t, map[string]string{key: "content"})
	var asked url.Values
	f.sts(&asked, plain(200, assumed))
	opt := f.options()
	opt.RoleARN, opt.ExternalID, opt.MFASerial = "arn:aws:iam::111122223333:role/reader", "ext-42", "arn:aws:iam::111122223333:mfa/alice"
	opt.MFAToken = func(serial string) (string, error) { return "12345" + serial[len(serial)-1:], nil }
	opt.MFASerial += "/6"
	s, err := Open(t.Context(), "s3://"+bucket, opt)
	if err != nil {
		t.Fatal(err)
	}
	_, err = get(t.Context(), s, key) // before SignIn nobody may be asked
	if e := (*Error)(nil); !errors.As(err, &e) || !strings.Contains(e.Error(), "asked for when a source is opened") {
		t.Errorf("a code in the middle of a load: %v", err)
	}
	if err := s.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t.Context(), s, key); err != nil || got != "content" {
		t.Fatalf("%q, %v", got, err)
	}
	for name, want := range map[string]string{"Action": "AssumeRole", "RoleArn": opt.RoleARN, "ExternalId": opt.ExternalID, "SerialNumber": opt.MFASerial, "TokenCode": "123456", "RoleSessionName": "spoor"} {
		if got := asked.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	calls := f.seen()
	last := calls[len(calls)-1]
	if last.Header.Get("X-Amz-Security-Token") != "token-of-role" || !strings.Contains(last.Header.Get("Authorization"), "ASIAROLE") {
		t.Error("the call is not signed by the role")
	}
	if !strings.HasPrefix(f.url, "http://"+calls[0].URL.Host) {
		t.Errorf("STS was asked at %s, not at the endpoint", calls[0].URL.Host)
	}
}

func TestCredentialErrors(t *testing.T) {
	t.Parallel()
	stsError := func(code, message string) fault {
		return plain(403, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>`+code+`</Code><Message>`+message+`</Message></Error></ErrorResponse>`)
	}
	for name, c := range map[string]struct {
		answer fault
		want   string
	}{
		"role denied":     {stsError("AccessDenied", "User: x is not authorized to perform: sts:AssumeRole on resource: y"), "the role may not be assumed: it needs sts:AssumeRole"},
		"wrong MFA code":  {stsError("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code."), "the MFA code was not accepted"},
		"key not known":   {stsError("InvalidClientTokenId", "The security token included in the request is invalid."), "the access key is not known"},
		"session expired": {stsError("ExpiredToken", "The security token included in the request is expired"), "the session token has expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, map[string]string{key: "content"})
			var asked url.Values
			f.sts(&asked, c.answer)
			opt := f.options()
			opt.RoleARN = "arn:aws:iam::111122223333:role/reader"
			s, err := Open(t.Context(), "s3://"+bucket, opt)
			if err != nil {
				t.Fatal(err)
			}
			_, err = get(t.Context(), s, key)
			if e := (*Error)(nil); !errors.As(err, &e) || !strings.Contains(e.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestOpenNames(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"s3://", "s3:///x", "bucket/x"} {
		if _, err := Open(t.Context(), url, Options{Region: "us-east-1"}); err == nil {
			t.Errorf("%q opens", url)
		}
	}
	_, err := Open(t.Context(), "s3://bucket", Options{Profile: "there-is-no-such-profile"})
	if err == nil || !strings.Contains(err.Error(), `there is no profile "there-is-no-such-profile"`) {
		t.Errorf("an unknown profile: %v", err)
	}
	s, err := Open(t.Context(), "s3://bucket/logs", Options{Region: "us-east-1", Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"s3://bucket/logs/x": true, "s3://bucket/logs": true, "s3://bucket/logs-old/x": false, "s3://other/logs/x": false, "/logs/x": false} {
		if s.Covers(name) != want {
			t.Errorf("Covers(%q) is %v", name, !want)
		}
	}
	if _, err := s.Open(t.Context(), loader.Object{Name: "/etc/passwd"}); err == nil {
		t.Error("a file opens as an object")
	}
}
