package query

import (
	"fmt"
	"strings"
)

// A ParseError is a mistake in a filter: where it is, what is wrong, what was
// expected and what the writer may have meant.
type ParseError struct {
	Text    string // the whole filter
	Col     int    // 1-based column of the mistake, in characters
	Msg     string // what is wrong: `unknown field "acton"`
	Want    string // what was expected there, "" when Msg says it
	Suggest string // what to write instead, "" when unknown
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("column %d: %s", e.Col, e.Short())
}

// Short is the message without the column, for a place that shows a caret.
func (e *ParseError) Short() string {
	var b strings.Builder
	b.WriteString(e.Msg)
	if e.Want != "" {
		b.WriteString(", expected " + e.Want)
	}
	if e.Suggest != "" {
		b.WriteString(", did you mean " + e.Suggest + "?")
	}
	return b.String()
}
