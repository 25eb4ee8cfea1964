package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the program itself, for scripts and for
// tests that kill it.
func TestMain(m *testing.M) {
	if os.Args[0] == guardName {
		main()
		return
	}
	if os.Getenv("SPOOR_TEST_BREAKS") != "" {
		breakDown()
		main()
	}
	testscript.Main(cleaning{m}, map[string]func(){"spoor": main})
}

// cleaning removes the program that terminal tests built.
type cleaning struct{ *testing.M }

func (c cleaning) Run() int {
	status := c.M.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	return status
}

// The scripts in testdata/scripts are sessions at a shell, each with its files.
func TestScripts(t *testing.T) {
	t.Parallel()
	shared, _ := filepath.Abs("../../../shared/data")
	demoZip, _ := filepath.Abs("../../testdata/demo/demo.zip")
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "scripts"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			env.Setenv("SHARED", shared)
			env.Setenv("DEMO", demoZip)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			_, err := os.Stat(shared)
			return cond == "shared" && err == nil, nil
		},
	})
}
