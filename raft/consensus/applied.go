package consensus

import (
	"context"
	"errors"

	"github.com/assaydb/assay/storage/errs"
	"github.com/hashicorp/raft"
)

// Applied calls fn, in the caller's goroutine, with every command that changed the catalog after the given index, in order and
// without gaps, and goes on until ctx ends, fn fails or the node closes. Commands that were refused or changed nothing have no
// index and are left out.
//
// When the commands are not in the log any more the error is Gone, "log-compacted": ship a snapshot and go on from its index.
// The bytes belong to fn.
func (l *Log) Applied(ctx context.Context, after uint64, fn func(index uint64, cmd []byte) error) error {
	for index := after + 1; ; index++ {
		at, err := l.locate(ctx, index)
		if err != nil {
			return err
		}
		var entry raft.Log
		err = l.logs.GetLog(at, &entry)
		if errors.Is(err, raft.ErrLogNotFound) {
			return errCompacted(index)
		}
		if err != nil {
			return err
		}
		if err := fn(index, entry.Data); err != nil {
			return err
		}
	}
}

// locate waits for a catalog index and returns where in the log it is.
func (l *Log) locate(ctx context.Context, index uint64) (uint64, error) {
	for {
		at, where, more := l.machine.find(index)
		switch where {
		case inLog:
			return at, nil
		case compacted:
			return 0, errCompacted(index)
		}
		select {
		case <-more:
		case <-l.done:
			return 0, errClosing()
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

func errCompacted(index uint64) error {
	return errs.New(errs.Gone, "log-compacted", "catalog command %d is not in the log any more", index).
		WithHint("ship a snapshot and go on from its index")
}
