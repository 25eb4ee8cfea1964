// Package query is the vocabulary in which a case is asked: the fields, the
// filter language, and the shapes of questions and answers. It is pure: the
// package store turns questions into SQL, the screen and the command line put
// them and show the answers.
//
//	text ──Parse──▶ Filter ──▶ store ──▶ Page, Facets, Histogram …
//	  ▲                │
//	  └────String──────┘        Parse(f.String()) equals f
//
// # The filter language
//
//	filter  = [ or ]
//	or      = and { "OR" and }
//	and     = not { [ "AND" ] not }
//	not     = ( "NOT" | "-" ) not | "(" or ")" | term
//	term    = name op value { "," value } | ( "last" | "ago" ) ":" span
//	        | word | quoted | regex
//	name    = key { "." key }            key = bare characters | quoted
//	op      = ":" | "=" | "!=" | "<" | "<=" | ">" | ">="
//	value   = bare [ ".." bare ] | quoted | regex
//	quoted  = '"' { character | '\"' | '\\' } '"'
//	regex   = "/" RE2 with "\/" for a slash "/"
//
// [Grammar] explains it in words. A name is a [Field] of the catalogue or a path
// into the record. Text compares ignoring case under Unicode simple folding, as
// [strings.EqualFold] does. A term holds when any value of the event does; an
// event without a value satisfies no term, and negation is plain negation, so
// -f:v and f!=v hold for events without f.
//
// The tree is canonical: nested ANDs and ORs are flat, double negation is gone,
// a value is marked as quoted only where the quotes matter, closed values have
// the spelling of the catalogue. So equal filters that were written differently
// are mostly equal trees. Relative times stay relative; a [Clock] resolves them.
//
// # Saved questions
//
// A [Saved] query is a filter with a name, how to show its events, and for what a
// filter can't ask, a rule over them: how many within a span of time, which steps
// after each other, what was never seen before. [Saved.Question] checks it,
// [Question.Answer] puts it to a [Case]. An answer of a rule is a list of findings
// with a filter each that opens the events behind it. None found in a case that
// lacks the data is no answer: then it says what was not recorded. [Builtin] are
// the questions of builtin.toml, a file like those that people share.
//
// # What it means
//
// [Filter.Matcher] is the meaning of all this in plain Go. A store prints the
// tree in its own language through [Print] and is tested against the matcher.
package query
