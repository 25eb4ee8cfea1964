package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"spoor/query"
	"spoor/ui/text"
)

var formats = []string{"table", "csv", "json", "ndjson", "parquet"}

// settleFormat derives the format from -o where --format is silent.
func (a *app) settleFormat() error {
	f := &a.flags
	if f.format == "" {
		f.format = "table"
		if ext := extension(f.output); slices.Contains(formats, ext) {
			f.format = ext
		} else if ext == "jsonl" {
			f.format = "ndjson"
		}
	}
	if !slices.Contains(formats, f.format) {
		return usageError{fmt.Errorf("--format: unknown format %q", f.format), "use one of " + strings.Join(formats, ", ")}
	}
	if _, gz := packed(f.output); f.format == "parquet" && gz {
		return usageError{fmt.Errorf("-o %s: Parquet is packed by itself", f.output), "end the name in .parquet"}
	}
	if f.format == "parquet" && (!a.toFile() || !replaceable(f.output)) {
		return usageError{fmt.Errorf("--format parquet needs -o FILE"), "Parquet is binary and is not written to a terminal or pipe"}
	}
	return nil
}

// toFile reports whether -o names a file.
func (a *app) toFile() bool { return a.flags.output != "" && a.flags.output != "-" }

// write hands fn the place that -o names, or standard output. Of a file it says that
// it is written: who asked for one sees nothing else.
func (a *app) write(fn func(w io.Writer) error) error {
	err := a.put(fn)
	if err == nil && a.toFile() {
		fmt.Fprintf(a.errw, "wrote %s\n", cleanLines(a.flags.output))
	}
	return err
}

// put is write for those that say themselves what they wrote. A file appears under
// its name only when fn has succeeded: a cut export leaves nothing behind.
func (a *app) put(fn func(w io.Writer) error) error {
	if !a.toFile() {
		out := a.out
		if a.outTTY && a.flags.format != "table" {
			out = &cleanWriter{w: out}
		}
		buf := bufio.NewWriterSize(out, 64<<10)
		if err := fn(buf); err != nil {
			buf.Flush()
			return err
		}
		return buf.Flush()
	}
	if _, gz := packed(a.flags.output); !gz {
		return atomicFile(a.flags.output, fn)
	}
	return atomicFile(a.flags.output, func(w io.Writer) error {
		z := gzip.NewWriter(w)
		if err := fn(z); err != nil {
			return err
		}
		return z.Close()
	})
}

// extension is what a file's name says of its form, in lower case.
func extension(name string) string {
	name, _ = packed(name)
	return strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
}

// packed reports whether a file is to be packed, by its name, and returns the
// name without what says so.
func packed(name string) (string, bool) {
	if ext := filepath.Ext(name); strings.EqualFold(ext, ".gz") {
		return strings.TrimSuffix(name, ext), true
	}
	return name, false
}

// A cleanWriter is between data and a terminal: log text that a file or a pipe
// gets as it was logged would be obeyed there. Tables are clean already.
type cleanWriter struct {
	w    io.Writer
	rest []byte // of a character that is not whole yet
}

func (c *cleanWriter) Write(p []byte) (int, error) {
	all := append(c.rest, p...)
	whole := len(all)
	for i := 1; i < utf8.UTFMax && i <= len(all); i++ {
		if at := len(all) - i; utf8.RuneStart(all[at]) {
			if !utf8.FullRune(all[at:]) {
				whole = at
			}
			break
		}
	}
	c.rest = bytes.Clone(all[whole:])
	var b strings.Builder
	for line := range strings.SplitAfterSeq(string(all[:whole]), "\n") {
		body, ended := strings.CutSuffix(line, "\n")
		if b.WriteString(string(text.Clean(body))); ended {
			b.WriteByte('\n')
		}
	}
	if _, err := io.WriteString(c.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// showRows draws how many rows have been written to a file while a person
// watches, until stopped.
func (a *app) showRows(what string) (progress func(int64), stop func()) {
	if !a.toFile() {
		return func(int64) {}, func() {}
	}
	var rows atomic.Int64
	return rows.Store, a.statusLine(func() string {
		if n := rows.Load(); n > 0 {
			return fmt.Sprintf("%s %s written; ctrl+c stops and leaves no file", number(n), what)
		}
		return "looking for " + what
	})
}

// atomicFile writes path through a temporary file beside it. What is no file, such
// as a pipe or a device, is written to as it is: a rename would take its place.
func atomicFile(path string, fn func(w io.Writer) error) (err error) {
	if !replaceable(path) {
		return intoPipe(path, fn)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		if at := (*fs.PathError)(nil); errors.As(err, &at) {
			err = at.Err // the name of the temporary file means nothing to anyone
		}
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	buf := bufio.NewWriterSize(tmp, 256<<10)
	if err = fn(buf); err != nil {
		return err
	}
	if err = buf.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err = tmp.Chmod(0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err = tmp.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err = tmp.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(tmp.Name(), path)
}

// replaceable reports whether path is a file, or nothing yet.
func replaceable(path string) bool {
	st, err := os.Stat(path)
	return err != nil || st.Mode().IsRegular()
}

func intoPipe(path string, fn func(w io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(f, 256<<10)
	err = fn(buf)
	if err == nil {
		err = buf.Flush()
	}
	return errors.Join(err, f.Close())
}

// newCSV starts a CSV with a header. A failed header comes back from Write.
func (a *app) newCSV(w io.Writer, columns ...string) *query.CSVWriter {
	c := query.NewCSVWriter(w, a.flags.rawValues)
	c.Header(columns)
	return c
}

// csvRow is a row of CSV, in which what is empty is no value.
func csvRow(cells ...string) []query.Value {
	row := make([]query.Value, len(cells))
	for i, c := range cells {
		row[i] = query.Value{Text: c, Null: c == ""}
	}
	return row
}

// full is a list that is never null in JSON.
func full[T any](list []T) []T { return append([]T{}, list...) }

// optional is null in JSON for what is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// A jsonStream writes records as they come: as one array, or for ndjson one a line.
type jsonStream struct {
	w     io.Writer
	lines bool
	n     int // written
}

func (a *app) newJSONStream(w io.Writer) *jsonStream {
	return &jsonStream{w: w, lines: a.flags.format == "ndjson"}
}

func (s *jsonStream) encode(record any) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return s.write(string(text))
}

func (s *jsonStream) write(record string) error {
	before, after := ",\n", ""
	switch {
	case s.lines:
		before, after = "", "\n"
	case s.n == 0:
		before = "["
	}
	s.n++
	_, err := io.WriteString(s.w, before+record+after)
	return err
}

// end closes the array.
func (s *jsonStream) end() error {
	if s.lines {
		return nil
	}
	end := "]\n"
	if s.n == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(s.w, end)
	return err
}

// writeJSON writes rows as one array, or one a line for ndjson.
func writeJSON[T any](w io.Writer, format string, rows []T) error {
	enc := json.NewEncoder(w)
	if format == "json" {
		return enc.Encode(rows)
	}
	for _, r := range rows {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
