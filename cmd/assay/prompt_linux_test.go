package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// pty opens a pseudo-terminal: what the test holds, and what the command gets.
func pty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	t.Cleanup(func() { master.Close() })
	var unlock, n int32
	for request, arg := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &n} {
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(unsafe.Pointer(arg))); e != 0 {
			t.Skip("no pseudo-terminals here:", e)
		}
	}
	size := [4]uint16{24, 120} // rows and columns; a terminal without any gets no line editing
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); e != 0 {
		t.Skip("the pseudo-terminal takes no size:", e)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// screen is what a terminal has shown.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// wait returns once the screen shows text beyond what was there.
func (s *screen) wait(t *testing.T, from int, text string) int {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		shown := s.text.String()
		s.mu.Unlock()
		if i := strings.Index(shown[from:], text); i >= 0 {
			return from + i + len(text)
		}
		if time.Now().After(deadline) {
			t.Fatalf("the terminal never showed %q:\n%s", text, shown)
		}
	}
}

// TestPrompt drives assay sql as a person at a terminal does: a statement over two lines, an error, completion, ^C on a line and on a query
// that runs, and a way out; then the history is there.
func TestPrompt(t *testing.T) {
	n := start(t, filepath.Join(t.TempDir(), "data"))
	var csv strings.Builder
	csv.WriteString("hospital,note\n")
	for i := range 60_000 {
		fmt.Fprintf(&csv, "H%d,row %d\n", i%7, i)
	}
	if status, text := put(t, n.url, "labresults", "s", "p", []byte(csv.String())); status != 201 {
		t.Fatalf("load: %d %s", status, text)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	bin := filepath.Join(home, "assay")
	if err := os.Symlink(self, bin); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	master, slave := pty(t)
	cmd := exec.Command(bin, "sql")
	cmd.Env = append(os.Environ(), "ASSAY_URL="+n.url, "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"), "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &screen{}
	go io.Copy(s, master) // ends with the terminal
	write := func(text string) {
		if _, err := io.WriteString(master, text); err != nil {
			t.Fatal(err)
		}
	}
	at := s.wait(t, 0, "assay> ")
	write("SELECT COUNT(*) AS n\r")
	at = s.wait(t, at, "-> ")
	write("FROM labresults;\r")
	at = s.wait(t, at, "60000")
	at = s.wait(t, at, "assay> ")
	write("SELECT nothing FROM labresults;\r")
	at = s.wait(t, at, "error:")
	at = s.wait(t, at, "assay> ")
	write("SELECT COUNT(*)+1 FROM labr\t;\r")
	at = s.wait(t, at, "60001")
	at = s.wait(t, at, "assay> ")
	write("SELECT half a line\x03")
	at = s.wait(t, at, "assay> ")
	write("SELECT COUNT(*) FROM labresults WHERE REGEXP_REPLACE(REPEAT(note, 60), '(a|b|1)+x?', 'y') = 'no';\r")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if _, text := get(t, n.url+"/metrics"); strings.Contains(text, "assay_queries_running 1") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the query never ran")
		}
	}
	write("\x03")
	at = s.wait(t, at, "canceled")
	s.wait(t, at, "assay> ")
	write("\\q\r")
	if err := cmd.Wait(); err != nil {
		t.Errorf("the prompt ended with %v", err)
	}
	history, err := os.ReadFile(filepath.Join(home, "config", "assay", "history"))
	if err != nil || !strings.Contains(string(history), "SELECT COUNT(*) AS n FROM labresults;") {
		t.Errorf("history %q: %v", history, err)
	}
}
