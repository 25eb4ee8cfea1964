package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"os/user"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/adrg/xdg"
)

func main() {
	if os.Args[0] == guardName {
		standGuard(os.Stdin, os.Stdout, os.Args[1:])
		return
	}
	if os.Getenv("GOGC") == "" {
		// A load makes much text that lives shortly and holds no pointer:
		// collecting twice as often costs little and saves a quarter of the
		// peak memory.
		debug.SetGCPercent(50)
	}
	knowHome()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// knowHome looks the home directory up where the environment does not name one, as
// under cron: cases would be kept in the root of the file system.
func knowHome() {
	if os.Getenv("HOME") != "" || runtime.GOOS == "windows" {
		return
	}
	if u, err := user.Current(); err == nil && os.Setenv("HOME", u.HomeDir) == nil {
		xdg.Reload()
	}
}

// run is the program without the process around it; it returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	a := newApp(in, out, errw)
	root := newRoot(a)
	root.SetArgs(args)
	err := misread(args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	return a.finish(args, err)
}
