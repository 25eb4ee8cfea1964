package s3

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"spoor/loader"
)

// Versions implements loader.Versioned. It needs s3:ListBucketVersions.
func (s *Source) Versions(ctx context.Context, name string) ([]loader.Version, error) {
	key, ok := s.key(name)
	if !ok {
		return nil, fmt.Errorf("%s is not in %s: %w", name, s, fs.ErrNotExist)
	}
	var out *s3.ListObjectVersionsOutput
	err := s.call(ctx, "list versions of", key, func(c *s3.Client) (err error) {
		out, err = c.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &s.bucket, Prefix: &key, RequestPayer: s.payer()})
		return err
	})
	if err != nil {
		return nil, err
	}
	// The first page holds the newest of the key itself: names that it begins follow.
	var list []loader.Version
	for _, v := range out.Versions {
		if aws.ToString(v.Key) == key {
			list = append(list, loader.Version{ID: aws.ToString(v.VersionId), Modified: aws.ToTime(v.LastModified).UTC()})
		}
	}
	for _, d := range out.DeleteMarkers {
		if aws.ToString(d.Key) == key {
			list = append(list, loader.Version{ID: aws.ToString(d.VersionId), Modified: aws.ToTime(d.LastModified).UTC(), Deleted: true})
		}
	}
	slices.SortStableFunc(list, func(a, b loader.Version) int { return b.Modified.Compare(a.Modified) })
	return list, nil
}

// OpenVersion implements loader.Versioned. It needs s3:GetObjectVersion.
func (s *Source) OpenVersion(ctx context.Context, name, id string) (io.ReadCloser, error) {
	key, ok := s.key(name)
	if !ok {
		return nil, fmt.Errorf("%s is not in %s: %w", name, s, fs.ErrNotExist)
	}
	var out *s3.GetObjectOutput
	err := s.call(ctx, "get", key, func(c *s3.Client) (err error) {
		out, err = c.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key, VersionId: &id, RequestPayer: s.payer()})
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}

var _ loader.Versioned = (*Source)(nil)
