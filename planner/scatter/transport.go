package scatter

import (
	"bytes"
	"context"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/batch"
)

// Local runs fragments in this process.
type Local struct {
	node string
	env  operator.Env
}

// NewLocal returns a transport to this process under a node's name.
func NewLocal(node string, env operator.Env) *Local { return &Local{node: node, env: env} }

// Node returns the name.
func (l *Local) Node() string { return l.node }

// Run starts the fragment.
func (l *Local) Run(ctx context.Context, f *fragment.Fragment, inputs operator.Inputs) (operator.Stream, error) {
	s, err := operator.Run(ctx, l.env, f, inputs)
	if err != nil {
		return nil, err
	}
	return &named{Stream: s, node: l.node}, nil
}

// named says in the statistics which node ran a stage.
type named struct {
	operator.Stream
	node string
}

func (n *named) Stats() *operator.Stats {
	s := n.Stream.Stats()
	if s != nil {
		s.Node = n.node
	}
	return s
}

// Loopback runs fragments in this process through their wire forms, as a network would: the fragment is encoded and decoded, and
// every batch becomes an Arrow IPC frame and back.
type Loopback struct{ local *Local }

// NewLoopback returns a loopback under a node's name.
func NewLoopback(node string, env operator.Env) *Loopback {
	return &Loopback{local: NewLocal(node, env)}
}

// Node returns the name.
func (l *Loopback) Node() string { return l.local.node }

// Run sends the fragment round.
func (l *Loopback) Run(ctx context.Context, f *fragment.Fragment, inputs operator.Inputs) (operator.Stream, error) {
	sent, err := fragment.Append(nil, f)
	if err != nil {
		return nil, err
	}
	received, err := fragment.Decode(sent)
	if err != nil {
		return nil, err
	}
	s, err := l.local.Run(ctx, received, inputs)
	if err != nil {
		return nil, err
	}
	w := &wire{Stream: s}
	w.out = batch.NewFrameWriter(&w.buf, s.Fields())
	w.in = batch.NewFrameReader(&w.buf, s.Fields())
	return w, nil
}

// wire passes every batch through a frame.
type wire struct {
	operator.Stream
	buf bytes.Buffer
	out *batch.FrameWriter
	in  *batch.FrameReader
}

func (w *wire) Next(ctx context.Context) (*batch.Batch, error) {
	if w.buf.Len() == 0 {
		b, err := w.Stream.Next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		if err := w.out.Write(b); err != nil {
			return nil, err
		}
	}
	return w.in.Next()
}
