package s3

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	smithymw "github.com/aws/smithy-go/middleware"
)

// fallbackRegion is where to ask when nobody says where the bucket is: S3 there
// knows all buckets of the partition.
const fallbackRegion = "us-east-1"

type payer = types.RequestPayer

const payerRequester = types.RequestPayerRequester

// transport wraps the connection, in tests.
type transport func(aws.HTTPClient) aws.HTTPClient

// configure reads the AWS configuration of the environment and the options.
func (s *Source) configure(ctx context.Context) error {
	o := s.opt
	load := []func(*config.LoadOptions) error{ // empty ones have no effect
		config.WithHTTPClient(s.httpClient()),
		config.WithRetryer(s.retryer),
		config.WithLogger(logging.Nop{}), // it writes to standard error, over the screen
		config.WithAPIOptions(userAgent(o.Version)),
		config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired),
		config.WithSharedConfigProfile(o.Profile),
		config.WithRegion(o.Region),
		config.WithBaseEndpoint(o.Endpoint),
		config.WithCredentialsProvider(o.creds),
		// Profiles, too, may name a role that needs a code.
		config.WithAssumeRoleCredentialOptions(func(a *stscreds.AssumeRoleOptions) { a.TokenProvider = s.code }),
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return err
	}
	if o.Endpoint != "" && signsOn(cfg) { // at AWS, wherever the bucket is
		own, err := config.LoadDefaultConfig(ctx, append(load, config.WithBaseEndpoint(""))...)
		if err != nil {
			return err
		}
		cfg.Credentials = own.Credentials
	}
	if o.transport != nil {
		cfg.HTTPClient = o.transport(cfg.HTTPClient)
	}
	if cfg.Region == "" {
		cfg.Region = fallbackRegion
	}
	if o.RoleARN != "" {
		cfg.Credentials = aws.NewCredentialsCache(s.assume(cfg))
	}
	if o.Anonymous {
		cfg.Credentials = aws.AnonymousCredentials{}
	}
	s.cfg = cfg
	return nil
}

// signsOn reports whether the profile, or the one that its role builds on, is one of
// the access portal (IAM Identity Center, once AWS SSO).
func signsOn(cfg aws.Config) bool {
	for p := profileOf(cfg); p != nil; p = p.Source {
		if p.SSOAccountID != "" {
			return true
		}
	}
	return false
}

// profileOf is what the shared config files say, nil if there are none.
func profileOf(cfg aws.Config) *config.SharedConfig {
	for _, from := range cfg.ConfigSources {
		if p, ok := from.(config.SharedConfig); ok {
			return &p
		}
	}
	return nil
}

// Config is the AWS configuration that the source uses, for other read-only
// calls on behalf of the same user (the keys of digests).
func (s *Source) Config() aws.Config { return s.cfg.Copy() }

func (s *Source) assume(cfg aws.Config) aws.CredentialsProvider {
	o := s.opt
	return stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), o.RoleARN, func(a *stscreds.AssumeRoleOptions) {
		a.RoleSessionName = o.SessionName
		if a.RoleSessionName == "" {
			a.RoleSessionName = "spoor"
		}
		if o.ExternalID != "" {
			a.ExternalID = &o.ExternalID
		}
		if o.MFASerial != "" {
			a.SerialNumber, a.TokenProvider = &o.MFASerial, s.code
		}
	})
}

// SignIn gets the credentials now if a code of a second factor is needed for them:
// later calls never ask for one, as a screen may have the terminal by then.
func (s *Source) SignIn(ctx context.Context) error {
	if s.serial() == "" {
		return nil
	}
	s.signing.Store(true)
	defer s.signing.Store(false)
	if _, err := s.cfg.Credentials.Retrieve(ctx); err != nil {
		return newError("sign in to", s.bucket, s.prefix, err)
	}
	return nil
}

// serial is the device whose code the role needs, by the options or the profile.
func (s *Source) serial() string {
	if s.opt.MFASerial != "" || s.opt.Anonymous {
		return s.opt.MFASerial
	}
	if p := profileOf(s.cfg); p != nil {
		return p.MFASerial
	}
	return ""
}

func (s *Source) code() (string, error) {
	if s.opt.MFAToken == nil || !s.signing.Load() {
		return "", errNoCode
	}
	return s.opt.MFAToken(s.serial())
}

// httpClient never unpacks bodies: evidence is kept as delivered.
func (s *Source) httpClient() aws.HTTPClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.DisableCompression = true
		t.MaxIdleConnsPerHost = s.opt.Streams + listers
	})
}

// retryer tries again after throttling, 5xx and broken connections, waiting
// longer each time, with jitter. The SDK's quota of retries is off: it is shared
// by all calls, and with many at once a short outage would use it up.
func (s *Source) retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = s.opt.patience.attempts
		o.MaxBackoff = s.opt.patience.backoff
		o.RateLimiter = ratelimit.None
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(s.hopeless)}, o.Retryables...)
	})
}

// hopeless says that it is in vain to try again: nobody listens at the endpoint,
// and nobody ever did. That is a mistyped name, which a person should hear of at
// once; when a server goes away in the middle of a load it may come back. (The SDK does not try
// again where there is no such host.)
func (s *Source) hopeless(err error) aws.Ternary {
	if errors.Is(err, syscall.ECONNREFUSED) && !s.reached.Load() {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// userAgent makes our own reads easy to find in the very logs we read.
func userAgent(version string) []func(*smithymw.Stack) error {
	if version == "" {
		version = "dev"
	}
	return []func(*smithymw.Stack) error{middleware.AddUserAgentKeyValue("spoor", version)}
}

func (s *Source) newClient(region string) *s3.Client {
	return s3.NewFromConfig(s.cfg, func(o *s3.Options) {
		o.Region = region
		o.UsePathStyle = o.BaseEndpoint != nil && pathStyle(*o.BaseEndpoint) // by flag, profile or variable
	})
}

// pathStyle: bucket names can't be put in front of an address or a bare name.
func pathStyle(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return net.ParseIP(host) != nil || host == "localhost" || !strings.Contains(host, ".")
}

var expecting = regexp.MustCompile(`expecting ['"]([a-z0-9-]+)['"]`)

// redirect tells the region that an error says the bucket is in, or "".
func (s *Source) redirect(ctx context.Context, client *s3.Client, err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	var resp *awshttp.ResponseError
	moved := errors.As(err, &resp) && resp.HTTPStatusCode() == http.StatusMovedPermanently
	switch code := api.ErrorCode(); {
	case moved, code == "PermanentRedirect", code == "AuthorizationHeaderMalformed", code == "IllegalLocationConstraintException", code == "TemporaryRedirect":
	default:
		return ""
	}
	if resp != nil {
		if r := resp.Response.Header.Get("X-Amz-Bucket-Region"); r != "" {
			return r
		}
	}
	if m := expecting.FindStringSubmatch(api.ErrorMessage()); m != nil {
		return m[1]
	}
	return s.whereIs(ctx, client)
}

// whereIs asks for the region of the bucket; the answer to HeadBucket names it
// even when it is a refusal.
func (s *Source) whereIs(ctx context.Context, client *s3.Client) string {
	s.requests.Add(1)
	out, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.bucket})
	if err == nil {
		return aws.ToString(out.BucketRegion)
	}
	if resp := (*awshttp.ResponseError)(nil); errors.As(err, &resp) {
		return resp.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}
