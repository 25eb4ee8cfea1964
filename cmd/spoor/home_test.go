package main

import (
	"os"
	"os/user"
	"strings"
	"testing"

	"github.com/adrg/xdg"
)

// Without HOME, as under cron, cases are kept where they are with it.
func TestHomeIsLookedUp(t *testing.T) {
	u, err := user.Current()
	if err != nil || u.HomeDir == "" {
		t.Skip("this user has no home directory: ", err)
	}
	t.Cleanup(xdg.Reload) // when the environment is as it was
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "")
	knowHome()
	if got := os.Getenv("HOME"); got != u.HomeDir || !strings.HasPrefix(xdg.StateHome, u.HomeDir) {
		t.Errorf("home is %q, state %q, want those of %q", got, xdg.StateHome, u.HomeDir)
	}
}
