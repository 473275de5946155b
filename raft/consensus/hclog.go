package consensus

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// raftLogger lets hashicorp/raft log through slog. It is one level quieter (its "info" is our debug: elections of a healthy
// start) and passes numbers, names and errors on, never bytes or structures, which could hold data.
type raftLogger struct {
	out     *slog.Logger
	name    string
	implied []any
}

func newRaftLogger(l *slog.Logger) hclog.Logger { return &raftLogger{out: l, name: "raft"} }

var _ hclog.Logger = (*raftLogger)(nil)

// Log writes one message.
func (l *raftLogger) Log(level hclog.Level, msg string, args ...any) {
	lv := slogLevel(level)
	if l.out.Enabled(context.Background(), lv) {
		l.out.Log(context.Background(), lv, l.name+": "+msg, clean(append(l.implied[:len(l.implied):len(l.implied)], args...))...)
	}
}

func slogLevel(level hclog.Level) slog.Level {
	switch level {
	case hclog.Error:
		return slog.LevelError
	case hclog.Warn:
		return slog.LevelInfo
	case hclog.Info:
		return slog.LevelDebug
	}
	return slog.LevelDebug - 4
}

// clean keeps what may be logged.
func clean(args []any) []any {
	kept := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case string, bool, int, int64, uint64, float64, error:
			kept[i] = a
		case fmt.Stringer:
			kept[i] = a.String()
		default:
			kept[i] = fmt.Sprintf("(%T)", a)
			if fmt.Sprintf("%T", a) == "raft.ServerID" || fmt.Sprintf("%T", a) == "raft.ServerAddress" {
				kept[i] = fmt.Sprint(a)
			}
		}
	}
	return kept
}

// Trace and the others below write at their level.
func (l *raftLogger) Trace(msg string, args ...any) { l.Log(hclog.Trace, msg, args...) }

// Debug writes at debug level.
func (l *raftLogger) Debug(msg string, args ...any) { l.Log(hclog.Debug, msg, args...) }

// Info writes at info level.
func (l *raftLogger) Info(msg string, args ...any) { l.Log(hclog.Info, msg, args...) }

// Warn writes at warning level.
func (l *raftLogger) Warn(msg string, args ...any) { l.Log(hclog.Warn, msg, args...) }

// Error writes at error level.
func (l *raftLogger) Error(msg string, args ...any) { l.Log(hclog.Error, msg, args...) }

func (l *raftLogger) enabled(level hclog.Level) bool {
	return l.out.Enabled(context.Background(), slogLevel(level))
}

// IsTrace and the others below report whether a level is written at all.
func (l *raftLogger) IsTrace() bool { return l.enabled(hclog.Trace) }

// IsDebug reports whether debug messages are written.
func (l *raftLogger) IsDebug() bool { return l.enabled(hclog.Debug) }

// IsInfo reports whether info messages are written.
func (l *raftLogger) IsInfo() bool { return l.enabled(hclog.Info) }

// IsWarn reports whether warnings are written.
func (l *raftLogger) IsWarn() bool { return l.enabled(hclog.Warn) }

// IsError reports whether errors are written.
func (l *raftLogger) IsError() bool { return l.enabled(hclog.Error) }

// ImpliedArgs returns what With added.
func (l *raftLogger) ImpliedArgs() []any { return l.implied }

// With returns a logger that adds args to every message.
func (l *raftLogger) With(args ...any) hclog.Logger {
	c := *l
	c.implied = append(c.implied[:len(c.implied):len(c.implied)], args...)
	return &c
}

// Name returns the logger's name.
func (l *raftLogger) Name() string { return l.name }

// Named returns a logger whose name is extended.
func (l *raftLogger) Named(name string) hclog.Logger { return l.ResetNamed(l.name + "." + name) }

// ResetNamed returns a logger of another name.
func (l *raftLogger) ResetNamed(name string) hclog.Logger {
	c := *l
	c.name = name
	return &c
}

// SetLevel does nothing: the slog handler decides.
func (l *raftLogger) SetLevel(hclog.Level) {}

// GetLevel returns the lowest level that is written.
func (l *raftLogger) GetLevel() hclog.Level {
	for level := hclog.Trace; level < hclog.Error; level++ {
		if l.enabled(level) {
			return level
		}
	}
	return hclog.Error
}

// StandardLogger returns a standard logger that writes here.
func (l *raftLogger) StandardLogger(opts *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(l.StandardWriter(opts), "", 0)
}

// StandardWriter returns a writer of lines.
func (l *raftLogger) StandardWriter(*hclog.StandardLoggerOptions) io.Writer { return lineWriter{l} }

type lineWriter struct{ l *raftLogger }

func (w lineWriter) Write(b []byte) (int, error) {
	w.l.Warn(string(b))
	return len(b), nil
}
