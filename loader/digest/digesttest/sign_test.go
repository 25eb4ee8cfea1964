package digesttest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"
)

func TestChainSignsWhatTheGuideSays(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 0, 12, 34, 0, time.UTC)
	trail := Trail{Bucket: "b", Account: "111122223333", Region: "us-east-1", Home: "us-east-1", Name: "main",
		Keys: Rotation(start, start.Add(4*time.Hour))}
	chain := trail.Chain(start, 4, nil)
	for i, d := range chain {
		var doc Document
		if err := json.Unmarshal(d.Raw, &doc); err != nil {
			t.Fatal(err)
		}
		previous := "null"
		if i > 0 {
			previous = chain[i-1].Signature
			sum := sha256.Sum256(chain[i-1].Raw)
			if *doc.PrevHash != hex.EncodeToString(sum[:]) || *doc.PrevKey != chain[i-1].Object.Key {
				t.Errorf("digest %d does not point at the one before", i)
			}
		}
		content := sha256.Sum256(d.Raw)
		text := sha256.Sum256([]byte(doc.End + "\nb/" + doc.Key + "\n" + hex.EncodeToString(content[:]) + "\n" + previous))
		signature, err := hex.DecodeString(d.Object.Meta["signature"])
		if err != nil {
			t.Fatal(err)
		}
		end, _ := time.Parse(TimeForm, doc.End)
		if err := rsa.VerifyPKCS1v15(&trail.Key(end).Private.PublicKey, crypto.SHA256, text[:], signature); err != nil {
			t.Errorf("digest %d: %v", i, err)
		}
	}
	if chain[0].Doc.Fingerprint == chain[3].Doc.Fingerprint {
		t.Error("the key did not rotate")
	}
}
