package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
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
