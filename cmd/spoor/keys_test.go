package main

import (
	"bytes"
	"strings"
	"testing"
)

// One table has all keys: no view's hides one of the root's, and each says
// what it does.
func TestKeysOfAllViewsAreApart(t *testing.T) {
	t.Parallel()
	m := allKeys()
	for _, p := range m.Problems() {
		t.Error(p)
	}
	var page bytes.Buffer
	if err := writeKeys(&page); err != nil {
		t.Fatal(err)
	}
	for _, s := range m.Keys() {
		for _, c := range s.Commands {
			if c.Help == "" || c.Title == "" || c.Group == "" {
				t.Errorf("%s lacks help, title or group", c.ID)
			}
			if !strings.Contains(page.String(), c.Help) {
				t.Errorf("the page of keys lacks %s", c.ID)
			}
		}
	}
}
