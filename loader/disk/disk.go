// Package disk lists and opens log files on the local machine: single files,
// folders with all that is in them, glob patterns, standard input, and zip
// archives in memory.
//
// A folder of evidence is not to be trusted: links to folders are not followed,
// pipes and devices are never opened, and what is left out is said.
package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/bmatcuk/doublestar/v4"

	"spoor/loader"
)

// Options say how a source on disk is read.
type Options struct {
	// Link marks objects as linked: the case refers to the file instead of
	// keeping a copy. It has no effect on members of archives.
	Link bool
}

// Open returns the source that an operand of the command line names: a file, a
// folder or a glob pattern (with ** for any depth). A file whose name looks like
// a pattern wins over the pattern. The error wraps fs.ErrNotExist when nothing
// is there, fs.ErrPermission when it may not be read.
func Open(operand string, opt Options) (loader.Source, error) {
	abs, err := filepath.Abs(operand)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", operand, err)
	}
	info, err := os.Stat(abs)
	switch {
	case err == nil:
		return newTree(operand, abs, info, opt)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(operand, "*?[{"):
		return newGlob(operand, abs, opt)
	}
	return nil, fmt.Errorf("open %s: %w", operand, reason(err))
}

// reason takes the path off an error of package os; it is in the message.
func reason(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// A tree is a file or a folder.
type tree struct {
	origin
	dir bool
}

func newTree(operand, abs string, info fs.FileInfo, opt Options) (*tree, error) {
	if kind := special(info.Mode()); kind != "" && !info.IsDir() {
		return nil, fmt.Errorf("open %s: is %s, not a file or folder", operand, kind)
	}
	f, err := openFile(abs) // so that a refusal is known at once
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", operand, reason(err))
	}
	f.Close()
	return &tree{origin{abs, opt}, info.IsDir()}, nil
}

func (s *tree) Objects(ctx context.Context, scope loader.Scope) iter.Seq2[loader.Object, error] {
	return func(yield func(loader.Object, error) bool) {
		w := &walker{ctx: ctx, scope: scope, opt: s.opt, yield: yield}
		w.visit(s.path, s.dir)
	}
}

func (s *tree) Covers(name string) bool {
	return name == s.path || s.dir && strings.HasPrefix(name, strings.TrimSuffix(s.path, string(filepath.Separator))+string(filepath.Separator))
}

// A glob is all that matches a pattern; matching folders are walked.
type glob struct{ origin }

func newGlob(operand, abs string, opt Options) (*glob, error) {
	g := &glob{origin{abs, opt}}
	matches, err := g.matches()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", operand, err)
	}
	if len(matches) == 0 {
		return nil, fmt.Errorf("open %s: nothing matches: %w", operand, fs.ErrNotExist)
	}
	return g, nil
}

// matches expands the pattern. Like a shell it looks only where it may.
func (s *glob) matches() ([]string, error) {
	return doublestar.FilepathGlob(s.path, doublestar.WithNoFollow())
}

func (s *glob) Objects(ctx context.Context, scope loader.Scope) iter.Seq2[loader.Object, error] {
	return func(yield func(loader.Object, error) bool) {
		names, err := s.matches()
		if err != nil {
			yield(loader.Object{Name: s.path}, err)
			return
		}
		w := &walker{ctx: ctx, scope: scope, opt: s.opt, yield: yield, seen: map[string]bool{}}
		for _, name := range names {
			if !w.visit(name, isDir(name)) {
				return
			}
		}
	}
}

// Covers reports whether the name, or a folder that it lies in, matches.
func (s *glob) Covers(name string) bool {
	for {
		if doublestar.PathMatchUnvalidated(s.path, name) {
			return true
		}
		up := filepath.Dir(name)
		if up == name {
			return false
		}
		name = up
	}
}

func isDir(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.IsDir()
}

// origin is what trees and globs share. The path is absolute, pattern or not: a
// case remembers its sources by it, and may be opened from another folder.
type origin struct {
	path string
	opt  Options
}

func (s origin) String() string { return s.path }

func (s origin) Open(ctx context.Context, o loader.Object) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := openFile(o.Name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, fmt.Errorf("%s is not a file any more", o.Name))
	}
	return f, nil
}

// openFile never waits: what was a file when it was listed may be a pipe by now.
func openFile(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
