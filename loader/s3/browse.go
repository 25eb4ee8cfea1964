package s3

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A Browser tells what an address that is being typed can go on to, a level at a
// time. It keeps what it learnt of each bucket's whereabouts, and the names of
// the buckets, so that a typist waits once. It only lists (ListBuckets,
// ListObjectsV2 with a delimiter), and only when asked.
type Browser struct {
	opt Options

	mu      sync.Mutex
	buckets []string // nil: not asked yet
	sources map[string]*Source
}

// NewBrowser returns a browser that makes no call yet. Someone waits for it, so
// it gives up sooner than a load does.
func NewBrowser(opt Options) *Browser {
	if opt.patience.attempts == 0 {
		opt.patience.attempts = 2
	}
	return &Browser{opt: opt, sources: map[string]*Source{}}
}

// opBuckets is the one operation on no bucket.
const opBuckets = "list buckets"

// maxBrowsed is how many names one answer holds: a page of S3.
const maxBrowsed = 1000

// Browse lists addresses that begin with typed, in order: the buckets for
// s3://beginning, else folders (with a / at the end) and objects for
// s3://bucket/beginning. more reports that there are others. Errors are *Error.
func (b *Browser) Browse(ctx context.Context, typed string) (names []string, more bool, err error) {
	rest := strings.TrimPrefix(typed, "s3://")
	bucket, prefix, in := strings.Cut(rest, "/")
	if !in {
		names, err = b.bucketsLike(ctx, rest)
		return names, false, err
	}
	if bucket == "" {
		return nil, false, nil
	}
	src, err := b.source(ctx, bucket)
	if err != nil {
		return nil, false, err
	}
	return src.browse(ctx, prefix)
}

// source is the bucket, opened once.
func (b *Browser) source(ctx context.Context, bucket string) (*Source, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.sources[bucket]; s != nil {
		return s, nil
	}
	s, err := connect(ctx, bucket, "", b.opt)
	if err == nil {
		b.sources[bucket] = s
	}
	return s, err
}

// bucketsLike lists the buckets of the account whose names begin so.
func (b *Browser) bucketsLike(ctx context.Context, beginning string) ([]string, error) {
	all, err := b.allBuckets(ctx)
	var names []string
	for _, name := range all {
		if strings.HasPrefix(name, beginning) {
			names = append(names, "s3://"+name+"/")
		}
	}
	return names, err
}

// allBuckets asks once for the names of the buckets; an error is asked again.
func (b *Browser) allBuckets(ctx context.Context) ([]string, error) {
	b.mu.Lock()
	known := b.buckets
	b.mu.Unlock()
	if known != nil {
		return known, nil
	}
	src, err := b.source(ctx, "") // of no bucket: it is the account that is asked
	if err != nil {
		return nil, err
	}
	names := []string{}
	in := &s3.ListBucketsInput{MaxBuckets: aws.Int32(maxBrowsed)}
	for {
		var out *s3.ListBucketsOutput
		err := src.call(ctx, opBuckets, "", func(c *s3.Client) (err error) {
			out, err = c.ListBuckets(ctx, in)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, bucket := range out.Buckets {
			names = append(names, aws.ToString(bucket.Name))
		}
		if in.ContinuationToken = out.ContinuationToken; aws.ToString(in.ContinuationToken) == "" {
			break
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buckets = names
	return names, nil
}

// browse lists what begins with prefix, one level deep: one page.
func (s *Source) browse(ctx context.Context, prefix string) (names []string, more bool, err error) {
	in := &s3.ListObjectsV2Input{
		Bucket: &s.bucket, Prefix: &prefix, Delimiter: aws.String("/"), MaxKeys: aws.Int32(maxBrowsed), RequestPayer: s.payer(),
		EncodingType: types.EncodingTypeUrl,
	}
	var out *s3.ListObjectsV2Output
	err = s.call(ctx, "list", prefix, func(c *s3.Client) (err error) {
		out, err = c.ListObjectsV2(ctx, in)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	plain := out.EncodingType != types.EncodingTypeUrl
	var found []string
	for _, p := range out.CommonPrefixes {
		found = append(found, aws.ToString(p.Prefix))
	}
	for _, c := range out.Contents {
		found = append(found, aws.ToString(c.Key))
	}
	for _, f := range found {
		key, err := decodeKey(f, plain)
		if err != nil {
			return nil, false, err
		}
		if key != prefix || !strings.HasSuffix(key, "/") { // not the mark of the folder itself
			names = append(names, s.url(key))
		}
	}
	return names, aws.ToBool(out.IsTruncated), nil
}
