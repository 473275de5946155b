package node

import (
	"context"

	"github.com/assaydb/assay/node/compact"
)

func (n *Node) openCompactor(context.Context) error {
	cfg := compact.Config{
		Store: n.store, Catalog: n.catalog, TempDir: n.path(spillDir), Logger: n.log.With("part", "compact"),
		Policy: compact.Policy{TargetBytes: n.settings.CompactTarget}, MemoryBytes: n.settings.CompactMemory, Every: n.settings.CompactEvery,
		Busy: func(drafts int) bool { return len(n.engine.Running()) > 0 || n.store.Drafts() > drafts },
	}
	if n.mirror != nil {
		cfg.Mirror = n.mirror
	}
	n.compact = compact.New(cfg)
	return nil
}

// Compact merges a table's small segments and returns when none is left to merge.
func (n *Node) Compact(ctx context.Context, table uint32, report func(done, total int64)) (any, error) {
	return n.compact.Table(ctx, table, report)
}

// Compacted counts what compaction has done since the start.
func (n *Node) Compacted(what string) float64 {
	st := n.compact.Stats()
	switch what {
	case "jobs":
		return float64(st.Jobs)
	case "refused":
		return float64(st.Refused)
	case "failed":
		return float64(st.Failed)
	case "segments_in":
		return float64(st.SegmentsIn)
	case "segments_out":
		return float64(st.SegmentsOut)
	case "bytes_in":
		return float64(st.BytesIn)
	case "bytes_out":
		return float64(st.BytesOut)
	case "rows":
		return float64(st.Rows)
	case "seconds":
		return st.Busy.Seconds()
	}
	panic("BUG: compaction counts no " + what)
}
