package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"spoor/loader"
	"spoor/loader/digest"
)

// A keyFinder looks for public keys where they can be trusted most: what the
// user gave, else what CloudTrail answers together with what the case has kept
// of its earlier answers.
type keyFinder struct {
	given, kept *digest.KeyRing
	online      func(ctx context.Context, region string, from, to time.Time) ([]digest.PublicKey, error)

	mu      sync.Mutex
	fetched digest.KeyRing
}

func (k *keyFinder) empty() bool {
	return k.given == nil && k.online == nil && (k.kept == nil || len(k.kept.Regions()) == 0)
}

// PublicKeys implements digest.Keys.
func (k *keyFinder) PublicKeys(ctx context.Context, region string, from, to time.Time) ([]digest.PublicKey, error) {
	if k.given != nil {
		return k.given.PublicKeys(ctx, region, from, to)
	}
	var keys []digest.PublicKey
	if k.kept != nil {
		keys, _ = k.kept.PublicKeys(ctx, region, from, to) // a ring has no errors
	}
	if k.online == nil {
		return keys, nil
	}
	fresh, err := k.online(ctx, region, from, to)
	if err != nil && len(keys) > 0 {
		return keys, nil // offline by now: what was kept has to do
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fetched.Add(region, fresh...)
	return append(keys, fresh...), err
}

// worthKeeping are the keys that a later check may want.
func (k *keyFinder) worthKeeping() *digest.KeyRing {
	if k.given != nil {
		return k.given
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return &k.fetched
}

// all are the keys that were at hand.
func (k *keyFinder) all() *digest.KeyRing {
	ring := &digest.KeyRing{}
	for _, r := range []*digest.KeyRing{k.worthKeeping(), k.kept} {
		if r == nil {
			continue
		}
		for _, region := range r.Regions() {
			for _, key := range r.Of(region) {
				if !ring.Has(region, key) {
					ring.Add(region, key)
				}
			}
		}
	}
	return ring
}

// onlineKeys asks CloudTrail, as the user that a source reads as. It is nil when
// no source has such a user: nothing goes out then.
func onlineKeys(sources []loader.Source) func(context.Context, string, time.Time, time.Time) ([]digest.PublicKey, error) {
	for _, s := range sources {
		if c, ok := s.(interface{ Config() aws.Config }); ok {
			client := cloudtrail.NewFromConfig(c.Config())
			return func(ctx context.Context, region string, from, to time.Time) ([]digest.PublicKey, error) {
				return listPublicKeys(ctx, client, region, from, to)
			}
		}
	}
	return nil
}

// listPublicKeys asks for the keys of a region: those that were valid at some
// time in between (CloudTrail API reference, ListPublicKeys).
func listPublicKeys(ctx context.Context, client *cloudtrail.Client, region string, from, to time.Time) ([]digest.PublicKey, error) {
	in := &cloudtrail.ListPublicKeysInput{StartTime: &from, EndTime: &to}
	var keys []digest.PublicKey
	for {
		out, err := client.ListPublicKeys(ctx, in, func(o *cloudtrail.Options) { o.Region = region })
		if err != nil {
			return nil, fmt.Errorf("list public keys of %s: %w", region, err)
		}
		for _, k := range out.PublicKeyList {
			key, err := digest.NewPublicKey(k.Value, aws.ToTime(k.ValidityStartTime), aws.ToTime(k.ValidityEndTime))
			if err != nil {
				return nil, fmt.Errorf("list public keys of %s: %w", region, err)
			}
			key.Origin = "ListPublicKeys in " + region + " at " + time.Now().UTC().Format(time.RFC3339)
			keys = append(keys, key)
		}
		if aws.ToString(out.NextToken) == "" {
			return keys, nil
		}
		in.NextToken = out.NextToken
	}
}

func readKeys(path string) (*digest.KeyRing, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	ring, err := digest.ParseKeys(data, path)
	if err != nil {
		return nil, hinted{fmt.Errorf("%s: %w", path, err), "make one with: aws cloudtrail list-public-keys --region REGION --start-time T --end-time T > FILE"}
	}
	if len(ring.Regions()) == 0 {
		return nil, hinted{fmt.Errorf("%s: no keys in it", path), "without --start-time and --end-time only the current keys are listed"}
	}
	return ring, nil
}

func readManifest(path string) (*digest.Manifest, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	m, err := digest.ParseManifest(data, dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}
