package loadertest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A Server is an S3 service on this machine. Its buckets are the folders in
// Root, so a test may fill them by writing files.
type Server struct {
	Endpoint       string
	Root           string
	Access, Secret string
}

// StartServer runs versitygw, a real S3 service over a folder; where it isn't
// installed the test is skipped. It ends with the test.
func StartServer(t testing.TB) *Server {
	t.Helper()
	bin := findServer()
	if bin == "" {
		t.Skip("versitygw is not installed: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0")
	}
	s := &Server{Root: t.TempDir(), Access: "spoor-test", Secret: "spoor-test-secret"}
	addr := freePort(t)
	s.Endpoint = "http://" + addr
	var out bytes.Buffer
	cmd := exec.Command(bin, "--port", addr, "--quiet", "posix", "--versioning-dir", t.TempDir(), s.Root)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.Access, "ROOT_SECRET_KEY="+s.Secret, "VGW_REGION=us-east-1")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatalf("start versitygw: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	deadline := time.Now().Add(20 * time.Second)
	for {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return s
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("versitygw ended: %v\n%s", err, out.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("versitygw does not answer")
		}
	}
}

// Write puts files into a bucket, behind the server's back.
func (s *Server) Write(t testing.TB, bucket string, files map[string]string) {
	t.Helper()
	for key, data := range files {
		name := filepath.Join(s.Root, bucket, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func findServer() string {
	if p := os.Getenv("SPOOR_VERSITYGW"); p != "" {
		return p
	}
	if p, err := exec.LookPath("versitygw"); err == nil {
		return p
	}
	path, err := exec.Command("go", "env", "GOPATH").Output()
	if err != nil {
		return ""
	}
	p := filepath.Join(string(bytes.TrimSpace(path)), "bin", "versitygw")
	if _, err := os.Stat(p); err != nil {
		return ""
	}
	return p
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprintf("127.0.0.1:%d", l.Addr().(*net.TCPAddr).Port)
}
