package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/adrg/xdg"
)

// A theme taken on the screen is there next time; config.toml and --theme go
// before it, and config.toml is left as it is.
func TestThemeIsKept(t *testing.T) {
	state := xdg.StateHome
	xdg.StateHome = t.TempDir()
	t.Cleanup(func() { xdg.StateHome = state })
	a := &app{}
	theme := func() string {
		t.Helper()
		th, err := a.theme()
		if err != nil {
			t.Fatal(err)
		}
		if th == nil {
			return ""
		}
		return th.Name
	}
	keep := func(name, want string) {
		t.Helper()
		if said, err := a.keepTheme(name); err != nil || !strings.Contains(said, want) {
			t.Errorf("keep %s: %q, %v; want %q", name, said, err, want)
		}
	}
	if got := theme(); got != "" {
		t.Errorf("at first %q", got)
	}
	keep("light", "kept for next time")
	if got := theme(); got != "light" {
		t.Errorf("after light was kept: %q", got)
	}
	a.flags.theme = "auto"
	if got := theme(); got != "" {
		t.Errorf("with --theme auto: %q", got)
	}
	a.flags.theme, a.config.Theme = "high-contrast", "high-contrast"
	keep("mono", "config.toml says")
	if got := theme(); got != "high-contrast" {
		t.Errorf("with one in config.toml: %q", got)
	}
	a.flags.theme, a.config.Theme = "", ""
	if err := os.WriteFile(themeChoice.file(), []byte("gone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := theme(); got != "" {
		t.Errorf("of a theme that is gone: %q", got)
	}
	keep("auto", "")
	if left, _ := os.ReadDir(filepath.Dir(themeChoice.file())); len(left) != 0 {
		t.Errorf("auto leaves %v", left)
	}
	a.flags.theme = "gone"
	if _, err := a.theme(); err == nil {
		t.Error("a theme asked for by name may be missing")
	}
}

// The zone taken on the screen is there next time, unless one is asked for.
func TestZoneIsKept(t *testing.T) {
	state := xdg.StateHome
	xdg.StateHome = t.TempDir()
	t.Cleanup(func() { xdg.StateHome = state })
	a := &app{zone: time.UTC}
	for _, z := range []*time.Location{time.UTC, time.Local, time.Local, time.UTC} {
		if said, err := a.keepZone(z); err != nil || !strings.Contains(said, "kept for next time") {
			t.Errorf("keep %s: %q, %v", z, said, err)
		}
		if got := a.screenZone(); got != z {
			t.Errorf("after %s was kept: %s", z, got)
		}
	}
	if _, err := a.keepZone(time.Local); err != nil {
		t.Fatal(err)
	}
	a.zoneAsked = true
	if got := a.screenZone(); got != time.UTC {
		t.Errorf("with --tz UTC: %s", got)
	}
	if said, err := a.keepZone(time.UTC); err != nil || !strings.Contains(said, "for now") {
		t.Errorf("with --tz: %q, %v", said, err)
	}
}
