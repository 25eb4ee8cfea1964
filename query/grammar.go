package query

import _ "embed"

//go:embed grammar.txt
var grammar string

// Grammar is the filter language explained for its users, as plain text of at
// most 80 columns.
func Grammar() string { return grammar }
