package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"spoor/loader"
)

// A walker goes through folders and yields files as objects.
type walker struct {
	ctx   context.Context
	scope loader.Scope
	opt   Options
	yield func(loader.Object, error) bool
	seen  map[string]bool // what was visited, nil when nothing can be met twice
}

// visit walks a folder or yields a file; false means to stop.
func (w *walker) visit(name string, dir bool) bool {
	if w.ctx.Err() != nil {
		return false
	}
	if w.seen != nil {
		if w.seen[name] {
			return true
		}
		w.seen[name] = true
	}
	if dir {
		return w.folder(name)
	}
	return w.file(name)
}

func (w *walker) folder(name string) bool {
	if isCase(name) {
		return w.skip(name, "a case of spoor's own; open it with -c")
	}
	// What could be read before an error is walked all the same.
	entries, err := os.ReadDir(name)
	if err != nil && !w.yield(loader.Object{Name: name}, errors.New("list folder: "+reason(err).Error())) {
		return false
	}
	for _, e := range entries {
		if !w.visit(filepath.Join(name, e.Name()), e.IsDir()) {
			return false
		}
	}
	return true
}

func (w *walker) file(name string) bool {
	info, err := os.Lstat(name)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if info, err = os.Stat(name); err == nil && info.IsDir() {
			return w.skip(name, "a link to a folder, not followed; name the folder itself to load it")
		}
		if errors.Is(err, fs.ErrNotExist) {
			return w.skip(name, "a link to nothing")
		}
	}
	if err != nil {
		return w.yield(loader.Object{Name: name}, errors.New("look at file: "+reason(err).Error()))
	}
	if kind := special(info.Mode()); kind != "" {
		return w.skip(name, kind+", not a file")
	}
	if !w.scope.Holds(filepath.ToSlash(name)) {
		return true
	}
	return w.yield(loader.Object{Name: name, Size: info.Size(), ModTime: info.ModTime().UTC(), Linked: w.opt.Link}, nil)
}

func (w *walker) skip(name, why string) bool {
	return w.yield(loader.Object{Name: name}, &loader.SkipError{Reason: why})
}

// special says what something is that is no regular file, "" when it is one.
func special(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return ""
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something special"
}

// isCase recognises a case folder, which may lie among the logs that it is of.
func isCase(dir string) bool {
	if !strings.HasSuffix(dir, ".spoor") {
		return false
	}
	_, err := os.Lstat(filepath.Join(dir, "case.duckdb"))
	return err == nil
}
