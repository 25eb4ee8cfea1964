package digesttest

import (
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"time"
)

// Making RSA keys takes seconds, so a few lie ready.
//
//go:embed testdata/*.pem
var pemFiles embed.FS

// A Key signs digests that end within its validity.
type Key struct {
	Private  *rsa.PrivateKey
	From, To time.Time // UTC, both inclusive
}

// NewKey returns one of the ready keys: "a" to "d" have 2048 bits, "big" 4096.
// It panics on any other name.
func NewKey(name string, from, to time.Time) Key {
	file := "testdata/rsa2048-" + name + ".pem"
	if name == "big" {
		file = "testdata/rsa4096.pem"
	}
	data, err := pemFiles.ReadFile(file)
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(data)
	private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		panic(fmt.Errorf("parse %s: %w", file, err))
	}
	return Key{Private: private, From: from.UTC(), To: to.UTC()}
}

// Rotation returns two keys for a span: the first is valid up to its middle,
// the second from there on, as when CloudTrail rotates keys.
func Rotation(from, to time.Time) []Key {
	middle := from.Add(to.Sub(from) / 2).Truncate(time.Second)
	return []Key{NewKey("a", from.AddDate(0, 0, -15), middle), NewKey("b", middle, to.AddDate(0, 0, 15))}
}

// DER is the published form of the key: PKCS#1.
func (k Key) DER() []byte { return x509.MarshalPKCS1PublicKey(&k.Private.PublicKey) }

// Fingerprint is the MD5 of DER in hex, as digests name it.
func (k Key) Fingerprint() string {
	sum := md5.Sum(k.DER())
	return hex.EncodeToString(sum[:])
}

// A KeyStyle is one of the ways in which tools print times in key lists.
type KeyStyle uint8

const (
	Epoch  KeyStyle = iota // numbers: version 1 of the AWS command line
	ISO                    // strings: version 2
	Quoted                 // numbers in quotes: the user guide
	SPKI                   // Epoch, with the key wrapped as in one documented sample
)

// PublicKeyList is what ListPublicKeys answers, as the style prints it.
func PublicKeyList(style KeyStyle, keys ...Key) json.RawMessage {
	list := make([]map[string]any, 0, len(keys))
	for _, k := range keys {
		der := k.DER()
		if style == SPKI {
			der, _ = x509.MarshalPKIXPublicKey(&k.Private.PublicKey)
		}
		list = append(list, map[string]any{
			"Value": base64.StdEncoding.EncodeToString(der), "Fingerprint": k.Fingerprint(),
			"ValidityStartTime": style.time(k.From), "ValidityEndTime": style.time(k.To),
		})
	}
	return marshal(map[string]any{"PublicKeyList": list})
}

func (s KeyStyle) time(t time.Time) any {
	switch s {
	case ISO:
		return t.UTC().Format("2006-01-02T15:04:05.000000+00:00")
	case Quoted:
		return fmt.Sprintf("%d.0", t.Unix())
	default:
		return t.Unix()
	}
}

// KeysJSON is public_keys.json: by region what ListPublicKeys answers there.
func KeysJSON(style KeyStyle, byRegion map[string][]Key) []byte {
	all := map[string]json.RawMessage{}
	for region, keys := range byRegion {
		all[region] = PublicKeyList(style, keys...)
	}
	return marshal(all)
}

func marshal(v any) []byte {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err)
	}
	return data
}
