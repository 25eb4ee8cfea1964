package digesttest

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// TimeForm is how every time in a digest is written.
const TimeForm = "2006-01-02T15:04:05Z"

// A Document is the JSON of a digest file. Pointers are null when nil.
type Document struct {
	Account       string  `json:"awsAccountId"`
	Start         string  `json:"digestStartTime"`
	End           string  `json:"digestEndTime"`
	Bucket        string  `json:"digestS3Bucket"`
	Key           string  `json:"digestS3Object"`
	Fingerprint   string  `json:"digestPublicKeyFingerprint"`
	Algorithm     string  `json:"digestSignatureAlgorithm"`
	NewestEvent   *string `json:"newestEventTime"`
	OldestEvent   *string `json:"oldestEventTime"`
	PrevBucket    *string `json:"previousDigestS3Bucket"`
	PrevKey       *string `json:"previousDigestS3Object"`
	PrevHash      *string `json:"previousDigestHashValue"`
	PrevAlgorithm *string `json:"previousDigestHashAlgorithm"`
	PrevSignature *string `json:"previousDigestSignature"`
	Logs          []Entry `json:"logFiles"`
}

// An Entry names one log file in a digest.
type Entry struct {
	Bucket      string `json:"s3Bucket"`
	Key         string `json:"s3Object"`
	Hash        string `json:"hashValue"`
	Algorithm   string `json:"hashAlgorithm"`
	NewestEvent string `json:"newestEventTime"`
	OldestEvent string `json:"oldestEventTime"`
}

// An Object is one stored object of a Tree.
type Object struct {
	Bucket, Key string
	Body        []byte
	Meta        map[string]string // user metadata without "x-amz-meta-"
	Modified    time.Time
	Version     string
}

// A Sealed is a digest with its signature, ready to be stored.
type Sealed struct {
	Doc       Document
	Raw       []byte // unpacked, what is hashed and signed
	Signature string // hex
	Object    Object
}

// Seal signs a document and packs it. Change the document first to make a
// digest that is wrong but signed; change the result to make one that is not.
func Seal(doc Document, key Key, backfill bool) Sealed {
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return SealRaw(raw, doc, key, crypto.SHA256, backfill)
}

// SealRaw signs bytes that need not be doc's own, hashing what is signed with h.
func SealRaw(raw []byte, doc Document, key Key, h crypto.Hash, backfill bool) Sealed {
	previous := "null"
	if doc.PrevSignature != nil {
		previous = *doc.PrevSignature
	}
	sum := sha256.Sum256(raw)
	text := doc.End + "\n" + doc.Bucket + "/" + doc.Key + "\n" + hex.EncodeToString(sum[:]) + "\n" + previous
	hash := h.New()
	hash.Write([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key.Private, h, hash.Sum(nil))
	if err != nil {
		panic(err)
	}
	s := Sealed{Doc: doc, Raw: raw, Signature: hex.EncodeToString(signature)}
	end, _ := time.Parse(TimeForm, doc.End)
	s.Object = Object{Bucket: doc.Bucket, Key: doc.Key, Body: Gzip(raw), Modified: end.Add(7 * time.Minute),
		Meta: map[string]string{"signature": s.Signature, "signature-algorithm": "SHA256withRSA"}}
	if backfill {
		s.Object.Meta["backfill-generation-timestamp"] = end.Add(30 * time.Minute).Format(TimeForm)
	}
	return s
}

// Gzip packs text into one member.
func Gzip(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}
