package mirror

import (
	"context"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
)

// maxPending is how many log entries may wait to be shipped in memory. The rest stay in the catalog's own log until there is room.
const maxPending = 1000

// follow listens to the catalog from where the mirrored log ends.
func (m *Mirror) follow(ctx context.Context) {
	select {
	case <-m.opened:
	case <-ctx.Done():
		return
	}
	for {
		err := m.cfg.Catalog.Applied(ctx, m.followFrom(), func(index uint64, command []byte) error {
			return m.applied(ctx, index, command)
		})
		switch {
		case ctx.Err() != nil:
			return
		case errs.Is(err, errs.Gone):
			m.skipLog()
			continue
		}
		m.log.Warn("the mirror cannot follow the catalog and will try again", "error", err)
		select {
		case <-time.After(jitter(m.cfg.MaxBackoff)):
		case <-ctx.Done():
			return
		}
	}
}

func (m *Mirror) followFrom() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(m.shipped.tail, m.heard)
}

// skipLog gives up on entries that are compacted away: a snapshot takes their place, and since nobody heard what they moved,
// everything is compared.
func (m *Mirror) skipLog() {
	newest := m.cfg.Catalog.Snapshot().Index()
	m.mu.Lock()
	m.pending, m.gap, m.full, m.heard = nil, true, true, newest
	m.mu.Unlock()
	m.poke()
}

// applied takes note of a command, waiting for room when too many are not shipped yet.
func (m *Mirror) applied(ctx context.Context, index uint64, command []byte) error {
	m.mu.Lock()
	for len(m.pending) >= maxPending {
		room := m.room
		m.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
		m.mu.Lock()
	}
	m.pending = append(m.pending, entry{index, command})
	m.heard = index
	m.mark(command)
	m.mu.Unlock()
	m.poke()
	return nil
}

// mark notes which deliveries a command may have moved. mu is held.
func (m *Mirror) mark(command []byte) {
	if m.full {
		return
	}
	c, err := catalog.Decode(command)
	if err != nil {
		m.full = true
		return
	}
	switch c := c.(type) {
	case *catalog.CommitDelivery:
		m.dirty[c.Delivery.ID] = true
	case *catalog.RevertDelivery:
		m.dirty[c.Delivery] = true
	case *catalog.Compact:
		m.dirty[c.ID] = true
	case *catalog.PutMember, *catalog.RemoveMember:
	default:
		m.full = true
	}
}
