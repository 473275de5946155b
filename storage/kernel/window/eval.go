package window

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Eval computes a function over a Block. The argument columns are flat and as Spec says. stop is asked now and then and ends the work
// with its error. The result may share memory with the arguments.
func Eval(s *Spec, args []*batch.Vector, b *Block, stop func() error) (*batch.Vector, error) {
	if err := stop(); err != nil {
		return nil, err
	}
	if b.Len == 0 {
		return batch.NewBuilder(s.Result, 0).Finish(), nil
	}
	if s.Aggregate == nil {
		switch s.Name {
		case "lag", "lead":
			return shift(s, args, b), nil
		case "first_value", "last_value", "nth_value":
			return value(s, args[0], newFrames(s.Frame, args[1:], b)), nil
		}
		return number(s, b), nil
	}
	n := len(s.Aggregate.Args)
	f := newFrames(s.Frame, args[n:], b)
	return fold(s, args[:n], f, b, stop)
}

// fold computes an aggregate, in the cheapest way that there is for it.
func fold(s *Spec, args []*batch.Vector, f frames, b *Block, stop func() error) (*batch.Vector, error) {
	if s.Aggregate.Distinct {
		return byStates(s, args, f, b, stop)
	}
	switch s.Name {
	case "count":
		if len(args) <= 1 {
			return count(s, args, f), nil
		}
	case "sum", "avg":
		if args[0].Type.Class() == schema.ClassInt64 {
			return total(s, args[0], f, stop)
		}
	case "min", "max", "any_value":
		return extreme(s, args[0], f, b), nil
	}
	return byStates(s, args, f, b, stop)
}
