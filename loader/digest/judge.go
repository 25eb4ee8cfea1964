package digest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// A link is one digest file: what was read of it, and its place in a chain.
type link struct {
	place
	entry   int
	judged  bool // belongs to the window; the others only bear witness
	read    bool
	readErr error
	hash    Hash
	meta    map[string]string
	docErr  *flaw
	doc     document
	has     bool  // doc was read
	prev    *link // what doc points at, when it is there
	next    []*link
	chain   int
	out     Object // the verdict
	outside bool   // it lies where no digest of its own lies: no part of any chain
}

// judge decides on one digest. The newer ones have been judged already: they
// may hold its signature.
func (c *check) judge(l *link) {
	e := &c.inv.entries[l.entry]
	l.out = Object{Name: c.inv.name(l.entry), Actual: e.obj.Name, Kind: Digest, Time: l.time, Chain: l.chain,
		Account: l.account, Region: l.region}
	o := &l.out
	if l.readErr != nil {
		o.Verdict = Unverifiable
		o.Reason, o.Detail = readReason(l.readErr)
		return
	}
	o.SHA256, o.Unpacked = hex.EncodeToString(l.hash.SHA256[:]), l.hash.Unpacked
	if len(l.next) > 0 {
		o.Recorded, o.NamedBy = strings.ToLower(l.next[0].doc.prevHash), l.next[0].doc.name()
	}
	if !l.has {
		c.judgeContent(l)
		return
	}
	o.From, o.To, o.Key = l.doc.start.UTC(), l.doc.end.UTC(), strings.ToLower(l.doc.fingerprint)
	placed, relocated := c.inv.placed(l.entry, &l.doc)
	if !placed {
		l.outside = true
		o.Verdict, o.Reason = Invalid, Moved
		o.Detail = "it says that it was delivered as " + l.doc.name()
		if l.wrong != "" {
			o.Reason, o.Detail = BadName, l.wrong
		}
		return
	}
	o.Name = l.doc.name()
	c.judgeSignature(l)
	c.judgeContainer(l)
	if o.Verdict == Valid {
		c.remarks(l, relocated)
	}
}

// judgeContent explains a digest that could not be understood.
func (c *check) judgeContent(l *link) {
	o := &l.out
	o.Verdict, o.Reason, o.Detail = Invalid, l.docErr.reason, l.docErr.detail
	switch {
	case l.wrong != "":
		l.outside = true
		o.Reason, o.Detail = BadName, l.wrong
	case l.hash.State == Truncated:
		o.Reason, o.Detail = Truncated, fmt.Sprintf("it is cut off: it unpacks to %d bytes only", l.hash.Unpacked)
	case l.hash.State == GzipDamaged || l.hash.State == TooLarge:
		o.Reason, o.Detail = l.hash.State, "its gzip container can't be unpacked"
	}
}

// judgeContainer: what is signed may be whole while the file around it is not.
func (c *check) judgeContainer(l *link) {
	if l.out.Verdict == Invalid {
		return
	}
	switch l.hash.State {
	case ExtraMember, TrailingBytes, GzipDamaged:
		l.out.Verdict, l.out.Reason = Invalid, l.hash.State
		l.out.Detail = containerDetail(l.hash)
	}
}

func containerDetail(h Hash) string {
	switch h.State {
	case ExtraMember:
		return fmt.Sprintf("after what CloudTrail delivered comes another gzip member of %d bytes: other readers take it for records", h.Extra)
	case TrailingBytes:
		return fmt.Sprintf("after what CloudTrail delivered come %d bytes more", h.Extra)
	case GzipDamaged:
		return "the checksum of its gzip container is wrong"
	case Container:
		return "it is stored unpacked"
	case Truncated, ContainerDamaged:
		return "the end of its gzip container is cut off; the content is whole"
	case TooLarge:
		return "it unpacks to more than a log file can hold"
	default:
		return ""
	}
}

func (c *check) judgeSignature(l *link) {
	o := &l.out
	region := c.keys[l.region]
	if region.err != nil {
		o.Verdict, o.Reason, o.Sign = Unverifiable, KeyNotFound, NoKey
		o.Detail = fmt.Sprintf("no public keys of %s at hand: %v", l.region, region.err)
		return
	}
	key, ok := c.pickKey(l, region)
	if !ok {
		o.Verdict, o.Reason, o.Sign = Invalid, KeyNotFound, NoKey
		o.Detail = fmt.Sprintf("the key %s that it names is not among the %d keys of %s for %s to %s", o.Key, len(region.keys),
			l.region, region.from.UTC().Format(time.RFC3339), region.to.UTC().Format(time.RFC3339))
		return
	}
	c.judgeWithKey(l, key)
	if o.Verdict == Valid && l.judged {
		c.useKey(l.region, key)
	}
}

// pickKey finds the key that the digest names.
func (c *check) pickKey(l *link, region regionKeys) (PublicKey, bool) {
	var found PublicKey
	ok := false
	for _, k := range region.keys {
		if k.named(l.doc.fingerprint) && (!ok || k.holds(c.signedAt(l))) {
			found, ok = k, true
		}
	}
	return found, ok
}

