package digest

import "fmt"

// Words says what a reason means, and what to do about it, to someone who does
// not know how CloudTrail signs.
type Words struct{ Title, Means, Do string }

var words = map[Reason]Words{
	HashMismatch:       {"changed after delivery", "The log is not the one that CloudTrail delivered.", "Look for an older version of the object, and at who wrote to the bucket."},
	Truncated:          {"cut off", "Part of the file is missing.", "Copy it again; if it is the same, look for an older version of the object."},
	GzipDamaged:        {"damaged", "The file does not unpack as packed.", "Copy it again; if it is the same, look for an older version of the object."},
	ExtraMember:        {"something was appended", "After the delivered content comes more that other programs would read as records.", "Treat the records after the first part as planted."},
	TrailingBytes:      {"something was appended", "After the delivered content come bytes that don't belong to it.", "Find out who wrote the object last."},
	TooLarge:           {"unpacks to far too much", "No log file is that large: a decompression bomb.", "Find out who wrote the object."},
	Moved:              {"not where it was delivered", "The object lies under another name than the one that was signed.", "If the bucket was copied, say so with --bucket-map OLD=NEW."},
	BadSignature:       {"signature does not verify", "The digest was changed, or CloudTrail did not sign it. What it names is not proven.", "Treat the hour as unproven, and look at who wrote to the bucket."},
	KeyNotFound:        {"no key", "The public key that the digest names is not in the key list of its region.", "Fetch the region's keys for that time (aws cloudtrail list-public-keys) and give them with --keys; if it is still unknown, the digest is forged."},
	KeyValidity:        {"key not valid then", "The digest is signed with a key that was not in use at its time.", "Fetch the key list again; if it is the same, treat the digest as forged."},
	FieldMissing:       {"not a whole digest", "A field that every digest has is missing.", "Look for an older version of the object."},
	NotJSON:            {"not a digest", "The file does not hold what its name says.", "Look for an older version of the object."},
	BadName:            {"planted name", "CloudTrail does not write such a name into this folder.", "Find out who wrote the object; the others are not affected."},
	MetadataMissing:    {"no signature at hand", "The signature was in the object's metadata, which a copy to disk loses.", "Validate in the bucket, or give a manifest (--manifest), or copy the next digest as well."},
	FromChain:          {"proven by the next digest", "The next digest holds the signature, and it verifies.", ""},
	DigestInvalid:      {"its digest is not valid", "The digest that names the log proves nothing.", "See what is wrong with the digest."},
	DigestUnverifiable: {"its digest could not be verified", "The log is as its digest says, but that digest is not proven.", "See what the digest lacks."},
	WindowCovered:      {"named by no digest", "The hour is covered by a valid digest that does not name this log.", "Either CloudTrail did not deliver it, or a trail without validation writes into the same folders."},
	WindowNotCovered:   {"no digest for its hour", "Nothing proves or disproves this log.", "See which digest is missing or invalid."},
	Pending:            {"its digest comes later", "Digests arrive up to two hours after the logs: it is behind the end of what was checked.", "Check again in two hours, or with an end two hours later, or in a newer copy."},
	AccessDenied:       {"reading denied", "The object could not be read. Without s3:ListBucket, missing and denied look the same.", "Give s3:GetObject, s3:ListBucket and kms:Decrypt on it."},
	Archived:           {"in an archive class", "The object must be restored before it can be read.", "Restore it and check again."},
	Throttled:          {"store too busy", "The object could not be read.", "Check again; what was read is not read again."},
	ReadError:          {"could not be read", "The object was not checked.", "Check again."},
	OtherBucket:        {"in another bucket", "It lies in a bucket that the check was not told to look into.", "Name that bucket as a source as well, or say with --bucket-map where a copy is."},
	Gap:                {"validation was off", "Nothing proves what happened in that time, or that nothing was left out.", "Look for StopLogging, UpdateTrail and DeleteTrail just before it."},
	CoverageHole:       {"hours without a digest", "Digests of these hours are missing.", "Digests come every hour, also when nothing happened: look at who deleted from the bucket."},
	CoverageOverlap:    {"digests overlap", "Two digests claim the same time.", "Look at the times of both."},
	TailNotCovered:     {"the newest digests are missing", "The chain ends before the time asked for.", "Look for deletions in the bucket and for StopLogging."},
	HeadNotCovered:     {"older digests are not here", "The chain goes further back than what was checked.", ""},
	NoDigests:          {"no digests", "There is nothing to check the logs against: validation was off, or all digests were deleted.", "Check the trail's setting, and the folders that were listed."},
	ChainMismatch:      {"the chain does not fit", "A digest does not agree with what the next one says about it.", "One of the two was replaced; the detail says which is signed."},
	ChainCycle:         {"the chain runs in a circle", "Following the digests back never ends.", "Treat the digests of the circle as forged."},
	KeyTimeMismatch:    {"name and content disagree", "The digest's name gives another time than its content.", "Compare with its neighbours."},
	Container:          {"stored unpacked", "The content is what was delivered; only the packing is gone.", ""},
	ContainerDamaged:   {"packing cut off", "The content is what was delivered; the end of the packing is gone.", ""},
	Relocated:          {"in another place, as declared", "The content is what was delivered.", ""},
	MetadataMismatch:   {"metadata was changed", "The signature in the metadata is wrong, but the next digest holds the right one.", "Find out who wrote the object's metadata."},
	AlgorithmLabel:     {"odd label", "A label names another algorithm than the one that holds.", ""},
	NamedTwice:         {"named twice", "Two digests name the log with different hashes.", "Compare both digests."},
	ListingError:       {"listing failed", "Part of the source was not looked at.", "Check the permissions and check again."},
	KeyListOdd:         {"odd key list", "A key's fingerprint is not what its bytes give.", "Fetch the key list again, from AWS."},
}

