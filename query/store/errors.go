package store

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/duckdb/duckdb-go/v2"

	"spoor/query/store/pack"
)

var (
	// ErrNotFound says that no case lies at the path, and Create was not set.
	ErrNotFound = errors.New("no such case")
	// ErrNotCase says that the path exists and is no case.
	ErrNotCase = errors.New("not a case")
	// ErrNotWritable says that the folder of the case can't be written to.
	ErrNotWritable = errors.New("case is not writable")
	// ErrDiskFull says that the disk had no room; the case is as it was before.
	ErrDiskFull = errors.New("no space left on device")
	// ErrMemory says that a query needs more memory than Options.MemoryLimit.
	ErrMemory = errors.New("the query needs more memory than the database may use")
	// ErrNoEvent says that the case has no event of that number.
	ErrNoEvent = errors.New("no such event")
	// ErrNoResource says that an event names no resource.
	ErrNoResource = errors.New("the event names no resource")
	// ErrAltered says that an original is no longer what was loaded.
	ErrAltered = errors.New("it is not what was loaded: the hash differs")
	// ErrNoLabels is pack.ErrNoLabels: a case that an old version of this program
	// made, and that can't be made anew from its pack.
	ErrNoLabels = pack.ErrNoLabels

	// ErrDamaged says that the database of the case is damaged or missing. DuckDB
	// writes some blocks in place; a process killed inside such a write leaves a
	// torn one. Rebuild makes it anew.
	ErrDamaged = errors.New("the database of the case is damaged")
	// ErrOutdated says that the tables of the case are those of an earlier version
	// of this program. Rebuild makes them anew.
	ErrOutdated = errors.New("the case was made by an earlier version of spoor")
	// ErrClosed says that the case has been closed.
	ErrClosed = errors.New("case is closed")
)

// A LockedError says that another process has the case open.
type LockedError struct {
	Path string
	PID  int // 0 when the system doesn't tell
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return "it is in use by another process"
	}
	return fmt.Sprintf("it is in use by process %d", e.PID)
}

// A VersionError says that a newer spoor wrote the case.
type VersionError struct {
	Path       string
	Have, Know int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("it has format %d, this program knows up to %d", e.Have, e.Know)
}

// DuckDB reports lock conflicts only in words: `Conflicting lock is held in
// /usr/bin/spoor (PID 4711) by user …`.
var lockHolder = regexp.MustCompile(`PID (\d+)`)

// damages are the words of DuckDB for a file that it can't make sense of: a block
// whose checksum is wrong, a head that is none, a log that can't be played back.
var damages = []string{"Corrupt database file", "not a valid DuckDB database file", "Failure while replaying WAL", "Corrupt WAL file",
	"Failed to deserialize", "Serialization Error", "Failed to load metadata pointer", "Could not read enough bytes from file"}

// isDamage knows what DuckDB says of a damaged file from what it says of a wrong
// statement, which may quote anything.
func isDamage(err error) bool {
	if d := (*duckdb.Error)(nil); errors.As(err, &d) {
		switch d.Type {
		case duckdb.ErrorTypeConversion, duckdb.ErrorTypeInvalidInput, duckdb.ErrorTypeOutOfRange, duckdb.ErrorTypeParser,
			duckdb.ErrorTypeSyntax, duckdb.ErrorTypeBinder, duckdb.ErrorTypeCatalog:
			return false
		}
	}
	msg := err.Error()
	return slices.ContainsFunc(damages, func(words string) bool { return strings.Contains(msg, words) })
}

// classify gives errors the database the types that callers branch on.
func classify(path string, err error) error {
	if err == nil {
		return nil
	}
	msg := err.Error()
	switch {
	case strings.Contains(msg, "Could not set lock on file"), strings.Contains(msg, "being used by another process"):
		e := &LockedError{Path: path}
		if m := lockHolder.FindStringSubmatch(msg); m != nil {
			e.PID, _ = strconv.Atoi(m[1])
		}
		return e
	case errors.Is(err, syscall.ENOSPC), strings.Contains(msg, "No space left on device"), strings.Contains(msg, "not enough space on the disk"):
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case isDamage(err):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case strings.Contains(msg, "Permission denied"), strings.Contains(msg, "Read-only file system"):
		return ErrNotWritable // which path it is, the caller says
	}
	return err
}