// signedAt is when the digest was signed, zero when nothing tells: backfill
// digests say it in their metadata.
func (c *check) signedAt(l *link) time.Time {
	if !l.backfill {
		return l.doc.end
	}
	t, err := time.Parse(time.RFC3339, l.meta["backfill-generation-timestamp"])
	if err != nil {
		return time.Time{}
	}
	return t
}

// holds allows two hours around a key's validity: digests near a rotation.
func (k PublicKey) holds(at time.Time) bool {
	return at.IsZero() || (k.From.IsZero() || !at.Before(k.From.Add(-late))) && (k.To.IsZero() || !at.After(k.To.Add(late)))
}

// judgeWithKey tries the signature in the metadata and those that newer digests
// hold. A newer digest that is no good itself can clear this one, as a
// signature needs no witness, but can't accuse it.
func (c *check) judgeWithKey(l *link, key PublicKey) {
	o := &l.out
	sum := sha256.Sum256([]byte(l.doc.signed(l.hash.SHA256)))
	own, err := hex.DecodeString(strings.TrimSpace(l.meta["signature"]))
	hasOwn := err == nil && len(own) > 0
	ownGood := hasOwn && verify(key, sum, own)
	chainGood, accused := false, false
	for _, n := range l.next {
		sig, err := hex.DecodeString(n.doc.prevSignature)
		if err == nil && verify(key, sum, sig) {
			chainGood = true
		} else if n.out.Verdict == Valid {
			accused = true
		}
	}
	switch {
	case ownGood && chainGood:
		o.Verdict, o.Sign = Valid, InBoth
	case ownGood:
		o.Verdict, o.Sign = Valid, InMetadata
	case chainGood:
		o.Verdict, o.Reason, o.Sign = Valid, FromChain, InNextDigest
		o.Detail = "proven by the signature that the next digest holds"
	case hasOwn || accused:
		o.Verdict, o.Reason, o.Sign = Invalid, BadSignature, FailedToCheck
		o.Detail = "its signature does not verify: it was changed, or not signed by CloudTrail"
	default:
		o.Verdict, o.Reason, o.Sign = Unverifiable, MetadataMissing, NoSignature
		o.Detail = "its signature was in the object metadata, which is not at hand, and no newer digest holds it"
	}
	if at := c.signedAt(l); o.Verdict == Valid && !key.holds(at) {
		o.Verdict, o.Reason = Invalid, KeyValidity
		o.Detail = fmt.Sprintf("its key was valid from %s to %s only", key.From.UTC().Format(time.RFC3339), key.To.UTC().Format(time.RFC3339))
	}
}

func verify(key PublicKey, sum [32]byte, signature []byte) bool {
	return rsa.VerifyPKCS1v15(key.rsa, crypto.SHA256, sum[:], signature) == nil
}

func (c *check) useKey(region string, k PublicKey) {
	id := region + " " + k.Fingerprint
	if c.keyUse[id] == nil {
		c.keyUse[id] = &KeyUse{Fingerprint: k.Fingerprint, Region: region, Origin: k.Origin, From: k.From, To: k.To}
	}
	c.keyUse[id].Digests++
}

// remarks are findings about a digest that is valid all the same.
func (c *check) remarks(l *link, relocated bool) {
	say := func(r Reason, detail string) {
		c.findAt(l, Finding{Type: r, Detail: detail})
	}
	switch l.hash.State {
	case Container:
		say(Container, containerDetail(l.hash))
	case Truncated:
		say(ContainerDamaged, containerDetail(l.hash))
	}
	if relocated {
		say(Relocated, "found at "+l.out.Actual+" under the bucket mapping given")
	}
	if _, ok := l.meta["signature"]; ok && l.out.Sign == InNextDigest {
		say(MetadataMismatch, "the signature in its metadata does not verify; the one that the next digest holds does")
	}
	if l.backfill && len(l.meta) > 0 && c.signedAt(l).IsZero() {
		say(MetadataMissing, "its metadata lacks backfill-generation-timestamp; every key of the region was tried")
	}
	if l.wrong != "" || !l.time.IsZero() && !l.time.Equal(l.doc.end) {
		say(KeyTimeMismatch, fmt.Sprintf("its name says %s, its content %s", l.time.Format(time.RFC3339), l.doc.endText))
	}
	if label := oddLabel(l); label != "" {
		say(AlgorithmLabel, label)
	}
}

func oddLabel(l *link) string {
	const hash, sign = "SHA-256", "SHA256withRSA"
	if l.doc.algorithm != sign {
		return "it names the signature algorithm " + l.doc.algorithm + ", and is signed with " + sign
	}
	if own, ok := l.meta["signature-algorithm"]; ok && own != sign {
		return "its metadata names the signature algorithm " + own + ", and it is signed with " + sign
	}
	if !l.doc.starts && l.doc.prevAlgorithm != hash {
		return "it names the hash algorithm " + l.doc.prevAlgorithm + " for the previous digest"
	}
	for _, n := range l.doc.logs {
		if n.algorithm != hash {
			return "it names the hash algorithm " + n.algorithm + " for " + n.name
		}
	}
	return ""
}

// findAt files a finding about a digest.
func (c *check) findAt(l *link, f Finding) {
	if !l.judged {
		return
	}
	if f.Object == "" {
		f.Object = l.out.Name
	}
	f.Chain, f.Account, f.Region = l.chain, l.account, l.region
	c.find(f)
}
