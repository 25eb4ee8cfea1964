package s3

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"spoor/loader"
	"spoor/loader/loadertest"
)

// server fills buckets of a real S3 service.
type server struct {
	*loadertest.Server
	client *s3.Client
	n      atomic.Int64
}

func startServer(t *testing.T) *server {
	t.Helper()
	v := loadertest.StartServer(t)
	cfg := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(v.Access, v.Secret, "")}
	return &server{Server: v, client: s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle = &v.Endpoint, true
	})}
}

// bucket makes a bucket of the files and returns its name.
func (s *server) bucket(t *testing.T, files map[string]string) string {
	t.Helper()
	name := fmt.Sprintf("bucket-%d", s.n.Add(1))
	if _, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	s.Write(t, name, files) // much faster than to put them one by one
	return name
}

func (s *server) put(t *testing.T, bucket, key, data string, meta map[string]string) {
	t.Helper()
	_, err := s.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(data), Metadata: meta, ContentEncoding: aws.String("gzip")})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *server) options(secret string) Options {
	return Options{Endpoint: s.Endpoint, Region: "us-east-1", creds: credentials.NewStaticCredentialsProvider(s.Access, secret, "")}
}

func (s *server) open(t *testing.T, url string) *Source {
	t.Helper()
	src, err := Open(t.Context(), url, s.options(s.Secret))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestRealServer(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	t.Run("conformance", func(t *testing.T) {
		var bucket string
		loadertest.Run(t, loadertest.Maker{
			Source: func(t *testing.T, files map[string]string) (loader.Source, func(string) string) {
				bucket = srv.bucket(t, files)
				return srv.open(t, "s3://"+bucket), func(p string) string { return "s3://" + bucket + "/" + p }
			},
			Remove: func(t *testing.T, path string) {
				if _, err := srv.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &path}); err != nil {
					t.Fatal(err)
				}
			},
		})
	})
	t.Run("pages", func(t *testing.T) {
		files := map[string]string{}
		for n := range 1100 {
			files[logKey("p/", "111122223333", "CloudTrail", "eu-west-1", march, n)] = "x"
		}
		src := srv.open(t, "s3://"+srv.bucket(t, files)+"/p")
		if keys, others := names(t, src, loader.Scope{}); len(keys) != 1100 || others != nil {
			t.Errorf("%d keys, %v", len(keys), others)
		}
		if keys, _ := names(t, src, loader.Scope{Since: march.AddDate(0, 0, 3)}); len(keys) != 1100-3*288 {
			t.Errorf("%d keys since the fourth day, want %d", len(keys), 1100-3*288)
		}
	})
	t.Run("metadata", func(t *testing.T) {
		bucket := srv.bucket(t, nil)
		srv.put(t, bucket, "d.json.gz", loadertest.Gzip("{}"), map[string]string{"signature": "abc"})
		src := srv.open(t, "s3://"+bucket)
		r, err := src.Open(t.Context(), loader.Object{Name: "s3://" + bucket + "/d.json.gz"})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if m := r.(loader.Described).Meta(); m["signature"] != "abc" {
			t.Errorf("metadata %v", m)
		}
	})
	t.Run("wrong secret", func(t *testing.T) {
		src, err := Open(t.Context(), "s3://"+srv.bucket(t, nil), srv.options("wrong"))
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, src, "the secret key does not fit the access key")
	})
	t.Run("no such bucket", func(t *testing.T) {
		wantError(t, srv.open(t, "s3://nowhere-to-be-found/x"), "there is no such bucket")
	})
	t.Run("wrong region", func(t *testing.T) {
		opt := srv.options(srv.Secret)
		opt.Region = "eu-central-1"
		src, err := Open(t.Context(), "s3://"+srv.bucket(t, map[string]string{"a.json": "{}"}), opt)
		if err != nil {
			t.Fatal(err)
		}
		if keys, others := names(t, src, loader.Scope{}); len(keys) != 1 {
			t.Errorf("keys %v, others %v", keys, others)
		}
	})
}

