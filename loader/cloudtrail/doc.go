// Package cloudtrail knows what a CloudTrail record is: where records lie in a
// log file, what each says, who made the call, whether it succeeded. It decodes
// only what spoor indexes and leaves the record itself where it was logged.
//
//	unpacked text of one object
//	  └─ Decoder.Decode   finds the carrier (S3 file, lookup-events, CloudWatch …)
//	       └─ Event       one per record: spans, identity, derived facts
//	Record(text, span)    the record's JSON again, exactly as logged
//
// It is a leaf: it imports nothing of spoor.
package cloudtrail
