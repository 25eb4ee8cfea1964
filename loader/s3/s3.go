// Package s3 lists and opens log files in an S3 bucket, or in anything that
// speaks S3. It makes ListObjectsV2, GetObject and HeadBucket calls, asks for older
// versions (ListObjectVersions) where a check misses an object, lists the buckets
// (ListBuckets) for someone who types an address, and makes no other calls.
//
// A trail writes [prefix/]AWSLogs/[o-org/]ACCOUNT/KIND/REGION/YYYY/MM/DD/file
// (CloudTrail user guide, "Finding your CloudTrail log files"). From whatever
// depth it is given, the package finds accounts, kinds and regions by listing
// with a delimiter, and then lists each region's keys in order of days, many
// regions at once, from the first day of the scope to its last.
package s3

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"spoor/loader"
)

// Options say how to reach a bucket. The zero value means what the AWS command
// line does without flags.
type Options struct {
	Profile       string // of the shared config files; SSO profiles need a fresh sign-in
	Region        string // of the bucket, if known; a wrong one is corrected
	Endpoint      string // URL for every AWS service used but the sign-in of SSO profiles; an address or localhost means path style
	RequesterPays bool
	Anonymous     bool // unsigned requests, for public buckets

	RoleARN     string // role to assume
	ExternalID  string
	SessionName string // of the assumed role; "" is spoor
	MFASerial   string
	MFAToken    func(serial string) (string, error) // asks for the code of MFASerial, or of the device that the profile names: see SignIn

	Version string // of the program, for the user agent
	Streams int    // fetches at once; 0 is 32

	creds     aws.CredentialsProvider // for tests
	transport transport
	patience  patience
}

const defaultStreams = 32

// A Source is a bucket, or what in it begins with a prefix. It is a
// loader.Source, Wide and a Coverer.
type Source struct {
	bucket, prefix string
	opt            Options
	cfg            aws.Config
	requests       atomic.Int64
	reached        atomic.Bool // there was an answer, be it a refusal
	signing        atomic.Bool // within SignIn

	mu     sync.Mutex
	region string
	client *s3.Client
}

// Open returns the source of an s3:// URL. It reads the AWS configuration but
// makes no call yet.
func Open(ctx context.Context, url string, opt Options) (*Source, error) {
	rest, ok := strings.CutPrefix(url, "s3://")
	bucket, prefix, _ := strings.Cut(rest, "/")
	if !ok || bucket == "" {
		return nil, fmt.Errorf("open %s: not of the form s3://bucket/prefix", url)
	}
	return connect(ctx, bucket, prefix, opt)
}

// connect configures a source.
func connect(ctx context.Context, bucket, prefix string, opt Options) (*Source, error) {
	if opt.Streams <= 0 {
		opt.Streams = defaultStreams
	}
	opt.patience = opt.patience.withDefaults()
	s := &Source{bucket: bucket, prefix: prefix, opt: opt}
	if err := s.configure(ctx); err != nil {
		return nil, newError("configure", bucket, "", err)
	}
	s.region = s.cfg.Region
	s.client = s.newClient(s.region)
	return s, nil
}

func (s *Source) String() string { return s.url(s.prefix) }

// Streams tells the loader that fetching is a matter of waiting.
func (s *Source) Streams() int { return s.opt.Streams }

// Requests is how many calls were made so far, retries not counted.
func (s *Source) Requests() int64 { return s.requests.Load() }

// Covers tells whether an object's name lies in the source.
func (s *Source) Covers(name string) bool {
	key, ok := s.key(name)
	if !ok {
		return false
	}
	folder := strings.TrimSuffix(s.prefix, "/")
	return folder == "" || key == folder || strings.HasPrefix(key, folder+"/")
}

// url is the full name of a key.
func (s *Source) url(key string) string { return "s3://" + s.bucket + "/" + key }

// key is the key of a full name.
func (s *Source) key(name string) (string, bool) {
	return strings.CutPrefix(name, "s3://"+s.bucket+"/")
}

// call runs one S3 call. When the bucket turns out to be in another region it is
// repeated there, and later calls begin there.
func (s *Source) call(ctx context.Context, op, key string, f func(*s3.Client) error) error {
	for try := 0; ; try++ {
		s.mu.Lock()
		client, region := s.client, s.region
		s.mu.Unlock()
		s.requests.Add(1)
		err := f(client)
		if api := smithy.APIError(nil); err == nil || errors.As(err, &api) {
			s.reached.Store(true)
		}
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if other := s.redirect(ctx, client, err); other != "" && other != region && try < 2 {
			s.move(other)
			continue
		}
		return newError(op, s.bucket, key, err)
	}
}

// move makes later calls go to another region.
func (s *Source) move(region string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.region != region {
		s.region, s.client = region, s.newClient(region)
	}
}

func (s *Source) payer() (p payer) {
	if s.opt.RequesterPays {
		return payerRequester
	}
	return ""
}

// patience is how long and how often to try.
type patience struct {
	attempts int           // of one call, and of one body
	backoff  time.Duration // at most, between two attempts
	stall    time.Duration // without a byte, until a body counts as broken
}

func (p patience) withDefaults() patience {
	if p.attempts == 0 {
		p.attempts = 8
	}
	if p.backoff == 0 {
		p.backoff = 20 * time.Second
	}
	if p.stall == 0 {
		p.stall = 60 * time.Second
	}
	return p
}

var (
	_ loader.Source  = (*Source)(nil)
	_ loader.Wide    = (*Source)(nil)
	_ loader.Coverer = (*Source)(nil)
)
