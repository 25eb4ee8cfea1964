package query

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// A Saved is a question kept under a name: a filter with how to show its events,
// and for questions that a filter can't ask, a rule over the filtered events.
// Saved queries live in TOML files, one table [[query]] each, so that people can
// read, write and share them.
type Saved struct {
	ID          string   `toml:"id"`   // a-z, 0-9 and dashes
	Name        string   `toml:"name"` // the question, one line
	Description string   `toml:"description,omitempty"`
	Topic       string   `toml:"topic,omitempty"`
	Attack      []string `toml:"attack,omitempty"` // MITRE ATT&CK technique ids
	Filter      string   `toml:"filter,omitempty"` // may hold $variables as values
	Columns     []string `toml:"columns,omitempty"`
	Order       string   `toml:"order,omitempty"` // newest (the default) or oldest
	Since       string   `toml:"since,omitempty"` // a time of the filter language; may be relative
	Until       string   `toml:"until,omitempty"`
	// Needs are filters of which each must match some event of the case, else the
	// question can't be answered from it: the data was not recorded or not loaded.
	Needs []string `toml:"needs,omitempty"`
	// Where are conditions that a filter can't express, of which any must hold:
	// predicates over columns, or filters on fields.
	Where     []string       `toml:"where,omitempty"`
	Variables []Variable     `toml:"variable,omitempty"`
	Count     *CountRule     `toml:"count,omitempty"`
	Sequence  *SequenceRule  `toml:"sequence,omitempty"`
	FirstSeen *FirstSeenRule `toml:"first_seen,omitempty"`
	Except    *ExceptRule    `toml:"except,omitempty"`
}

// A Variable is a value that the filter leaves open as $name. It is found in the
// case when Filter and Columns say where, else it is Default or asked for.
type Variable struct {
	Name    string   `toml:"name"`
	Prompt  string   `toml:"prompt"`
	Filter  string   `toml:"filter,omitempty"`
	Columns []string `toml:"columns,omitempty"`
	Default []string `toml:"default,omitempty"`
}

// A CountRule groups the events and keeps groups that are large enough.
type CountRule struct {
	By       []string `toml:"by"`
	AtLeast  int64    `toml:"at_least,omitempty"` // events, or distinct values; 0 is 1
	Distinct []string `toml:"distinct,omitempty"` // count different values of these columns instead of events
	Within   string   `toml:"within,omitempty"`   // span of time that holds them; empty is the whole case
	Sum      string   `toml:"sum,omitempty"`      // column to add up; the largest sum comes first
}

// A SequenceRule finds events that follow each other.
type SequenceRule struct {
	By     []string `toml:"by"`
	Within string   `toml:"within"`
	Steps  []Step   `toml:"step"`
}

// A Step is a filter, on fields only, that has to match a number of times.
type Step struct {
	Filter string `toml:"filter"`
	Times  int    `toml:"times,omitempty"` // 0 is 1
}

// A FirstSeenRule keeps events with a value that is new for its scope, while the
// scope itself was known: the second address of an actor, not its first.
type FirstSeenRule struct {
	Values  []string `toml:"values"`            // any of them new
	Per     string   `toml:"per"`               // the scope
	History string   `toml:"history,omitempty"` // filter of the events that make a value known; empty is the query's own, * all
	Grace   string   `toml:"grace,omitempty"`   // how long after its first sight a value counts as new
	Always  string   `toml:"always,omitempty"`  // filter, on fields only, of events kept in any case
}

// An ExceptRule drops events whose Match columns equal the Columns of some event
// of another filter.
type ExceptRule struct {
	Filter  string   `toml:"filter"`
	Columns []string `toml:"columns"`
	Match   []string `toml:"match"`
}

// savedFile is a TOML file of saved queries.
type savedFile struct {
	Query []Saved `toml:"query"`
}

// maxSavedFile bounds what is read of a file of saved queries, in bytes.
const maxSavedFile = 4 << 20

// ReadSaved reads saved queries from TOML and checks them. Unknown keys and
// wrong types are errors with line and column, other mistakes name the query.
func ReadSaved(r io.Reader) ([]Saved, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSavedFile+1))
	if err != nil {
		return nil, fmt.Errorf("read saved queries: %w", err)
	}
	if len(text) > maxSavedFile {
		return nil, errors.New("read saved queries: the file is larger than 4 MiB")
	}
	var file savedFile
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&file); err != nil {
		return nil, tomlError(err)
	}
	seen := make(map[string]bool)
	for _, s := range file.Query {
		if _, err := s.Question(); err != nil {
			return nil, err
		}
		if seen[s.ID] {
			return nil, fmt.Errorf("query %s: there are two of that id", s.ID)
		}
		seen[s.ID] = true
	}
	return file.Query, nil
}

// tomlError puts line and column in front.
func tomlError(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		e := strict.Errors[0]
		line, col := e.Position()
		return fmt.Errorf("line %d, column %d: unknown key %q", line, col, strings.Join(e.Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, col := bad.Position()
		return fmt.Errorf("line %d, column %d: %s", line, col, strings.TrimPrefix(bad.Error(), "toml: "))
	}
	return err
}

// WriteSaved writes saved queries as TOML that ReadSaved reads.
func WriteSaved(w io.Writer, queries []Saved) error {
	e := toml.NewEncoder(w)
	e.SetIndentTables(false)
	if err := e.Encode(savedFile{queries}); err != nil {
		return fmt.Errorf("write saved queries: %w", err)
	}
	return nil
}

var (
	savedID   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	technique = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
)

// check validates what needs no compiling.
func (s Saved) check() error {
	switch {
	case !savedID.MatchString(s.ID):
		return fmt.Errorf("id %q: want letters a to z, digits and single dashes", s.ID)
	case strings.TrimSpace(s.Name) == "":
		return errors.New("it has no name")
	case s.Order != "" && s.Order != "newest" && s.Order != "oldest":
		return fmt.Errorf("order %q: want newest or oldest", s.Order)
	}
	for _, a := range s.Attack {
		if !technique.MatchString(a) {
			return fmt.Errorf("attack %q: want a technique id such as T1078.004", a)
		}
	}
	for _, t := range []string{s.Since, s.Until} {
		if _, err := parseMoment(t); t != "" && err != nil {
			return fmt.Errorf("time: %w", err)
		}
	}
	rules := 0
	for _, has := range []bool{s.Count != nil, s.Sequence != nil, s.FirstSeen != nil} {
		if has {
			rules++
		}
	}
	if rules > 1 {
		return errors.New("count, sequence and first_seen exclude each other")
	}
	return nil
}

// span reads a span of time; empty is none.
func span(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	return parseSpan(text)
}
