//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// apart keeps the guard out of the reach of keys and of what is sent to all
// processes of a job.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// ignoreSignals lets the guard end by its pipe alone. A process in the background
// that sets up the terminal is stopped, unless it ignores SIGTTOU (termios(3)).
func ignoreSignals() {
	signal.Ignore(syscall.SIGTTOU, syscall.SIGTTIN, syscall.SIGTSTP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
}
