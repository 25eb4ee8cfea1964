package main

import (
	"testing"

	"spoor/query"
	"spoor/query/store"
	"spoor/ui"
	"spoor/ui/queries"
	"spoor/ui/sessions"
	"spoor/ui/timeline"
)

// One table has all keys: no view's hides one of the root's, and each says
// what it does.
func TestKeysOfAllViewsAreApart(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), store.Memory, store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	m := ui.New(t.Context(), ui.Options{Case: db, Views: []ui.View{
		{Title: "Timeline", Pane: timeline.New(db)}, {Title: "Sessions", Pane: sessions.New(db)},
		{Title: "Queries", Pane: queries.New(db, query.Builtin(), queryFiles)},
	}})
	for _, p := range m.Problems() {
		t.Error(p)
	}
	for _, c := range m.Keys() {
		if c.Help == "" || c.Title == "" || c.Group == "" {
			t.Errorf("%s lacks help, title or group", c.ID)
		}
	}
}
