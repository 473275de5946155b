package consensus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/hashicorp/raft"
)

// Log is this node's part in the replicated catalog.
type Log struct {
	conf    Config
	raft    *raft.Raft
	machine *machine
	disk    *boltStore
	logs    raft.LogStore // disk within its time limit
	begun   atomic.Uint64 // Raft index of the newest command whose writing began
	closed  atomic.Bool
	done    chan struct{} // closed by Close
}

// Snapshot returns the catalog as this node has applied it.
func (l *Log) Snapshot() *catalog.Snapshot { return l.machine.catalog.Snapshot() }

// Propose has a command replicated and applied. What it returns is one of three things:
//
//   - nil: it is durable and applied here.
//   - an error of the catalog (Conflict, NotFound, ...): it was refused and changed nothing.
//   - Unavailable: "no-leader" or "busy" when it was never begun, so that it may be proposed again; "outcome-unknown" when it may
//     or may not take effect: read it back (Outcome) before doing anything else.
func (l *Log) Propose(ctx context.Context, c catalog.Command) (catalog.Result, error) {
	cmd := catalog.Encode(c)
	if len(cmd) > catalog.MaxCommandBytes {
		return catalog.Result{}, errs.New(errs.TooLarge, "command-too-large", "the catalog command has %d bytes, %d are allowed", len(cmd), catalog.MaxCommandBytes).
			WithHint("load in smaller pieces or with fewer partitions")
	}
	if l.closed.Load() {
		return catalog.Result{}, errClosing()
	}
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	deadline, _ := ctx.Deadline()
	if err := ctx.Err(); err != nil {
		return catalog.Result{}, neverBegun(err)
	}
	f := l.raft.Apply(cmd, max(time.Until(deadline), time.Millisecond))
	if err := wait(ctx, f); err != nil {
		return catalog.Result{}, l.proposeError(err)
	}
	out := f.Response().(outcome)
	return out.res, out.err
}

// bounded gives ctx a deadline if it has none.
func (l *Log) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, l.conf.ApplyTimeout)
}

// wait waits for a future or for ctx. The goroutine it leaves behind ends with the future, at the latest when Raft stops.
func wait(ctx context.Context, f raft.Future) error {
	done := make(chan error, 1)
	go func() { done <- f.Error() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// proposeError tells what was never begun from what may have happened.
func (l *Log) proposeError(err error) error {
	switch {
	case errors.Is(err, raft.ErrNotLeader), errors.Is(err, raft.ErrLeadershipTransferInProgress):
		return l.noLeader()
	case errors.Is(err, raft.ErrEnqueueTimeout):
		return neverBegun(err)
	}
	return errs.New(errs.Unavailable, "outcome-unknown", "the catalog command may or may not take effect: %w", err).
		WithHint("look whether it did before trying again")
}

func (l *Log) noLeader() error {
	e := errs.New(errs.Unavailable, "no-leader", "this node does not lead the catalog")
	if id, addr := l.Leader(); id != "" && id != l.conf.NodeID {
		return e.WithHint("send it to the leader, node %s at %s", id, addr)
	}
	return e.WithHint("no leader is known; try again in a second")
}

func neverBegun(err error) error {
	return errs.New(errs.Unavailable, "busy", "the catalog command was not begun in time: %w", err).WithHint("try again")
}

func errClosing() error {
	return errs.New(errs.Unavailable, "closing", "this node is shutting down").WithHint("send it to another node, or here once it is back")
}

// Barrier returns when everything committed before it was called is applied here. Only the leader can tell.
func (l *Log) Barrier(ctx context.Context) error {
	if l.closed.Load() {
		return errClosing()
	}
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	deadline, _ := ctx.Deadline()
	err := wait(ctx, l.raft.Barrier(max(time.Until(deadline), time.Millisecond)))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, raft.ErrNotLeader), errors.Is(err, raft.ErrLeadershipLost):
		return l.noLeader()
	}
	return errs.New(errs.Unavailable, "no-barrier", "the newest catalog state could not be confirmed: %w", err).WithHint("try again")
}

