package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
)

// This is the slow path of AND and OR: an operand failed, and whether that matters is known only when the other operands have been
// asked. What they leave open is tried again, in ever smaller parts: an error that remains on a single row is the query's.

// cancelled returns the error of a query that was stopped; its operands are not asked again.
func (n *logicNode) cancelled() error {
	if n.stop == nil {
		return nil
	}
	return n.stop()
}

// filterLate narrows rows by operands some of which fail, and appends those that pass all to dst.
func (n *logicNode) filterLate(b *batch.Batch, rows []int32, args []node, dst []int32) ([]int32, error) {
	open := kernel.SelectValid(nil, nil, rows, b.Len)
	failed, err := args, error(nil)
	for before := len(args) + 1; len(failed) > 0 && len(failed) < before; {
		before = len(failed)
		if open, failed, err = n.filterOnce(b, open, failed); len(open) == 0 {
			return dst, nil
		}
		if stop := n.cancelled(); stop != nil {
			return nil, stop
		}
	}
	switch {
	case len(failed) == 0:
		return append(dst, open...), nil
	case len(failed) == 1 || len(open) == 1:
		return nil, err
	}
	half := len(open) / 2
	if dst, err = n.filterLate(b, open[:half], failed, dst); err != nil {
		return nil, err
	}
	return n.filterLate(b, open[half:], failed, dst)
}

// filterOnce asks each operand about the rows that are open, and returns those left and the operands that failed.
func (n *logicNode) filterOnce(b *batch.Batch, open []int32, args []node) (left []int32, failed []node, last error) {
	for _, a := range args {
		got, err := filterNode(a, b, someOf(open, b), make([]int32, 0, len(open)))
		if err != nil {
			failed, last = append(failed, a), err
			continue
		}
		if open = got; len(open) == 0 {
			return open, nil, nil
		}
	}
	return open, failed, last
}

// evalLate settles the open rows of out by operands some of which fail. A row that is NULL by another operand stays so.
func (n *logicNode) evalLate(out *batch.Vector, b *batch.Batch, open []int32, args []node, decides int64) error {
	failed, err := args, error(nil)
	for before := len(args) + 1; len(failed) > 0 && len(failed) < before; {
		before = len(failed)
		if open, failed, err = n.evalOnce(out, b, open, failed, decides); len(open) == 0 {
			return nil
		}
		if stop := n.cancelled(); stop != nil {
			return stop
		}
	}
	switch {
	case len(failed) == 0:
		return nil
	case len(open) == 1 && out.IsNull(int(open[0])):
		return nil
	case len(open) == 1:
		return err
	}
	half := len(open) / 2
	if err := n.evalLate(out, b, open[:half], failed, decides); err != nil {
		return err
	}
	return n.evalLate(out, b, open[half:], failed, decides)
}

// evalOnce lets each operand settle what it can of the open rows, and returns the rows left and the operands that failed.
func (n *logicNode) evalOnce(out *batch.Vector, b *batch.Batch, open []int32, args []node, decides int64) (left []int32, failed []node, last error) {
	for _, a := range args {
		v, err := a.eval(b, someOf(open, b))
		if err != nil {
			failed, last = append(failed, a), err
			continue
		}
		if open = n.settle(out, unrun(v), open, decides); len(open) == 0 {
			return open, nil, nil
		}
	}
	return open, failed, last
}
