// Package blocks is the file of search blocks of a case: the records of its events
// once more, such that they can be searched some ten times as fast as in the
// objects they came in. It holds nothing that the originals don't: what is
// missing, stale or damaged in it is searched for there, and made anew.
//
// A Block covers some objects and consists of frames; a Frame holds each distinct
// part of a record (query.Parts) once, those of each key apart, so that a question
// unpacks only what may hold its answer.
//
//	records ─Maker─▶ Block in File ─Reader─▶ Frame ─Find, Each─▶ events
//
// The file is only ever appended to, by the Makers of blocks. Which objects have
// one is told by a View. All but Reader and Maker may be used at the same time.
package blocks
