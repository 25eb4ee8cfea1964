package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"spoor/query/store"
	"spoor/ui"
)

// choose shows the start screen and returns the sources to open; a case that was
// chosen becomes that of -c. Neither means that the reader left.
func (a *app) choose(ctx context.Context) (names []string, chosen bool, err error) {
	look, err := a.look()
	if err != nil {
		return nil, false, err
	}
	recent, err := a.recentCases()
	if err != nil {
		return nil, false, err
	}
	o := ui.StartOptions{Theme: look.Theme, Glyphs: look.Glyphs, Profile: look.Profile, Complete: completeSource}
	for _, c := range recent {
		o.Recent = append(o.Recent, a.recent(c))
	}
	o.Recent = append(o.Recent, ui.Recent{Name: "demo", Note: "a made-up incident to try spoor on", Choice: ui.Choice{Source: demoSource}})
	start := ui.NewStart(ctx, o)
	if _, err := tea.NewProgram(start, a.programOptions(ctx, nil)...).Run(); err != nil {
		return nil, false, err
	}
	switch c := start.Choice(); {
	case c.Case != "":
		a.flags.caseName = c.Case
		return nil, true, nil
	case c.Source == demoSource:
		a.flags.caseName = memoryCase
		return []string{demoSource}, true, nil
	case c.Source != "":
		return []string{c.Source}, true, nil
	}
	return nil, false, nil
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
const maxCompletions = 500

// completeSource lists the local files and folders whose names begin with what
// was typed.
func completeSource(ctx context.Context, typed string) ([]string, error) {
	if strings.Contains(typed, "://") {
		return nil, nil
	}
	path := typed
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(path, "~/") {
		path = home + path[1:]
	}
	dir, base := filepath.Split(path)
	from := dir
	if from == "" {
		from = "."
	}
	entries, err := os.ReadDir(from)
	if os.IsNotExist(err) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if ctx.Err() != nil || len(names) == maxCompletions {
			break
		}
		if !strings.HasPrefix(e.Name(), base) || base == "" && strings.HasPrefix(e.Name(), ".") {
			continue
		}
		name := dir + e.Name()
		if e.IsDir() {
			name += string(filepath.Separator)
		}
		names = append(names, name)
	}
	return names, err
}
