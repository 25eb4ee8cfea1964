// Package marked is the view of what analysts noted: every event, session and
// resource with a mark, a note or tags, the last change first.
//
//	Reader.Noted ─▶ rows ─▶ grid        below it: the note in full
//	enter opens the thing itself, e its events, m changes what is on it
//
// The filter in force holds here, too: what has no matching event is left out.
// Changing is the root's command mark; the view only says what the row is about.
package marked
