package physical

import (
	"math/bits"
	"slices"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

// estimate reckons the compressed bytes of some columns of some segments from the catalog's bytes per column and delivery, each
// segment taking its share by rows. Segments of deliveries without such figures count whole.
func (b *builder) estimate(columns []uint32, list []survivor) int64 {
	perDelivery := map[schema.ID]deliveryCost{}
	total := int64(0)
	for _, seg := range list {
		for _, p := range seg.Parts {
			c, ok := perDelivery[p.Delivery]
			if !ok {
				d, found := b.snap.Delivery(p.Delivery)
				c = newDeliveryCost(d, found, columns)
				perDelivery[p.Delivery] = c
			}
			total += c.share(seg.Segment, p)
		}
	}
	return total
}

// deliveryCost is what some columns of a whole delivery cost.
type deliveryCost struct {
	known       bool
	bytes, rows int64
}

func newDeliveryCost(d *catalog.Delivery, found bool, columns []uint32) deliveryCost {
	if !found || len(d.ColumnBytes) == 0 || d.Rows <= 0 {
		return deliveryCost{}
	}
	c := deliveryCost{known: true, rows: d.Rows}
	for _, k := range d.ColumnBytes {
		if slices.Contains(columns, k.Column) {
			c.bytes += k.Bytes
		}
	}
	return c
}

func (c deliveryCost) share(seg *schema.Segment, p schema.Part) int64 {
	if !c.known {
		return mulDiv(seg.Bytes, p.Rows, max(seg.Rows, 1))
	}
	return mulDiv(c.bytes, p.Rows, c.rows)
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
