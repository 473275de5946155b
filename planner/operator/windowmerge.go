package operator

import (
	"context"

	"github.com/assaydb/assay/storage/batch"
)

// stretchRows is about how many sorted rows are computed at once.
const stretchRows = 8 * batch.MaxRows

// windowMerge cuts sorted rows into stretches of whole partitions.
type windowMerge struct {
	of       *windowing
	in       puller
	cols     []*batch.Builder
	rows     int
	most     int // rows from which on to look for the end of a partition
	done     bool
	reserved int64
}

func newWindowMerge(w *windowing, in puller) *windowMerge {
	m := &windowMerge{of: w, in: in}
	m.begin(&batch.Batch{}, 0)
	return m
}

// begin starts a stretch with the rows of a batch from one on.
func (m *windowMerge) begin(b *batch.Batch, from int) {
	m.cols, m.rows, m.most = m.cols[:0], b.Len-from, stretchRows
	for i, f := range m.of.in.fields {
		c := batch.NewBuilder(f.Type, 0)
		if b.Len > from {
			c.Append(b.Cols[i].Slice(from, b.Len), nil)
		}
		m.cols = append(m.cols, c)
	}
}

func (m *windowMerge) next(ctx context.Context) (*batch.Batch, error) {
	for !m.done {
		b, err := m.in.next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			m.done = true
			return m.rest()
		}
		for i, c := range m.cols {
			c.Append(b.Cols[i], b.Sel)
		}
		m.rows += b.Alive()
		fits := m.account()
		if fits && m.rows < m.most {
			continue
		}
		if out := m.cut(); out != nil {
			return out, nil
		}
		if !fits {
			return nil, memoryExceeded(m.of.run.grant, "a partition of a window")
		}
	}
	return nil, nil
}

// rest is the last stretch.
func (m *windowMerge) rest() (*batch.Batch, error) {
	if m.rows == 0 {
		return nil, nil
	}
	return &batch.Batch{Len: m.rows, Cols: finishAll(m.cols)}, nil
}

// cut gives the rows before the last partition, which may not be whole; nil when there are none.
func (m *windowMerge) cut() *batch.Batch {
	b := &batch.Batch{Len: m.rows, Cols: finishAll(m.cols)}
	same := m.of.order[:len(m.of.node.Partition)]
	at := b.Len - 1
	for at > 0 && same.compare(b, at-1, b, b.Len-1) == 0 {
		at--
	}
	m.begin(b, at)
	if at == 0 {
		m.most = 2 * b.Len
		return nil
	}
	out := &batch.Batch{Len: at}
	for _, c := range b.Cols {
		out.Cols = append(out.Cols, c.Slice(0, at))
	}
	return out
}

// account reserves for the rows of a stretch and once more for what is computed from them.
func (m *windowMerge) account() bool {
	n := int64(0)
	for _, c := range m.cols {
		n += 3 * c.MemBytes()
	}
	n += int64(m.rows * 16 * len(m.of.node.Calls))
	want := (n + accountStep - 1) / accountStep * accountStep
	if want <= m.reserved {
		return true
	}
	if !m.of.run.grant.Reserve(want - m.reserved) {
		return false
	}
	m.of.stats.hold(want - m.reserved)
	m.reserved = want
	return true
}
