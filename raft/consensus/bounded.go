package consensus

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"
)

// errDiskHangs is what a store operation gives when the disk did not answer in time. Whether it took effect is unknown.
var errDiskHangs = errors.New("the disk does not answer")

// boundedStore gives up on operations that take longer than its limit. Without it a leader whose disk hangs goes on sending
// heartbeats and leads for ever; an error makes it step down.
//
// An operation that was given up still runs. Writes behind it fail at the limit too until it ends, so that the order of writes
// on disk stays the order in which Raft asked for them.
type boundedStore struct {
	raft.LogStore
	limit   time.Duration
	writing chan struct{} // holds one token while a write runs
	trimmed func(first, last uint64)
}

func newBoundedStore(inner raft.LogStore, limit time.Duration, trimmed func(first, last uint64)) *boundedStore {
	return &boundedStore{LogStore: inner, limit: limit, writing: make(chan struct{}, 1), trimmed: trimmed}
}

// IsMonotonic says that the log has no gaps.
func (b *boundedStore) IsMonotonic() bool { return true }

// StoreLog stores one entry.
func (b *boundedStore) StoreLog(l *raft.Log) error { return b.StoreLogs([]*raft.Log{l}) }

// StoreLogs stores entries or gives up. The entries are copied: Raft may use its own again once this returns.
func (b *boundedStore) StoreLogs(logs []*raft.Log) error {
	own := make([]*raft.Log, len(logs))
	for i, l := range logs {
		c := *l
		own[i] = &c
	}
	return b.write(func() error { return b.LogStore.StoreLogs(own) })
}

// DeleteRange deletes entries or gives up.
func (b *boundedStore) DeleteRange(first, last uint64) error {
	err := b.write(func() error { return b.LogStore.DeleteRange(first, last) })
	if err == nil {
		b.trimmed(first, last)
	}
	return err
}

// GetLog reads an entry or gives up.
func (b *boundedStore) GetLog(index uint64, l *raft.Log) error {
	type answer struct {
		log raft.Log
		err error
	}
	done := make(chan answer, 1)
	go func() {
		var a answer
		a.err = b.LogStore.GetLog(index, &a.log)
		done <- a
	}()
	timer := time.NewTimer(b.limit)
	defer timer.Stop()
	select {
	case a := <-done:
		if a.err == nil {
			*l = a.log
		}
		return a.err
	case <-timer.C:
		return b.hangs("read")
	}
}

func (b *boundedStore) write(op func() error) error {
	timer := time.NewTimer(b.limit)
	defer timer.Stop()
	select {
	case b.writing <- struct{}{}:
	case <-timer.C:
		return b.hangs("write")
	}
	done := make(chan error, 1)
	go func() {
		err := op()
		<-b.writing
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return b.hangs("write")
	}
}

func (b *boundedStore) hangs(what string) error {
	return fmt.Errorf("raft log: %s took longer than %v: %w", what, b.limit, errDiskHangs)
}
