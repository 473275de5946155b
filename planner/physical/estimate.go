package physical

import (
	"math/bits"
	"slices"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

// maxAsked bounds how many segments one estimate may look up in statistics files.
const maxAsked = 1024

// estimate reckons the compressed bytes of some columns of some segments. Of a delivery that is read whole the catalog knows the
// bytes per column. Of a part of one, the statistics files do; where they cannot be asked, each segment takes its share by rows,
// and segments of deliveries without figures count whole.
func (b *builder) estimate(columns []uint32, list []survivor) int64 {
	costs := map[schema.ID]*deliveryCost{}
	for _, seg := range list {
		for _, p := range seg.Parts {
			c, ok := costs[p.Delivery]
			if !ok {
				d, found := b.snap.Delivery(p.Delivery)
				c = newDeliveryCost(d, found, columns)
				costs[p.Delivery] = c
			}
			c.wanted += p.Rows
		}
	}
	total, asked := int64(0), 0
	for _, seg := range list {
		if b.opts.SegmentBytes != nil && asked < maxAsked && !everyPartWhole(costs, seg) {
			asked++
			if n, ok := b.opts.SegmentBytes(seg.Segment, columns); ok {
				total += n
				continue
			}
		}
		for _, p := range seg.Parts {
			total += costs[p.Delivery].share(seg.Segment, p)
		}
	}
	return total
}

func everyPartWhole(costs map[schema.ID]*deliveryCost, seg survivor) bool {
	for _, p := range seg.Parts {
		if !costs[p.Delivery].whole() {
			return false
		}
	}
	return true
}

// deliveryCost is what some columns of a whole delivery cost.
type deliveryCost struct {
	known       bool
	bytes, rows int64
	wanted      int64 // rows of it in the segments to read
	counted     bool  // whole, and in the estimate already
}

func (c *deliveryCost) whole() bool { return c.known && c.wanted == c.rows }

func newDeliveryCost(d *catalog.Delivery, found bool, columns []uint32) *deliveryCost {
	if !found || len(d.ColumnBytes) == 0 || d.Rows <= 0 {
		return &deliveryCost{}
	}
	c := &deliveryCost{known: true, rows: d.Rows}
	for _, k := range d.ColumnBytes {
		if slices.Contains(columns, k.Column) {
			c.bytes += k.Bytes
		}
	}
	return c
}

func (c *deliveryCost) share(seg *schema.Segment, p schema.Part) int64 {
	if !c.known {
		return mulDiv(seg.Bytes, p.Rows, max(seg.Rows, 1))
	}
	if !c.whole() {
		return mulDiv(c.bytes, p.Rows, c.rows)
	}
	if c.counted {
		return 0
	}
	c.counted = true
	return c.bytes
}

// mulDiv is a*b/c rounded up, exact also where a*b leaves 64 bits; a result past int64 is capped.
func mulDiv(a, b, c int64) int64 {
	if a <= 0 || b <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	lo, carry := bits.Add64(lo, uint64(c-1), 0)
	hi += carry
	if hi >= uint64(c) {
		return 1<<63 - 1
	}
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(min(q, 1<<63-1))
}
