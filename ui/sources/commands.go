package sources

import (
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"spoor/query"
	"spoor/ui/pane"
	"spoor/ui/text"
)

// Commands implements pane.Pane.
func (v *View) Commands() []pane.Command {
	do := pane.Doer("sources")
	return append(append(v.moves(), pane.Pivots("sources", "the object, or the account of the map, under the cursor", 0, v.nothing, v.pick)...),
		do("open", "about the object", "Say all that is known of the object", "Look", 1, v.noObject, v.open, "enter"),
		do("events", "its events", "Open the events of the object, or of the account and region", "Look", 2, v.nothing, v.events, "e"),
		do("add", "add source", "Load one more file, folder, archive or s3:// address", "Take", 3, v.noLoader, v.add, "a"),
		do("retry", "retry failed", "Load again what failed", "Take", 4, v.noFailed, v.retry, "r"),
		do("outcome", "by outcome", "List all objects, or only those loaded, skipped or failed", "Look", 5, v.onMap, v.turn, "s"),
		do("name", "by name", "List objects whose name contains a text", "Look", 6, v.onMap, v.byName, "F"),
		do("map", "map", "Change between the objects and the map of what is covered", "Look", 7, nil, v.turnMap, "space"),
		do("copy", "copy name", "Copy the name of the object", "Take", 0, v.noObject, v.copy, "y"),
	)
}

// moves are the movements of whichever list is shown.
func (v *View) moves() []pane.Command {
	onMap := v.cells.Commands("sources", func() (pane.Intent, tea.Cmd) { return nil, nil })
	list := v.objects.Commands("sources", v.moved)
	return pane.Whichever(list, func() []pane.Command {
		if v.isMap {
			return onMap
		}
		return list
	})
}

func (v *View) noObject() string {
	if v.isMap {
		return "space goes back to the objects"
	}
	if _, ok := v.objects.Current(); !ok {
		return "no object is listed"
	}
	return ""
}

func (v *View) nothing() string {
	if v.isMap {
		if _, ok := v.cells.Current(); !ok {
			return "the map is empty"
		}
		return ""
	}
	return v.noObject()
}

func (v *View) noLoader() string {
	if v.loader == nil {
		return "nothing can be loaded here"
	}
	return ""
}

// noFailed says why there is nothing to try again; what failed is listed first.
func (v *View) noFailed() string {
	if whole := v.outcome == "" && v.name == ""; whole && len(v.rows) > 0 && v.rows[0].Outcome != "failed" {
		return "no object failed"
	}
	return v.noLoader()
}

func (v *View) onMap() string {
	if v.isMap {
		return "space goes back to the objects"
	}
	return ""
}

// open tells all that is known of an object.
func (v *View) open() (pane.Intent, tea.Cmd) {
	o, ok := v.objects.Current()
	if !ok || v.isMap {
		return nil, nil
	}
	lines := []text.Safe{
		text.Clean(o.Name), "",
		"outcome     " + text.Clean(o.Outcome),
	}
	add := func(label text.Safe, value string) {
		if value != "" {
			lines = append(lines, text.Pad(label, 12, "")+text.Clean(value))
		}
	}
	add("reason", o.Reason)
	add("events", fmt.Sprintf("%d kept, %d already known, %d unreadable", o.Events, o.Duplicates, o.Invalid))
	add("form", o.Carrier)
	add("size", fmt.Sprintf("%d bytes stored, %d unpacked", o.Stored, o.Unpacked))
	add("SHA-256", o.SHA256)
	for _, t := range []struct {
		label text.Safe
		at    time.Time
	}{{"modified", o.Modified}, {"loaded", o.Loaded}} {
		if !t.at.IsZero() {
			add(t.label, t.at.In(v.state.Zone).Format("2006-01-02 15:04:05 MST"))
		}
	}
	if o.Gone {
		add("note", "no longer in its source; its events stay")
	}
	add("notes", strings.Join(o.Notes, "; "))
	return pane.Read{Title: "Object", Lines: lines}, nil
}

// pick filters by the object under the cursor; on the map by its account, as a
// region alone is none of its lines.
func (v *View) pick(how pane.How) pane.Intent {
	if v.isMap {
		s, _ := v.cells.Current()
		return pane.Pick{Field: "account", Value: query.Value{Text: s.Account, Null: s.Account == ""}, How: how}
	}
	o, _ := v.objects.Current()
	return pane.Pick{Field: "object", Value: query.Value{Text: o.Name}, How: how}
}

// events opens the events of what is under the cursor.
func (v *View) events() (pane.Intent, tea.Cmd) {
	var f query.Filter
	var err error
	if s, ok := v.cells.Current(); v.isMap && ok {
		f, err = query.Is("account", query.Value{Text: s.Account, Null: s.Account == ""})
		if err == nil && s.Region != "" {
			f, err = f.Only("region", query.Value{Text: s.Region})
		}
	} else if o, ok := v.objects.Current(); ok {
		f, err = query.Is("object", query.Value{Text: o.Name})
	}
	if err != nil {
		return pane.Say{Text: text.Clean(err.Error()), Bad: true}, nil
	}
	return pane.Evidence{Filter: f}, nil
}

func (v *View) add() (pane.Intent, tea.Cmd) {
	l := v.loader
	return pane.Ask{Title: "Add a source", Help: "a file, folder, glob, archive or s3://bucket/prefix", Done: func(s string) (pane.Intent, tea.Cmd, error) {
		if s == "" {
			return nil, nil, errors.New("name a source, or esc")
		}
		return nil, func() tea.Msg { return startedMsg{said: "loading " + text.CleanLine(s, 100), err: l.Add(s)} }, nil
	}}, nil
}

func (v *View) retry() (pane.Intent, tea.Cmd) {
	k, l := v.keeper, v.loader
	return nil, func() tea.Msg {
		if len(k.Objects(query.ObjectRequest{Outcome: "failed", N: 1})) == 0 {
			return pane.Done{Said: "no object failed"}
		}
		return startedMsg{said: "loading again what failed", err: l.Retry()}
	}
}

// turn lists the next outcome.
func (v *View) turn() (pane.Intent, tea.Cmd) {
	next := map[string]string{"": "failed", "failed": "skipped", "skipped": "loaded", "loaded": ""}
	v.outcome = next[v.outcome]
	return nil, v.relist()
}

func (v *View) byName() (pane.Intent, tea.Cmd) {
	return pane.Ask{Title: "Objects whose name contains", Initial: v.name, Done: func(s string) (pane.Intent, tea.Cmd, error) {
		v.name = s
		return nil, v.relist(), nil
	}}, nil
}

func (v *View) relist() tea.Cmd {
	v.rows, v.more = nil, false
	v.objects.Set(nil)
	return v.list(nil, pageSize)
}

func (v *View) turnMap() (pane.Intent, tea.Cmd) {
	v.isMap = !v.isMap
	return nil, v.refresh()
}

func (v *View) copy() (pane.Intent, tea.Cmd) {
	o, _ := v.objects.Current()
	return pane.Copy{What: "object name", Text: o.Name}, nil
}
