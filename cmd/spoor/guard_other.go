//go:build !unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

func apart() *syscall.SysProcAttr { return nil }

func ignoreSignals() { signal.Ignore(os.Interrupt) }