// Explain returns the words for a reason of a verdict or a type of finding.
func Explain(r Reason) Words { return words[r] }

// Words are those for the object's reason or, if it has none, its verdict.
func (o Object) Words() Words {
	if w, ok := words[o.Reason]; ok {
		return w
	}
	switch o.Verdict {
	case Valid:
		return Words{"as delivered", "The object is what CloudTrail delivered.", ""}
	case Missing:
		return Words{"deleted", "A signed digest names it, and it is not there.", "Look for it in other copies and versions, and at who deleted from the bucket."}
	}
	return Words{}
}

// A Step is one part of the check of an object, for those who want to see it
// done.
type Step struct {
	Name   string
	Result string // "ok", "failed", "not done"
	Detail string
}

// Steps lists how the verdict was come by, in order.
func (o Object) Steps() []Step {
	if o.Kind == Log {
		return o.logSteps()
	}
	if o.Verdict == Missing {
		return []Step{{"find it", "failed", o.Detail}}
	}
	steps := []Step{{"read and unpack", "ok", fmt.Sprintf("%d bytes, SHA-256 %s", o.Unpacked, o.SHA256)}}
	switch {
	case o.Verdict == Unverifiable && unread(o.Reason):
		steps[0] = Step{"read and unpack", "failed", o.Detail}
		return steps
	case o.From.IsZero():
		return append(steps, Step{"understand it", "failed", o.Detail})
	}
	steps = append(steps, Step{"understand it", "ok", "it covers " + stamp(o.From) + " to " + stamp(o.To)})
	place := Step{"lies where it was delivered", "ok", o.Name}
	if o.Reason == Moved || o.Reason == BadName {
		place.Result, place.Detail = "failed", o.Detail
		return append(steps, place)
	}
	key := Step{"key", "ok", o.Key}
	if o.Reason == KeyNotFound || o.Reason == KeyValidity {
		key.Result, key.Detail = "failed", o.Detail
	}
	sign := Step{"signature", "ok", o.Sign.String()}
	switch o.Sign {
	case FailedToCheck:
		sign.Result = "failed"
	case NoSignature, NoKey, NotChecked:
		sign.Result = "not done"
	}
	steps = append(steps, place, key, sign, o.chainStep())
	switch o.Reason {
	case ExtraMember, TrailingBytes, GzipDamaged:
		steps = append(steps, Step{"container", "failed", o.Detail})
	}
	return steps
}

// chainStep compares with the hash that the next digest holds.
func (o Object) chainStep() Step {
	switch {
	case o.Recorded == "":
		return Step{"next digest", "not done", "no newer digest points at it"}
	case o.Recorded == o.SHA256:
		return Step{"next digest", "ok", o.NamedBy + " holds the same SHA-256"}
	default:
		return Step{"next digest", "failed", o.NamedBy + " holds the SHA-256 " + o.Recorded}
	}
}

func (o Object) logSteps() []Step {
	if o.NamedBy == "" {
		return []Step{{"find it in a digest", "failed", o.Detail}}
	}
	steps := []Step{{"find it in a digest", "ok", o.NamedBy}}
	if o.Actual == "" {
		return append(steps, Step{"find it", "failed", o.Detail})
	}
	if o.SHA256 == "" {
		return append(steps, Step{"read and unpack", "failed", o.Detail})
	}
	steps = append(steps, Step{"read and unpack", "ok", fmt.Sprintf("%d bytes", o.Unpacked)})
	hash := Step{"SHA-256", "ok", o.SHA256}
	if o.Recorded != o.SHA256 {
		hash.Result, hash.Detail = "failed", "recorded "+o.Recorded+", actual "+o.SHA256
	}
	steps = append(steps, hash)
	switch o.Reason {
	case DigestInvalid, DigestUnverifiable:
		return append(steps, Step{"digest", "failed", o.Detail})
	case ExtraMember, TrailingBytes, GzipDamaged:
		return append(steps, Step{"container", "failed", o.Detail})
	}
	return steps
}
