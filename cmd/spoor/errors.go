package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"spoor/loader/s3"
	"spoor/query"
	"spoor/ui/text"
)

// Exit status: 0 done, 1 a failure, 2 wrong usage, 3 done but with failed
// objects or verdicts.
const (
	exitDone    = 0
	exitFailure = 1
	exitUsage   = 2
	exitPartial = 3
)

// usageError is a mistake in the command line itself.
type usageError struct {
	err  error
	hint string
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{err: fmt.Errorf(format, args...)} }

// flagError says what a flag takes, in words rather than in those of strconv.
// Of an unknown one it names the nearest that the command has.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := query.Suggest(unknown.GetSpecifiedName(), names); near != "" {
			return usageError{err, "did you mean --" + near + "?"}
		}
		if unknown.GetSpecifiedShortnames() != "" && strings.Contains(cmd.Use, "FILTER") {
			return usageError{err, "-- ends the flags, a filter may then begin with -"}
		}
	}
	var wrong *pflag.InvalidValueError
	if !errors.As(err, &wrong) {
		return usageError{err: err}
	}
	takes := map[string]string{"int": "a whole number", "int64": "a whole number", "uint64": "a whole number", "bool": "true or false", "duration": "a length of time such as 30s or 5m"}
	f := wrong.GetFlag()
	if takes[f.Value.Type()] == "" {
		return usageError{err: err}
	}
	return usageError{fmt.Errorf("--%s takes %s, not %q", f.Name, takes[f.Value.Type()], wrong.GetValue()), "--" + f.Name + ": " + f.Usage}
}

// operand is Args for a command that takes one operand, called what. The hint
// says what to give.
func operand(what, hint string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) > 1:
			return usageError{fmt.Errorf("%s takes one %s, not %d", cmd.CommandPath(), what, len(args)), hint}
		case len(args) == 0 || strings.TrimSpace(args[0]) == "":
			return usageError{fmt.Errorf("no %s given", what), hint}
		}
		return nil
	}
}

// misread refuses an argument that was meant as a filter, such as -error:*, and
// would be taken for flags: -outcome:denied would write to the file
// utcome:denied.
func misread(args []string) error {
	for _, arg := range args {
		if arg == "--" {
			return nil
		}
		end := strings.IndexAny(arg, ":=<>!")
		if !strings.HasPrefix(arg, "-") || strings.HasPrefix(arg, "--") || end < 0 {
			continue
		}
		if _, ok := query.Lookup(arg[1:end]); ok || strings.Contains(arg[1:end], ".") {
			return usageError{fmt.Errorf("%s looks like a flag", arg), "-- ends the flags, a filter may then begin with -: spoor events -- '" + arg + "'"}
		}
	}
	return nil
}

// formatIn finds --format among arguments, for an error that came before all of
// them were read.
func formatIn(args []string) (format string) {
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if v, ok := strings.CutPrefix(arg, "--format="); ok {
			format = v
		} else if arg == "--format" && i+1 < len(args) {
			format = args[i+1]
		}
	}
	return format
}

// hinted adds what to do about an error.
type hinted struct {
	err  error
	hint string
}

func (e hinted) Error() string { return e.err.Error() }
func (e hinted) Unwrap() error { return e.err }

// finish prints err, if any, and returns the exit status.
func (a *app) finish(args []string, err error) int {
	if err == nil {
		return a.status
	}
	if errors.Is(err, syscall.EPIPE) {
		return exitDone // the reader of a pipe had enough
	}
	msg, hint := a.phrase(err)
	if a.flags.format == "" {
		a.flags.format = formatIn(args)
	}
	if a.flags.records() {
		line, _ := json.Marshal(struct {
			Error string `json:"error"`
			Hint  string `json:"hint"`
		}{msg, hint})
		fmt.Fprintln(a.errw, string(line))
	} else {
		fmt.Fprintln(a.errw, "spoor: "+cleanLines(msg))
		if hint != "" {
			fmt.Fprintln(a.errw, "  "+cleanLines(hint))
		}
	}
	var usage usageError
	var parse *query.ParseError
	if errors.As(err, &usage) || errors.As(err, &parse) || strings.HasPrefix(err.Error(), "unknown command") {
		return exitUsage
	}
	return exitFailure
}

// phrase says an error in plain words, and what to do about it.
func (a *app) phrase(err error) (msg, hint string) {
	var h hinted
	if errors.As(err, &h) {
		hint = h.hint
	}
	var u usageError
	if errors.As(err, &u) && hint == "" {
		hint = u.hint
	}
	if hint == "" {
		hint = hintFor(err)
	}
	return err.Error(), hint
}

// advised puts what to do about an error into its words, for the screen.
func (a *app) advised(err error) error {
	if err == nil {
		return nil
	}
	if _, hint := a.phrase(err); hint != "" {
		return fmt.Errorf("%w; %s", err, hint)
	}
	return err
}

// hintFor knows the errors of the system that need a word more.
func hintFor(err error) string {
	var remote *s3.Error
	switch {
	case errors.As(err, &remote):
		return remote.Hint
	case errors.Is(err, context.Canceled):
		return "stopped on request; running the same command again goes on where it stopped"
	case errors.Is(err, syscall.ENOSPC), strings.Contains(err.Error(), "No space left on device"):
		return "the disk is full: free some space and run the same command again; a load goes on where it stopped"
	case errors.Is(err, fs.ErrPermission):
		return "check the permissions of this path"
	}
	return storeHint(err)
}

// cleanLines makes text that may quote a log safe for the terminal, line by line.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = string(text.Clean(l))
	}
	return strings.Join(lines, "\n  ")
}
