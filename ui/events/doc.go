// Package events is the table of events: a window on the pages of the case.
//
// It asks for pages by key, in the direction of travel, each in a command with
// a context that a newer question cancels. The cursor is tied to an event, so
// neither a filter nor a running load moves it under the reader's hand. Steps to
// the next error or the next call of the same actor are questions too: they find
// their event however far away it is.
package events
