// Package loader brings log files into a case: it lists a Source, fetches,
// unpacks, hashes and decodes each object, and hands whole objects to a Sink,
// which keeps them or not, never half.
//
//	Source ─list─▶ Object ─fetch─▶ bytes ─unpack─▶ text ─decode─▶ events ─▶ Sink
//
// An object that can't be read is a recorded failure, never a halt. What the
// sink already has is not fetched again, so a load that was cut off goes on
// where it stopped. Every object that was listed ends as loaded, skipped (with
// the reason), failed (with the error) or already there.
//
// How an object is packed is told by its bytes, never by its name: gzip of any
// number of members, zstd, UTF-16, and archives (zip, tar, packed tar), whose
// files become objects of their own, named archive!member.
//
// Load loads once, Follow goes on looking for what is new, Survey only counts
// what a load would fetch. All of them hold memory within a budget and end soon
// after their context does.
package loader
