package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"spoor/loader/loadgen"
)

// openPTY returns both ends of a new pseudo-terminal (pty(7), ioctl_tty(2)).
func openPTY(tb testing.TB, columns, rows int) (us, them *os.File) {
	tb.Helper()
	us, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		tb.Skip("no pseudo-terminals here: ", err)
	}
	tb.Cleanup(func() { us.Close() })
	n, err := unix.IoctlGetInt(int(us.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(us.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(us.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(columns), Row: uint16(rows)})
	}
	if err != nil {
		tb.Fatal(err)
	}
	them, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return us, them
}

// benchLogs is where SPOOR_BENCH_LOGS says, or invents 300,000 events.
func benchLogs(b *testing.B) string {
	if dir := os.Getenv("SPOOR_BENCH_LOGS"); dir != "" {
		return dir
	}
	dir := filepath.Join(b.TempDir(), "logs")
	if _, err := loadgen.Generate(dir, loadgen.Options{Events: 300_000}); err != nil {
		b.Fatal(err)
	}
	return dir
}

// From a key to the frame that shows it, on a real pseudo-terminal of 200x50,
// while a load runs and each key starts a search of all records anew. The budget
// is 50 ms. On a machine with other work the distribution says more than the
// greatest.
func BenchmarkKeyToFrame(b *testing.B) {
	path, err := binary()
	if err != nil {
		b.Fatal(err)
	}
	logs := benchLogs(b)
	us, them := openPTY(b, 200, 50)
	cmd := exec.Command(path, "-c", filepath.Join(b.TempDir(), "x.spoor"), logs)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = them, them, them
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	them.Close()
	b.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	out := readAll(us)
	out.until(b, "Facets")
	fmt.Fprint(us, `/"`)
	var took []time.Duration
	const keys = "абвгдежзийклмнопрстуфхцчшщъыьэюяαβγδεζηθικλμνξοπρσςτυφχψω"
	for _, r := range keys {
		time.Sleep(60 * time.Millisecond) // as fast as people type
		began := time.Now()
		fmt.Fprint(us, string(r))
		out.until(b, string(r))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*95/100]), "p95-ms")
	b.ReportMetric(ms(took[len(took)-1]), "max-ms")
	b.ReportMetric(0, "ns/op")
	stat, _ := os.ReadFile("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/status")
	for l := range bytes.Lines(stat) {
		if bytes.HasPrefix(l, []byte("VmRSS")) {
			b.Log(string(bytes.TrimSpace(l)))
		}
	}
}

// output is what comes from a terminal, piece by piece.
type output chan []byte

func readAll(f *os.File) output {
	out := make(output, 10_000)
	go func() {
		defer close(out)
		for {
			buf := make([]byte, 64<<10)
			n, err := f.Read(buf)
			if err != nil {
				return
			}
			out <- buf[:n]
		}
	}()
	return out
}

// until reads on to a piece that holds text.
func (o output) until(b *testing.B, text string) {
	b.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case piece, ok := <-o:
			if !ok {
				b.Fatalf("the program ended before it showed %q", text)
			}
			if bytes.Contains(piece, []byte(text)) {
				return
			}
		case <-deadline:
			b.Fatalf("the terminal never got %q", text)
		}
	}
}
