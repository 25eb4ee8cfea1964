// Package awstest serves a digesttest.Tree in this process as S3 and CloudTrail
// do, at one address: objects with their metadata, DescribeTrails and
// ListPublicKeys. It is for tests with real clients.
package awstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"spoor/loader/digest/digesttest"
)

// New serves a tree. The trail is what DescribeTrails answers; ListPublicKeys
// answers the keys of the region that a request is signed for.
func New(tree *digesttest.Tree, trail digesttest.Trail, keys map[string][]digesttest.Key) (http.Handler, error) {
	backend := s3mem.New()
	buckets := map[string]bool{}
	for _, o := range tree.List() {
		if !buckets[o.Bucket] {
			if err := backend.CreateBucket(o.Bucket); err != nil {
				return nil, fmt.Errorf("make bucket %s: %w", o.Bucket, err)
			}
			buckets[o.Bucket] = true
		}
		meta := map[string]string{}
		for k, v := range o.Meta {
			meta["X-Amz-Meta-"+http.CanonicalHeaderKey(k)] = v
		}
		if _, err := backend.PutObject(o.Bucket, o.Key, meta, bytes.NewReader(o.Body), int64(len(o.Body)), nil); err != nil {
			return nil, fmt.Errorf("put %s: %w", o.Key, err)
		}
	}
	s3 := gofakes3.New(backend).Server()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch target := r.Header.Get("X-Amz-Target"); {
		case strings.HasSuffix(target, ".ListPublicKeys"):
			answer(w, digesttest.PublicKeyList(digesttest.Epoch, keys[signedRegion(r)]...))
		case strings.HasSuffix(target, ".DescribeTrails"):
			answer(w, describe(trail))
		case target != "":
			http.Error(w, target+" is not served", http.StatusBadRequest)
		default:
			s3.ServeHTTP(&lower{ResponseWriter: w}, r)
		}
	}), nil
}

// lower writes the names of user metadata in small letters, as S3 does: botocore
// takes them as they come.
type lower struct {
	http.ResponseWriter
	done bool
}

func (l *lower) WriteHeader(status int) {
	if !l.done {
		l.done = true
		for name, values := range l.Header() {
			if strings.HasPrefix(name, "X-Amz-Meta-") {
				delete(l.Header(), name)
				l.Header()[strings.ToLower(name)] = values
			}
		}
	}
	l.ResponseWriter.WriteHeader(status)
}

func (l *lower) Write(p []byte) (int, error) {
	if !l.done {
		l.WriteHeader(http.StatusOK)
	}
	return l.ResponseWriter.Write(p)
}

func answer(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, _ = w.Write(body) // the client sees a cut answer
}

func describe(t digesttest.Trail) []byte {
	entry := map[string]any{
		"Name": t.Name, "S3BucketName": t.Bucket, "HomeRegion": t.Home, "IsOrganizationTrail": t.Org != "", "IsMultiRegionTrail": true,
		"TrailARN": ARN(t), "LogFileValidationEnabled": true,
	}
	if t.Prefix != "" {
		entry["S3KeyPrefix"] = t.Prefix
	}
	data, err := json.Marshal(map[string]any{"trailList": []any{entry}})
	if err != nil {
		panic(err)
	}
	return data
}

// ARN is the name by which the AWS command line takes a trail.
func ARN(t digesttest.Trail) string {
	return fmt.Sprintf("arn:aws:cloudtrail:%s:%s:trail/%s", t.Home, t.Account, t.Name)
}

// signedRegion reads the region out of a version 4 signature:
// Credential=KEY/DATE/REGION/SERVICE/aws4_request.
func signedRegion(r *http.Request) string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(scope, "/")
	if len(parts) < 4 {
		return ""
	}
	return parts[2]
}

// WithKeyLists answers ListPublicKeys with lists as recorded, by region, in
// place of keys that can sign.
func WithKeyLists(next http.Handler, byRegion map[string]json.RawMessage) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListPublicKeys") {
			next.ServeHTTP(w, r)
			return
		}
		data, err := json.Marshal(map[string]json.RawMessage{"PublicKeyList": byRegion[signedRegion(r)]})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, data)
	})
}
