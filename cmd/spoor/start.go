package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"spoor/loader"
	"spoor/loader/s3"
	"spoor/query/store"
	"spoor/ui"
)

// askWhatToOpen shows the start screen, until something could be opened or the
// reader left, and then the screen of what was.
func (a *app) askWhatToOpen(ctx context.Context, scope loader.Scope) error {
	o, err := a.startOptions()
	if err != nil {
		return err
	}
	for {
		start := ui.NewStart(ctx, o)
		if _, err := paced(start, a.programOptions(ctx, nil)...).Run(); err != nil {
			return err
		}
		c := start.Choice()
		if c == (ui.Choice{}) {
			return nil
		}
		opened, err := a.open(ctx, a.chosen(c))
		if err == nil {
			return a.show(ctx, opened, scope)
		}
		a.flags.caseName = ""
		o.Typed, o.Err = c.Source, err
		if hint := hintFor(err); hint != "" {
			o.Err = fmt.Errorf("%w; %s", err, hint)
		}
	}
}

func (a *app) startOptions() (ui.StartOptions, error) {
	look, err := a.look()
	if err != nil {
		return ui.StartOptions{}, err
	}
	recent, err := a.recentCases()
	if err != nil {
		return ui.StartOptions{}, err
	}
	o := ui.StartOptions{Theme: look.Theme, Glyphs: look.Glyphs, Profile: look.Profile, Complete: a.newCompleter().complete}
	for _, c := range recent {
		o.Recent = append(o.Recent, a.recent(c))
	}
	o.Recent = append(o.Recent,
		ui.Recent{Name: "demo", Note: "a made-up incident to try spoor on", Choice: ui.Choice{Source: demoSource}},
		ui.Recent{Name: "s3://", Note: "list the buckets that your AWS profile may see", Type: "s3://"},
		ui.Recent{Name: "./", Note: "list the files and folders here", Type: "./"})
	return o, nil
}

// chosen turns a choice into names of sources; a case becomes that of -c.
func (a *app) chosen(c ui.Choice) []string {
	switch {
	case c.Case != "":
		a.flags.caseName = c.Case
		return nil
	case c.Source == demoSource:
		a.flags.caseName = memoryCase
	}
	return []string{atHome(c.Source)}
}

// atHome writes out the ~ that a shell would have.
func atHome(path string) string {
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(path, "~/") {
		return home + path[1:]
	}
	return path
}

// recent describes a case by what was loaded into it and when it was used.
func (a *app) recent(c recentCase) ui.Recent {
	r := ui.Recent{Name: filepath.Base(c.Path), Note: c.Used.In(a.zone).Format("2006-01-02 15:04"), Choice: ui.Choice{Case: c.Path}}
	if info, err := store.ReadInfo(c.Path); err == nil && len(info.Sources) > 0 {
		r.Name = strings.Join(info.Sources, ", ")
	}
	return r
}

// maxCompletions bounds how many names the start screen lists.
const maxCompletions = 1000

// completer lists what a typed source can go on to.
type completer struct{ buckets *s3.Browser }

func (a *app) newCompleter() completer {
	return completer{s3.NewBrowser(a.s3Options())}
}

// typingPause is how long the typing must rest before S3 is asked: longer than
// between two keys, shorter than one notices.
const typingPause = 250 * time.Millisecond

func (c completer) complete(ctx context.Context, typed string) (ui.Completion, error) {
	switch {
	case !strings.Contains(typed, ":/"):
		return completeFile(ctx, typed)
	case !strings.HasPrefix(typed, "s3://"):
		return ui.Completion{}, nil
	}
	select {
	case <-time.After(typingPause):
	case <-ctx.Done():
		return ui.Completion{}, ctx.Err()
	}
	names, more, err := c.buckets.Browse(ctx, typed)
	return ui.Completion{Names: names, More: more}, err
}

// completeFile lists the files and folders whose names begin with what was typed.
func completeFile(ctx context.Context, typed string) (c ui.Completion, err error) {
	dir, base := filepath.Split(typed)
	from := atHome(dir)
	if from == "" {
		from = "."
	}
	entries, err := os.ReadDir(from)
	if os.IsNotExist(err) {
		return c, nil
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), base) || base == "" && strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if c.More = ctx.Err() != nil || len(c.Names) == maxCompletions; c.More {
			break
		}
		name := dir + e.Name()
		if isFolder(filepath.Join(from, e.Name()), e) {
			name += string(filepath.Separator)
		}
		c.Names = append(c.Names, name)
	}
	return c, err
}

// isFolder follows a link, as opening it would.
func isFolder(path string, e os.DirEntry) bool {
	if e.Type()&os.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
