package planner

import (
	"context"
	"sync"

	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// Statistics reads the statistics file that holds a segment's column sizes.
type Statistics interface {
	Stats(ctx context.Context, s *schema.Segment) (*segment.StatsFile, error)
}

// costs remembers the bytes per column of segments that estimates asked about: the file of one holds all of its partition and
// delivery. Segments never change, so nothing is ever stale.
type costs struct {
	from  Statistics
	mu    sync.Mutex
	known map[schema.ID]map[uint32]int64
}

// maxKnownCosts bounds what is remembered: about 60 MB at 16 columns.
const maxKnownCosts = 1 << 16

// bytes returns the compressed bytes of some columns of a segment, false when its statistics cannot be read.
func (c *costs) bytes(ctx context.Context, seg *schema.Segment, columns []uint32) (int64, bool) {
	sizes, ok := c.sizes(ctx, seg)
	total := int64(0)
	for _, id := range columns {
		total += sizes[id] // none of a column that is younger than the segment, or virtual
	}
	return total, ok
}

func (c *costs) sizes(ctx context.Context, seg *schema.Segment) (map[uint32]int64, bool) {
	c.mu.Lock()
	sizes, ok := c.known[seg.ID]
	c.mu.Unlock()
	if ok {
		return sizes, true
	}
	file, err := c.from.Stats(ctx, seg)
	if err != nil {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) > maxKnownCosts {
		clear(c.known)
	}
	for i := range file.Segments {
		s := &file.Segments[i]
		bytes := make(map[uint32]int64, len(s.Columns))
		for k := range s.Columns {
			bytes[s.Columns[k].Column] = s.Columns[k].Bytes
		}
		c.known[s.ID] = bytes
	}
	sizes, ok = c.known[seg.ID]
	return sizes, ok
}
