package digest

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A PublicKey verifies digests. Fingerprint is computed from the key's bytes
// (MD5, hex), never taken from where the key came from.
type PublicKey struct {
	Fingerprint string
	DER         []byte // as published: PKCS#1, or SPKI
	From, To    time.Time
	Origin      string // where it was got: a file, ListPublicKeys of a region
	Warning     string // what is odd about how it was listed, "" mostly

	rsa   *rsa.PublicKey
	inner string // fingerprint of the PKCS#1 form, when DER is SPKI
}

func (k PublicKey) named(fingerprint string) bool {
	return strings.EqualFold(k.Fingerprint, fingerprint) || k.inner != "" && strings.EqualFold(k.inner, fingerprint)
}

// Keys finds the public keys of a region that were valid at some time between
// from and to. ListPublicKeys is one such; a KeyRing another.
type Keys interface {
	PublicKeys(ctx context.Context, region string, from, to time.Time) ([]PublicKey, error)
}

// A KeyRing holds keys by region; those under "" hold for every region, for a
// key file that does not say where it was fetched. Its zero value is empty.
type KeyRing struct{ regions map[string][]PublicKey }

// Add puts keys on the ring.
func (r *KeyRing) Add(region string, keys ...PublicKey) {
	if r.regions == nil {
		r.regions = map[string][]PublicKey{}
	}
	r.regions[region] = append(r.regions[region], keys...)
}

// Regions lists the regions that have keys, sorted.
func (r *KeyRing) Regions() []string { return slices.Sorted(maps.Keys(r.regions)) }

// Of lists the keys that were added for a region.
func (r *KeyRing) Of(region string) []PublicKey { return r.regions[region] }

// Has reports whether a key with the same bytes and validity is there.
func (r *KeyRing) Has(region string, k PublicKey) bool {
	return slices.ContainsFunc(r.regions[region], func(o PublicKey) bool {
		return bytes.Equal(o.DER, k.DER) && o.From.Equal(k.From) && o.To.Equal(k.To)
	})
}

// PublicKeys implements Keys. It does not look at the times: a digest just
// outside a key's validity deserves a better word than "key not found".
func (r *KeyRing) PublicKeys(_ context.Context, region string, _, _ time.Time) ([]PublicKey, error) {
	return slices.Concat(r.regions[region], r.regions[""]), nil
}

// NewPublicKey makes a key of its published bytes.
func NewPublicKey(der []byte, from, to time.Time) (PublicKey, error) {
	sum := md5.Sum(der)
	k := PublicKey{Fingerprint: hex.EncodeToString(sum[:]), DER: der, From: from, To: to}
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		k.rsa = key
		return k, nil
	}
	// One documented sample is wrapped as SPKI.
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return PublicKey{}, fmt.Errorf("parse public key: %w", err)
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return PublicKey{}, fmt.Errorf("parse public key: %T is not RSA", key)
	}
	sum = md5.Sum(x509.MarshalPKCS1PublicKey(public))
	k.inner, k.rsa = hex.EncodeToString(sum[:]), public
	return k, nil
}

// ParseKeys reads a key file: an answer of ListPublicKeys as the AWS command
// line prints it (versions 1 and 2), or such answers by region. origin is noted
// in each key.
func ParseKeys(data []byte, origin string) (*KeyRing, error) {
	ring := &KeyRing{}
	var one keyList
	if err := json.Unmarshal(data, &one); err == nil && one.Keys != nil {
		return ring, one.add(ring, "", origin)
	}
	var bare []listedKey
	if err := json.Unmarshal(data, &bare); err == nil {
		return ring, keyList{Keys: bare}.add(ring, "", origin)
	}
	var byRegion map[string]keyList
	if err := json.Unmarshal(data, &byRegion); err != nil {
		return nil, fmt.Errorf("parse key list: %w", err)
	}
	for _, region := range slices.Sorted(maps.Keys(byRegion)) {
		if byRegion[region].Keys == nil {
			return nil, fmt.Errorf("parse key list: %q holds no PublicKeyList", region)
		}
		if err := byRegion[region].add(ring, region, origin); err != nil {
			return nil, err
		}
	}
	return ring, nil
}

// FormatKeys writes the ring as ParseKeys reads it, by region.
func (r *KeyRing) FormatKeys() []byte {
	all := map[string]keyList{}
	for region, keys := range r.regions {
		list := keyList{Keys: []listedKey{}}
		for _, k := range keys {
			list.Keys = append(list.Keys, listedKey{Value: base64.StdEncoding.EncodeToString(k.DER),
				Fingerprint: k.Fingerprint, From: keyTime{k.From}, To: keyTime{k.To}})
		}
		all[region] = list
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	_ = enc.Encode(all) // strings and times always encode
	return b.Bytes()
}

type keyList struct {
	Keys []listedKey `json:"PublicKeyList"`
}

type listedKey struct {
	Value       string
	Fingerprint string
	From        keyTime `json:"ValidityStartTime"`
	To          keyTime `json:"ValidityEndTime"`
}

func (l keyList) add(ring *KeyRing, region, origin string) error {
	for i, listed := range l.Keys {
		der, err := base64.StdEncoding.DecodeString(listed.Value)
		if err != nil {
			return fmt.Errorf("parse key %d of %q: %w", i+1, region, err)
		}
		key, err := NewPublicKey(der, listed.From.Time, listed.To.Time)
		if err != nil {
			return fmt.Errorf("parse key %d of %q: %w", i+1, region, err)
		}
		key.Origin = origin
		if !key.named(listed.Fingerprint) {
			key.Warning = fmt.Sprintf("it was listed as %s, but its bytes give %s", listed.Fingerprint, key.Fingerprint)
		}
		ring.Add(region, key)
	}
	return nil
}

// A keyTime is a time in any of three forms: seconds since 1970, the same in
// quotes, ISO 8601.
type keyTime struct{ time.Time }

func (t keyTime) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.UTC().Format(time.RFC3339))
}

func (t *keyTime) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		t.Time = time.Unix(int64(seconds), 0).UTC()
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02 15:04:05.999999999-07:00"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return fmt.Errorf("parse time %s", data)
}