// Ready waits until there is a leader and, if that is this node, until it has applied all it holds.
func (l *Log) Ready(ctx context.Context) error {
	for {
		if id, _ := l.Leader(); id != "" && id != l.conf.NodeID {
			return nil
		} else if id != "" {
			if err := l.Barrier(ctx); err == nil || !errs.Is(err, errs.Unavailable) {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return errs.New(errs.Unavailable, "no-leader", "the catalog has no leader yet: %w", ctx.Err()).WithHint("wait, or look at the other nodes")
		case <-l.done:
			return errClosing()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Outcome finds out what became of a delivery whose commit ended with "outcome-unknown": once it returns without an error, the
// delivery is there (as it now stands) or never will be. For the same reason nothing may be deleted before.
func (l *Log) Outcome(ctx context.Context, delivery [16]byte) (*catalog.Delivery, bool, error) {
	if err := l.Barrier(ctx); err != nil {
		return nil, false, err
	}
	d, ok := l.Snapshot().Delivery(delivery)
	return d, ok, nil
}

// WaitIndex waits until this node has applied a catalog index.
func (l *Log) WaitIndex(ctx context.Context, index uint64) error {
	for {
		_, at, more := l.machine.find(index)
		if at != toCome {
			return nil
		}
		select {
		case <-more:
		case <-l.done:
			return errClosing()
		case <-ctx.Done():
			return errs.New(errs.Timeout, "index-wait", "catalog index %d has not come, the newest here is %d: %w", index, l.Snapshot().Index(), ctx.Err())
		}
	}
}

// Backup writes the whole catalog as of now: what Restore takes.
func (l *Log) Backup(w io.Writer) error { return l.Snapshot().Save(w) }

// Compact writes a snapshot now and deletes what it makes needless, trailing commands aside.
func (l *Log) Compact(ctx context.Context) error {
	if err := wait(ctx, l.raft.Snapshot()); err != nil && !errors.Is(err, raft.ErrNothingNewToSnapshot) {
		return fmt.Errorf("write a raft snapshot in %s: %w", l.conf.Dir, err)
	}
	return nil
}

// Leader returns the id and address of the leader as far as this node knows, empty strings for none.
func (l *Log) Leader() (id, address string) {
	a, i := l.raft.LeaderWithID()
	return string(i), string(a)
}

// IsLeader reports whether this node leads.
func (l *Log) IsLeader() bool { return l.raft.State() == raft.Leader }

// Status is what an operator asks first.
type Status struct {
	NodeID, State, LeaderID, LeaderAddress string
	Term, LastLog, Committed, Applied      uint64 // Raft's own indexes
	Index, Epoch                           uint64 // the catalog's
}

// Status returns where this node stands.
func (l *Log) Status() Status {
	id, addr := l.Leader()
	s := l.Snapshot()
	return Status{
		NodeID: l.conf.NodeID, State: l.raft.State().String(), LeaderID: id, LeaderAddress: addr,
		Term: l.raft.CurrentTerm(), LastLog: l.raft.LastIndex(), Committed: l.raft.CommitIndex(), Applied: l.raft.AppliedIndex(),
		Index: s.Index(), Epoch: s.Epoch(),
	}
}

// Close stops taking part. On a disk that hangs it gives up after three times the store's limit and says so.
func (l *Log) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	close(l.done)
	ctx, cancel := context.WithTimeout(context.Background(), 3*l.conf.StoreTimeout)
	defer cancel()
	if err := wait(ctx, l.raft.Shutdown()); err != nil {
		return fmt.Errorf("stop raft in %s: %w", l.conf.Dir, err)
	}
	var err error
	if t, ok := l.conf.Transport.(raft.WithClose); ok {
		err = t.Close()
	}
	return errors.Join(err, l.disk.close())
}

// logPath is the file of the log within the node's folder.
func logPath(dir string) string { return filepath.Join(dir, "raft.db") }
