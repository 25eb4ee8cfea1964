// Package loader brings log files into a case: it lists a Source, fetches,
// unpacks, hashes and decodes each object, and hands whole objects to a Sink,
// which keeps them or not, never half.
//
//	Source ─list─▶ Object ─fetch─▶ bytes ─unpack─▶ text ─decode─▶ events ─▶ Sink
//
// An object that can't be read is a recorded failure, never a halt. What the
// sink already has is not fetched again, so a load that was cut off goes on
// where it stopped.
package loader
