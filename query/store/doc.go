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
//	Loaded ─maker─▶ eventRow … ─table.insert─▶ DuckDB's appender
//	   └─Delivered─▶ pack
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
// # By hand
//
// The views events, changes, objects, resources and sessions are for people, in
// DB.SQL and in DuckDB's own shell (1.4 or later), which reads a case that no
// other process has open: duckdb -readonly NAME.spoor/case.duckdb.
package store
