// Package store is the case: a folder with a DuckDB database and, beside it, the
// original objects. It is the only place of the program that knows SQL.
//
//	NAME.spoor/
//	  case.toml     format, sources: what can be told without the database
//	  case.duckdb   events in numbers, their texts, manifest, changes …
//	  objects.pack  the objects as delivered, one after the other, described
//	  case.search   their records once more, for searches; made anew when missing
//	  notes.ndjson  what people made: a mirror of its tables; checks.ndjson: likewise
//
// The database can be made anew from the other files, offline (rebuild.go): when
// a kill has torn it, and when a new version of the program has other tables.
//
// # Writing
//
// DB is a loader.Sink. Append turns a batch of objects into rows within an open
// transaction; Commit syncs the pack and then ends the transaction, so the case
// holds whole lots only. What lies in the pack behind the last committed byte is
// cut off by the next Open. Tables of what people made are changed through
// keepMade, which writes their mirror before its transaction ends.
//
//	Loaded ─maker─▶ eventRow … ─lot.write─▶ DuckDB's appender
//	   └─Delivered─▶ pack
//
// The three go on side by side: rows of a batch are written while those of the next
// are made and its objects put into the pack.
//
// The table event_rows has numbers only. Texts are numbered by domain (dict,
// table strings), callers as a whole (people, table identities). Callers and the
// texts that most events share are in memory as well; names of resources and
// messages, of which there may be millions, are on a shelf (package shelf). An
// event that is in the case already is not stored again but leaves a row in
// copies, which takes over when its object is replaced.
//
// # Asking
//
// A filter is printed as SQL (compile.go): terms are tried on the distinct texts
// of their field in Go, and become lists of numbers. Where a field lives is
// said by its binding (fields.go): other slices of the program add theirs, with
// their tables, in files of their own (see bindings and schema).
//
// What only the records can tell, free text and paths, are leaves: records are
// searched in the order in which a page wants their events, for a slice of time
// per question; what is found is remembered per leaf (leaf.go, search.go, hits.go). They
// are read from blocks that hold each distinct part of a record once (package
// blocks), or where there is none yet from the objects as they came; a search
// that reads most of a group of objects makes their block on the way, Index those
// of all others (units.go, index.go). A question to the whole case looks at the
// records of those events alone that the rest of its filter leaves open, and for
// many questions at once (narrow.go, parts.go); rules over time tell it which
// events can't matter to them (hints.go).
//
// Every question runs through ask, on a connection of its own, and returns at
// once when its context is done. To write a question:
//
//	h, err := db.filter(ctx, f)       // condition over event_rows AS e
//	defer h.release()
//	n, err := ask(ctx, db, func(ctx context.Context, c conn) ([]int64, error) {
//		return c.int64s(ctx, "SELECT count(*) FROM event_rows AS e WHERE "+h.where.sql, h.where.args...)
//	})
//
// Texts of people and logs are only ever parameters.
//
// # What a load costs
//
// Shares of the CPU time of `spoor load`, a million generated events in 371 objects
// of 4.4 MB, by who asked for it (perf with stacks on two processors, others at work
// on them, November 2026):
//
//	inflating and CRC   24 %  klauspost/compress, a tenth of it copies
//	decoding            19    1.2 µs an event, 1.65 kB of JSON
//	store, in Go        14    keys, numbers of texts, rows
//	DuckDB              13-14
//	kernel              10-15 writing both files, fresh pages, switching threads
//	SHA-256              8    of every object, which digests are checked by
//	change rules         6    only what changes something: 5 µs each
//	the rest             5    garbage, C library, zstd of the shelf
//
// The stages go on side by side, and so do the parts of an Append; what is still in
// turn are the first quarter of a second, each commit, and the last checkpoint, two
// thirds of a second on one processor. What is idle is a sixth of the machine.
//
// What stands in the way of less, and what was tried:
//
// Inflating is the yardstick; with -tags libdeflate it takes half. A decoder of our
// own that unpacks in place did as well, and was dropped: hostile input is for a
// well-kept library. All that is not inflating would have to take half of what it
// takes for the ratio that was asked for, and no part of it is large.
//
// DuckDB costs by the column. Counting what is distinct (HyperLogLog, a sixth of its
// share) can't be switched off. Trying how a column packs best is an eighth; to say
// so in the schema saved nothing and made a larger file. Blocks of 64 KiB made a
// file smaller by 4 % and cost more in the kernel than they saved. A second thread
// of DuckDB spins while the first works, so a load has one (cmd/spoor, fillThreads).
// Committed rows of small tables stay in memory until a checkpoint, and beyond
// fillMemory go to a temporary file and back: 160 MB in place of 96 spare that, take
// 65 MB more at the peak, and gained nothing that three turns could show;
// checkpoints every 32 MB did not spare it, and left holes in the file.
//
// Building by a profile (go build -pgo), more decoders than processors, and
// allocators of the C library that keep their pages changed nothing that four turns
// could show.
//
// Of the 56 bytes of case.duckdb for each of these events 16.0 are its id, random
// and kept whole so that id: and SQL need no record; 8.4 texts, 4.3 the place in the
// object, 3.9 the time, 3.5 changes and their sentences, 3.0 bytes transferred, 2.4
// the resource, 1.7 further ones, 1.9 the caller. Times in whole seconds would spare
// 2.4 and cost all that asks for a time; lengths found by reading, 1.7.
//
// A lot that ends in the middle of a group of rows makes DuckDB pack that group once
// more, and leaves a hole (files of up to 66 bytes an event were seen): the loader
// commits where groups are full.
//
// # By hand
//
// The views events, changes, objects, resources and sessions are for people, in
// DB.SQL and in DuckDB's own shell (1.4 or later), which reads a case that no
// other process has open: duckdb -readonly NAME.spoor/case.duckdb.
package store
