package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// server is assay serve in a process of its own.
type server struct {
	cmd   *exec.Cmd
	url   string
	said  strings.Builder // standard error; to be read after ended
	ended chan struct{}
}

// startTimeout is how long a server may take until it answers.
const startTimeout = 5 * time.Minute

func startServer(ctx context.Context, binary string, args []string) (*server, error) {
	s := &server{cmd: exec.CommandContext(ctx, binary, args...), ended: make(chan struct{})}
	pipe, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	ready := make(chan string, 1)
	go func() {
		defer close(s.ended)
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			if _, address, ok := strings.Cut(lines.Text(), "listening on "); ok {
				ready <- address
				continue
			}
			fmt.Fprintln(&s.said, lines.Text())
		}
		s.cmd.Wait()
	}()
	select {
	case s.url = <-ready:
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("%s serve ended at once: %s", binary, s.said.String())
	case <-time.After(startTimeout):
		return nil, errors.Join(fmt.Errorf("%s serve did not answer within %s", binary, startTimeout), s.cmd.Process.Kill())
	}
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		<-s.ended
		return fmt.Errorf("the server ended by itself: %w: %s", err, s.said.String())
	}
	<-s.ended
	return nil
}

// versionOf is what a binary says of itself.
func versionOf(ctx context.Context, binary string) (string, error) {
	out, err := exec.CommandContext(ctx, binary, "version").Output()
	if err != nil {
		return "", fmt.Errorf("%s version: %w", binary, err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimPrefix(first, "assay "), nil
}
