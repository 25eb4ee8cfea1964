package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"spoor/loader/digest/digesttest"
	"spoor/loader/digest/digesttest/awstest"
	"spoor/loader/loadertest"
)

// A sample is one of the shared trails, as S3 had it.
type sample struct {
	dir  string
	tree *digesttest.Tree
	want map[string]string // finer verdict by object
	from string
	to   string
}

func readSample(t *testing.T, name string) sample {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "data", "integrity", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no sample data: ", err)
	}
	var manifest struct {
		Window  struct{ Start, End string }
		Objects []struct {
			Bucket, Key string
			Metadata    map[string]string
		}
	}
	var expected struct {
		Good struct {
			Verdicts []struct{ Object, Verdict string }
		}
	}
	decode(t, filepath.Join(dir, "manifest.json"), &manifest)
	decode(t, filepath.Join(dir, "expected.json"), &expected)
	s := sample{dir: dir, tree: digesttest.NewTree(), want: map[string]string{}, from: manifest.Window.Start, to: manifest.Window.End}
	meta := map[string]map[string]string{}
	for _, o := range manifest.Objects {
		meta[o.Bucket+"/"+o.Key] = o.Metadata
	}
	root := filepath.Join(dir, "buckets")
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		bucket, key, _ := strings.Cut(filepath.ToSlash(rel), "/")
		s.tree.Put(digesttest.Object{Bucket: bucket, Key: key, Body: body, Meta: meta[bucket+"/"+key]})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range expected.Good.Verdicts {
		s.want[v.Object] = v.Verdict
	}
	return s
}

func decode(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// validate runs the program on a source and returns the finer verdicts and the
// exit status.
func (s sample) validate(t *testing.T, args ...string) (verdicts map[string]string, status int) {
	t.Helper()
	var out, errw bytes.Buffer
	args = append([]string{"validate", "--since", s.from, "--until", s.to, "--format", "json"}, args...)
	status = run(t.Context(), args, strings.NewReader(""), &out, &errw)
	var report struct {
		Objects []struct{ Object, Fine string }
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("%v: %s", err, errw.String())
	}
	verdicts = map[string]string{}
	for _, o := range report.Objects {
		verdicts[o.Object] = o.Fine
	}
	return verdicts, status
}

func (s sample) check(t *testing.T, name string, args ...string) {
	t.Helper()
	got, status := s.validate(t, args...)
	if diff := cmp.Diff(s.want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if want := map[bool]int{true: exitDone, false: exitPartial}[name == "clean-rotation"]; status != want {
		t.Errorf("exit status %d, want %d", status, want)
	}
}

var sampleNames = []string{"clean-rotation", "log-tampered", "digest-deleted", "unknown-key"}

func quietAWS(t *testing.T) {
	t.Helper()
	for k, v := range map[string]string{"AWS_ACCESS_KEY_ID": "access", "AWS_SECRET_ACCESS_KEY": "secretsecret", "AWS_SESSION_TOKEN": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "", "XDG_STATE_HOME": t.TempDir()} {
		t.Setenv(k, v)
	}
}

// From a bucket, with keys that CloudTrail is asked for.
func TestValidateABucketWithKeysFromCloudTrail(t *testing.T) {
	quietAWS(t)
	for _, name := range sampleNames {
		t.Run(name, func(t *testing.T) {
			s := readSample(t, name)
			var listed map[string]struct{ PublicKeyList json.RawMessage }
			decode(t, filepath.Join(s.dir, "public_keys.json"), &listed)
			handler, err := awstest.New(s.tree, digesttest.Trail{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			lists := map[string]json.RawMessage{}
			for region, l := range listed {
				lists[region] = l.PublicKeyList
			}
			srv := httptest.NewServer(awstest.WithKeyLists(handler, lists))
			defer srv.Close()
			s.check(t, name, "s3://example-sample-trail", "--endpoint-url", srv.URL)
		})
	}
}

// From a real S3 server, with a key file. What is written beside a plain copy
// proves that copy as well.
func TestValidateThroughARealServer(t *testing.T) {
	quietAWS(t)
	srv := loadertest.StartServer(t)
	endpoint := srv.Endpoint
	t.Setenv("AWS_ACCESS_KEY_ID", srv.Access)
	t.Setenv("AWS_SECRET_ACCESS_KEY", srv.Secret)
	for _, name := range sampleNames {
		t.Run(name, func(t *testing.T) {
			s := readSample(t, name)
			client := s3.New(s3.Options{BaseEndpoint: &endpoint, UsePathStyle: true, Region: "us-east-1",
				Credentials: credentials.NewStaticCredentialsProvider(srv.Access, srv.Secret, "")})
			s.upload(t, client)
			copied := t.TempDir()
			keys := filepath.Join(s.dir, "public_keys.json")
			s.check(t, name, "s3://example-sample-trail", "--endpoint-url", endpoint, "--keys", keys, "--write-manifest", copied)
			if err := s.tree.WritePlain(copied, false); err != nil {
				t.Fatal(err)
			}
			s.check(t, name, copied)
			got, _ := s.validate(t, "s3://example-sample-trail", "--endpoint-url", endpoint)
			for object, verdict := range got { // that server has no keys to list
				if strings.Contains(object, "Digest") && verdict == "valid" {
					t.Errorf("valid without keys: %s", object)
				}
			}
		})
	}
}

// A versioned bucket still holds what was overwritten, and a check says so.
func TestValidateFindsTheOriginalAmongVersions(t *testing.T) {
	quietAWS(t)
	srv := loadertest.StartServer(t)
	t.Setenv("AWS_ACCESS_KEY_ID", srv.Access)
	t.Setenv("AWS_SECRET_ACCESS_KEY", srv.Secret)
	s := readSample(t, "clean-rotation")
	client := s3.New(s3.Options{BaseEndpoint: &srv.Endpoint, UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider(srv.Access, srv.Secret, "")})
	bucket := aws.String("example-sample-trail")
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: bucket,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}}); err != nil {
		t.Fatal(err)
	}
	s.upload(t, client)
	var key string
	for name := range s.want {
		if !strings.Contains(name, "Digest") {
			key = strings.TrimPrefix(name, "s3://example-sample-trail/")
		}
	}
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: strings.NewReader("another")}); err != nil {
		t.Fatal(err)
	}
	var out, errw bytes.Buffer
	status := run(t.Context(), []string{"validate", "s3://example-sample-trail", "--endpoint-url", srv.Endpoint, "--keys", filepath.Join(s.dir, "public_keys.json")},
		strings.NewReader(""), &out, &errw)
	if status != exitPartial || !strings.Contains(out.String(), "the original is there as version") {
		t.Errorf("exit status %d\n%s%s", status, out.String(), errw.String())
	}
}

// upload makes the bucket hold exactly the sample.
func (s sample) upload(t *testing.T, client *s3.Client) {
	t.Helper()
	bucket := aws.String("example-sample-trail")
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil && !strings.Contains(err.Error(), "BucketAlready") {
		t.Fatal(err)
	}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: o.Key}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, o := range s.tree.List() {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: &o.Key, Body: bytes.NewReader(o.Body), Metadata: o.Meta})
		if err != nil {
			t.Fatal(err)
		}
	}
}
