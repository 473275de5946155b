package storage

import (
	"time"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
)

// filter applies the steps one after another to the rows that are left. When one cannot be computed for some row, those behind it
// decide together with it: a row that one of them excludes needs no answer from the others.
func (r *scanReader) filter(lo, hi int, sel []int32) ([]int32, error) {
	watched := r.order.left > 0
	for k, i := range r.order.steps {
		if sel != nil && len(sel) == 0 {
			break
		}
		if r.answered(i) {
			continue
		}
		in, begin := hi-lo, time.Time{}
		if sel != nil {
			in = len(sel)
		}
		if watched {
			begin = time.Now()
		}
		if err := r.columnsOf(i, lo, hi); err != nil {
			return nil, err
		}
		got, err := r.programs[i].Filter(&batch.Batch{Cols: r.cols, Len: hi - lo, Sel: sel})
		if err != nil && k+1 < len(r.programs) && r.stopped() == nil {
			return r.filterRest(k, lo, hi, sel)
		}
		if err != nil {
			return nil, err
		}
		if sel = got; sel == nil {
			sel = []int32{} // no rows; nil would mean all of them
		}
		if watched {
			r.order.note(i, in, len(sel), time.Since(begin))
		}
	}
	if watched {
		r.reorder()
	}
	return sel, nil
}

// answered reports whether the page's statistics say that every row passes a step.
func (r *scanReader) answered(step int) bool {
	for _, c := range r.scan.steps[step].parts {
		if !r.passed[c] {
			return false
		}
	}
	return true
}

func (r *scanReader) reorder() {
	r.order.left--
	r.order.sort()
	clear(r.rest)
}

// filterRest applies the steps from the k-th on as one.
func (r *scanReader) filterRest(k, lo, hi int, sel []int32) ([]int32, error) {
	all := &expr.Logic{Op: expr.And}
	for _, i := range r.order.steps[k:] {
		all.Operands = append(all.Operands, expr.Conjuncts(r.scan.steps[i].expr)...)
		if err := r.columnsOf(i, lo, hi); err != nil {
			return nil, err
		}
	}
	if r.rest[k] == nil {
		p, err := expr.Compile(all, r.env)
		if err != nil {
			return nil, err
		}
		r.rest[k] = p
	}
	return r.rest[k].Filter(&batch.Batch{Cols: r.cols, Len: hi - lo, Sel: sel})
}

// columnsOf decodes what a step reads.
func (r *scanReader) columnsOf(step, lo, hi int) error {
	for _, k := range r.scan.steps[step].columns {
		if err := r.column(k, lo, hi); err != nil {
			return err
		}
	}
	return nil
}
