package consensus

import "github.com/hashicorp/raft"

// announcedStore tells of commands before they are written, so that what must stop being true by then can.
type announcedStore struct {
	raft.LogStore
	log *Log
}

// StoreLog stores one entry.
func (s *announcedStore) StoreLog(l *raft.Log) error { return s.StoreLogs([]*raft.Log{l}) }

// StoreLogs announces the commands among the entries, then stores them all.
func (s *announcedStore) StoreLogs(logs []*raft.Log) error {
	var newest uint64
	for _, l := range logs {
		if l.Type == raft.LogCommand {
			newest = l.Index
		}
	}
	if newest > 0 {
		s.log.begun.Store(newest)
		if before := s.log.conf.BeforeCommand; before != nil {
			if err := before(); err != nil {
				return err
			}
		}
	}
	return s.LogStore.StoreLogs(logs)
}

// Settled returns the catalog index here, and whether every command whose writing began is part of it: whether nothing newer can
// be in this node's log. BeforeCommand is called after a command has begun to count.
func (l *Log) Settled() (index uint64, settled bool) {
	begun := l.begun.Load()
	l.machine.mu.Lock()
	applied := l.machine.raftLast
	l.machine.mu.Unlock()
	return l.Snapshot().Index(), applied >= begun
}
