package rival

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Spec says which engine to start.
type Spec struct {
	Engine  string // duckdb or clickhouse
	Modules string // folder that Find returned
	Folder  string // where the engine keeps its data; created if it does not exist
	Threads int
}

// Worker is one engine in its own process.
type Worker struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	pipe   *os.File
	out    *bufio.Reader
	stderr bytes.Buffer
	ended  chan struct{}
}

// Refused is a statement that the engine answered with an error.
type Refused struct {
	Engine string
	Detail string
}

func (r *Refused) Error() string { return r.Engine + ": " + r.Detail }

// Column is a result's column, with the type in the engine's own words.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Reply is what a worker answers; which fields are set depends on the request.
type Reply struct {
	Columns []Column    `json:"columns"`
	Rows    [][]*string `json:"rows"`
	WallMS  float64     `json:"wall_ms"`
	CPUMS   float64     `json:"cpu_ms"`
	Version string      `json:"version"`
	Error   string      `json:"error"`
}

// Start runs an engine on its folder. The context bounds the whole life of the process.
func Start(ctx context.Context, s Spec) (*Worker, error) {
	if err := os.MkdirAll(s.Folder, 0o755); err != nil {
		return nil, fmt.Errorf("create folder of %s: %w", s.Engine, err)
	}
	worker := filepath.Join(s.Folder, "worker.mjs")
	if err := os.WriteFile(worker, script, 0o644); err != nil {
		return nil, fmt.Errorf("write worker of %s: %w", s.Engine, err)
	}
	w := &Worker{name: s.Engine, ended: make(chan struct{})}
	w.cmd = exec.CommandContext(ctx, "node", worker, s.Engine, s.Modules, s.Folder, strconv.Itoa(s.Threads))
	w.cmd.Stderr = &w.stderr
	in, err := w.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Engine, err)
	}
	// A pipe of our own: StdoutPipe's would be closed by Wait while an answer may still be read.
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Engine, err)
	}
	w.in, w.pipe, w.out, w.cmd.Stdout = in, read, bufio.NewReaderSize(read, 1<<20), write
	err = w.cmd.Start()
	write.Close() // the process has its own: while this one is open, its end could not be seen
	if err != nil {
		read.Close()
		return nil, fmt.Errorf("start %s: %w", s.Engine, err)
	}
	go func() {
		w.cmd.Wait()
		close(w.ended)
	}()
	if _, err := w.Ask("version", ""); err != nil {
		w.Kill()
		return nil, err
	}
	return w, nil
}

// PID is the process.
func (w *Worker) PID() int { return w.cmd.Process.Pid }

// Ask has the worker do one thing: run, rows, time, version or close.
func (w *Worker) Ask(do, sql string) (*Reply, error) {
	request, err := json.Marshal(map[string]string{"do": do, "sql": sql})
	if err != nil {
		return nil, err
	}
	if _, err := w.in.Write(append(request, '\n')); err != nil {
		return nil, w.died(err)
	}
	line, err := w.out.ReadBytes('\n')
	if err != nil {
		return nil, w.died(err)
	}
	reply := &Reply{}
	if err := json.Unmarshal(line, reply); err != nil {
		return nil, fmt.Errorf("%s: %w: %.200s", w.name, err, line)
	}
	if reply.Error != "" {
		return nil, &Refused{Engine: w.name, Detail: reply.Error}
	}
	return reply, nil
}

// died tells how the process ended; only then may its standard error be read.
func (w *Worker) died(err error) error {
	w.Kill()
	return fmt.Errorf("%s ended: %w: %s", w.name, err, bytes.TrimSpace(w.stderr.Bytes()))
}

// Close has the engine write what it holds and waits for its end.
func (w *Worker) Close() error {
	_, err := w.Ask("close", "")
	if err == nil {
		<-w.ended
		w.pipe.Close()
	}
	return err
}

// Kill ends the process at once; it may be called again.
func (w *Worker) Kill() {
	if err := w.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return
	}
	<-w.ended
	w.pipe.Close()
}
