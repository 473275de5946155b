package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"assay": main})
}

// node is a server in this process.
type testNode struct {
	url  string
	stop context.CancelFunc
	done chan int
}

// start runs assay serve on a folder and waits until it answers.
func start(t testing.TB, data string, flags ...string) *testNode {
	t.Helper()
	a := &app{terminal: terminal{in: nil, out: io.Discard, err: io.Discard, lookup: func(string) (string, bool) { return "", false }}}
	ctx, stop := context.WithCancel(context.Background())
	n := &testNode{stop: stop, done: make(chan int, 1)}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	a.err = log
	ready := make(chan string, 1)
	cmd := a.serveCommand()
	if err := cmd.ParseFlags(append([]string{"--data", data, "--http", "127.0.0.1:0"}, flags...)); err != nil {
		t.Fatal(err)
	}
	settings, err := a.settings(cmd, "")
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		err := a.serve(ctx, settings, func(address string) { ready <- address })
		failed <- err
		n.done <- exitCode(ctx, err)
		log.Close()
	}()
	select {
	case n.url = <-ready:
	case err := <-failed:
		t.Fatalf("the node did not start: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the node did not start in a minute")
	}
	t.Cleanup(n.close)
	return n
}

// close stops the node and waits for its end; it may be called twice.
func (n *testNode) close() {
	n.stop()
	if n.done != nil {
		<-n.done
		n.done = nil
	}
}

// TestScripts runs the command line in testdata/script against a node of their own; one that wants other settings starts it itself.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			n := start(env.T().(testing.TB), filepath.Join(env.WorkDir, ".node"), "--inbox-roots", env.WorkDir)
			env.Defer(n.close)
			env.Setenv("ASSAY_URL", n.url)
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
		Condition: nil,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code":  code,
			"until": until,
		},
	})
}

// until runs a command again and again until its output matches: until 'PATTERN' assay inbox list.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN command...")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		ts.Check(ts.Exec(args[1], args[2:]...))
		text := ts.ReadFile("stdout")
		if pattern.MatchString(text) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("in a minute there was no %s, at last\n%s", args[0], text)
		}
	}
}

// code runs a command and compares its exit code: code 2 assay sql -o xml.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}
