package query

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed builtin.toml
var builtinTOML string

var builtin = sync.OnceValues(func() ([]Saved, error) { return ReadSaved(strings.NewReader(builtinTOML)) })

// Builtin returns the questions that come with the program, by topic.
func Builtin() []Saved {
	list, err := builtin()
	if err != nil {
		panic("builtin.toml: " + err.Error()) // a test reads it
	}
	return slices.Clone(list)
}
