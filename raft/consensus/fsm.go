package consensus

import (
	"io"
	"sync"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/hashicorp/raft"
)

// machine is Raft's state machine: it hands commands to the catalog and remembers where in the log each catalog index came from.
type machine struct {
	catalog *catalog.Machine

	mu       sync.Mutex
	raftLast uint64        // newest Raft index applied
	raftTerm uint64        // its term
	base     uint64        // catalog index before positions[0]
	position []uint64      // Raft index of each catalog index after base
	advanced chan struct{} // closed and replaced when commands were applied
}

var _ raft.BatchingFSM = (*machine)(nil)

func newMachine() *machine {
	return &machine{catalog: catalog.New(), advanced: make(chan struct{})}
}

// outcome is what Raft carries from the state machine to whoever proposed.
type outcome struct {
	res catalog.Result
	err error
}

// Apply applies one entry.
func (m *machine) Apply(l *raft.Log) any { return m.ApplyBatch([]*raft.Log{l})[0] }

// ApplyBatch applies entries and lets readers see them all at once.
func (m *machine) ApplyBatch(logs []*raft.Log) []any {
	out := make([]any, len(logs))
	cmds, at := make([][]byte, 0, len(logs)), make([]int, 0, len(logs))
	for i, l := range logs {
		if l.Type == raft.LogCommand {
			cmds, at = append(cmds, l.Data), append(at, i)
		}
	}
	index := m.catalog.Snapshot().Index()
	var positions []uint64
	failpoint.Hit("catalog/applying")
	m.catalog.ApplyBatch(cmds, func(i int, res catalog.Result, err error) {
		out[at[i]] = outcome{res, err}
		if res.Index > index {
			index = res.Index
			positions = append(positions, logs[at[i]].Index)
		}
	})
	last := logs[len(logs)-1]
	m.advance(last.Index, last.Term, positions)
	failpoint.Hit("catalog/applied")
	return out
}

func (m *machine) advance(index, term uint64, positions []uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.raftLast, m.raftTerm = index, term
	m.position = append(m.position, positions...)
	close(m.advanced)
	m.advanced = make(chan struct{})
}

// place is where a catalog index is in the log.
type place uint8

const (
	inLog place = iota
	toCome
	compacted
)

// find returns the Raft index of a catalog index; for one to come, what is closed when there is more.
func (m *machine) find(index uint64) (uint64, place, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case index <= m.base:
		return 0, compacted, nil
	case index > m.base+uint64(len(m.position)):
		return 0, toCome, m.advanced
	}
	return m.position[index-m.base-1], inLog, nil
}

// trim forgets the positions of deleted entries.
func (m *machine) trim(first, last uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for n < len(m.position) && m.position[n] >= first && m.position[n] <= last {
		n++
	}
	m.base += uint64(n)
	m.position = append([]uint64(nil), m.position[n:]...)
}

// Snapshot returns an immutable view; it is written while commands go on being applied.
func (m *machine) Snapshot() (raft.FSMSnapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &view{m.catalog.Snapshot(), m.raftLast, m.raftTerm}, nil
}

// Restore replaces the state by a snapshot's.
func (m *machine) Restore(rc io.ReadCloser) error {
	head, err := readHead(rc)
	if err != nil {
		return err
	}
	if err := m.catalog.Load(rc); err != nil {
		return err
	}
	m.mu.Lock()
	m.base, m.position = m.catalog.Snapshot().Index(), nil
	m.mu.Unlock()
	m.advance(head.index, head.term, nil)
	return nil
}

// view is a snapshot on its way to a file or another node.
type view struct {
	catalog     *catalog.Snapshot
	index, term uint64
}

// Persist writes the snapshot.
func (v *view) Persist(sink raft.SnapshotSink) error {
	_, err := sink.Write(appendHead(nil, head{v.index, v.term}))
	if err == nil {
		err = v.catalog.Save(sink)
	}
	if err != nil {
		_ = sink.Cancel()
		return err
	}
	return sink.Close()
}

// Release does nothing: the view is garbage like any other.
func (v *view) Release() {}

// reset goes back to the empty catalog, after a damaged snapshot that the log replaces as a whole.
func (m *machine) reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.catalog, m.base, m.position, m.raftLast, m.raftTerm = catalog.New(), 0, nil, 0, 0
}