// Objects that may not be read are failures of their own: told, counted, and loaded
// by the same command when they may. The reader has no credentials: the owner of a
// bucket passes by its policy.
func TestRealServerDeniesSomeObjects(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	files := map[string]string{}
	for n := range 6 {
		files[logKey("", "111122223333", "CloudTrail", "eu-west-1", march, n)] = loadertest.Gzip(fmt.Sprintf(
			`{"Records":[{"eventVersion":"1.08","eventTime":"2026-03-01T12:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"id-%d"}]}`, n))
	}
	bucket := srv.bucket(t, files)
	allow := func(deny ...string) {
		t.Helper()
		statements := fmt.Sprintf(`{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::%[1]s"},{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::%[1]s/*"}`, bucket)
		for _, key := range deny {
			statements += fmt.Sprintf(`,{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/%s"}`, bucket, key)
		}
		policy := `{"Version":"2012-10-17","Statement":[` + statements + `]}`
		if _, err := srv.client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &policy}); err != nil {
			t.Fatal(err)
		}
	}
	sink := loadertest.NewSink()
	loadIt := func() loader.Report {
		t.Helper()
		src, err := Open(t.Context(), "s3://"+bucket, Options{Endpoint: srv.Endpoint, Region: "us-east-1", Anonymous: true})
		if err != nil {
			t.Fatal(err)
		}
		r, err := loader.Load(t.Context(), []loader.Source{src}, sink, loader.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	secret := []string{logKey("", "111122223333", "CloudTrail", "eu-west-1", march, 1), logKey("", "111122223333", "CloudTrail", "eu-west-1", march, 4)}
	allow(secret...)
	r := loadIt()
	if r.Objects.Listed != 6 || r.Objects.Loaded != 4 || r.Objects.Failed != 2 || r.Events.Loaded != 4 {
		t.Errorf("%+v %+v", r.Objects, r.Events)
	}
	for i, f := range r.Failures {
		if !slices.Contains(secret, strings.TrimPrefix(f.Object, "s3://"+bucket+"/")) || !strings.Contains(f.Error, "access denied: needs s3:GetObject") {
			t.Errorf("failure %d: %+v", i, f)
		}
	}
	allow(secret[0])
	if r := loadIt(); r.Objects.Already != 4 || r.Objects.Loaded != 1 || r.Objects.Failed != 1 {
		t.Errorf("one may be read: %+v", r.Objects)
	}
	allow()
	if r := loadIt(); r.Objects.Already != 5 || r.Objects.Loaded != 1 || r.Objects.Failed != 0 {
		t.Errorf("all may be read: %+v", r.Objects)
	}
}

func wantError(t *testing.T, src *Source, want string) {
	t.Helper()
	_, err := loader.Load(context.Background(), []loader.Source{src}, loadertest.NewSink(), loader.Options{})
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

// The shared data gives the same events from S3 as from disk.
func TestSharedDataFromS3(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	files := loadertest.SharedFiles(t, "data/real", "data/decoys")
	bucket := srv.bucket(t, files)
	sink := loadertest.NewSink()
	r, err := loader.Load(t.Context(), []loader.Source{srv.open(t, "s3://"+bucket)}, sink, loader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	memory := loadertest.NewSink()
	want, err := loader.Load(t.Context(), []loader.Source{loadertest.NewSource(files)}, memory, loader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Events != want.Events || r.Objects != want.Objects || r.Bytes != want.Bytes {
		t.Errorf("from S3: %+v %+v %+v\nfrom memory: %+v %+v %+v", r.Objects, r.Events, r.Bytes, want.Objects, want.Events, want.Bytes)
	}
	perFile := func(s *loadertest.Sink, from string) map[string]string {
		out := map[string]string{}
		for name, o := range s.Objects() {
			out[strings.TrimPrefix(name, from)] = fmt.Sprint(len(o.Events), " events, ", o.Invalid, " invalid ", o.Reason)
		}
		return out
	}
	if d := cmp.Diff(perFile(memory, ""), perFile(sink, "s3://"+bucket+"/")); d != "" {
		t.Errorf("per file (-memory +S3):\n%s", d)
	}
	again, err := loader.Load(t.Context(), []loader.Source{srv.open(t, "s3://"+bucket)}, sink, loader.Options{})
	if err != nil || again.Events.Read != 0 || again.Objects.Already != r.Objects.Loaded+r.Objects.Skipped {
		t.Errorf("a second load: %+v %+v, %v", again.Objects, again.Events, err)
	}
}
