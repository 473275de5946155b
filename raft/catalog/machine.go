package catalog

import (
	"sync/atomic"

	"github.com/assaydb/assay/storage/errs"
)

// Machine is the catalog's state machine. Apply, ApplyBatch, Load and BumpEpoch belong to one goroutine at a time; Snapshot and
// Save may be called from any.
type Machine struct {
	state     *state
	published atomic.Pointer[Snapshot]
}

// New returns the empty catalog: index 0, epoch 1.
func New() *Machine {
	m := &Machine{state: newState()}
	m.publish()
	return m
}

// Snapshot returns the state after the newest command. It costs one atomic load.
func (m *Machine) Snapshot() *Snapshot { return m.published.Load() }

// publish lets readers see the state as it is now.
func (m *Machine) publish() {
	view := m.state.freeze()
	m.published.Store(&Snapshot{state: view, index: view.index})
}

// Apply does one command. An error is a refusal: it has a kind, is the same on every node, and nothing has changed.
func (m *Machine) Apply(cmd []byte) (Result, error) {
	res, err := m.apply(cmd)
	m.publish()
	return res, err
}

// ApplyBatch does commands one after another, calling done with the outcome of each, and lets readers see them all at once. It
// is the faster form: what several commands touch is copied once.
func (m *Machine) ApplyBatch(cmds [][]byte, done func(i int, res Result, err error)) {
	for i, cmd := range cmds {
		res, err := m.apply(cmd)
		done(i, res, err)
	}
	m.publish()
}

func (m *Machine) apply(cmd []byte) (Result, error) {
	c, err := Decode(cmd)
	if err != nil {
		return Result{Index: m.state.index}, err
	}
	return m.state.apply(c)
}

// BumpEpoch begins a new epoch, as a restored catalog must: its indexes may have meant something else after the backup.
func (m *Machine) BumpEpoch() {
	m.state.epoch++
	m.publish()
}

// apply does one command whole or, with an error, not at all: every method below checks first and then changes what it must.
func (s *state) apply(c Command) (res Result, err error) {
	switch c := c.(type) {
	case *PutTable:
		res, err = s.applyPutTable(c)
	case *DropTable:
		err = s.applyDropTable(c)
	case *CommitDelivery:
		res, err = s.applyCommit(c)
	case *RevertDelivery:
		res, err = s.applyRevert(c)
	case *PutMember:
		err = s.applyPutMember(c)
	case *RemoveMember:
		err = s.applyRemoveMember(c)
	case *PurgeExpired:
		res = s.applyPurge(c)
	case *SetRetention:
		err = s.applySetRetention(c)
	case *PutDocument:
		err = s.applyPutDocument(c)
	case *Compact:
		res, err = s.applyCompact(c)
	case *HoldDelivery:
		res, err = s.applyHold(c)
	case *DecideDelivery:
		res, err = s.applyDecide(c)
	default:
		err = errs.New(errs.Invalid, "unknown-command", "the catalog has no command %T", c)
	}
	res.Index = s.index
	return res, err
}

// begin gives the command under way its index and moves the clock on. It returns the clock.
func (s *state) begin(at int64) int64 {
	s.index++
	s.clock = max(s.clock, at)
	return s.clock
}

func (s *state) applyPutMember(c *PutMember) error {
	if c.Member.ID == "" {
		return errs.New(errs.Invalid, "bad-member", "a member needs an id")
	}
	if old, ok := s.members.get(stringKey(c.Member.ID)); ok && old == c.Member {
		return nil
	}
	s.begin(0)
	s.putMember(c.Member)
	return nil
}

func (s *state) applyRemoveMember(c *RemoveMember) error {
	if _, ok := s.members.get(stringKey(c.ID)); !ok {
		return errs.New(errs.NotFound, "unknown-member", "there is no member %q", c.ID)
	}
	s.begin(0)
	s.removeMember(c.ID)
	return nil
}

func (s *state) applySetRetention(c *SetRetention) error {
	if c.Micros < 0 {
		return errs.New(errs.Invalid, "bad-retention", "the retention cannot be negative, got %d microseconds", c.Micros)
	}
	if c.Micros != s.retention {
		s.begin(0)
		s.retention = c.Micros
	}
	return nil
}
