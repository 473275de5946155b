package expr

import (
	"strings"

	"github.com/assaydb/assay/storage/schema"
)

// bindTimestamp is TIMESTAMP(x), or TIMESTAMP(x, time): x at that time of day and beyond.
func bindTimestamp(_ *function, args []Expr) (Expr, error) {
	x, err := toTimestamp(args[0])
	if err != nil || len(args) == 1 {
		return x, err
	}
	return NewCall("addtime", x, args[1])
}

// bindAddTime keeps a TIME a TIME and makes a timestamp of everything else; a text constant is what it reads as.
func bindAddTime(f *function, args []Expr) (Expr, error) {
	letters, result := "TM", schema.TypeTimestamp
	if timeOrTimestamp(args[0]) == schema.Time {
		letters, result = "MM", schema.TypeTime
	}
	return fixed(result, letters)(f, args)
}

// timeOrTimestamp is what an argument that may be either is taken as.
func timeOrTimestamp(e Expr) schema.Kind {
	if l, ok := e.(*Literal); ok && l.Value.Type.IsText() {
		s := strings.TrimSpace(l.Value.S)
		if _, ok := parseTime(s); ok {
			if _, dated := parseDateTime(s); !dated {
				return schema.Time
			}
		}
		return schema.Timestamp
	}
	if e.Type().Kind == schema.Time {
		return schema.Time
	}
	return schema.Timestamp
}

func addTimeRow(sign int64) func(r *row, z *zone) {
	return func(r *row, z *zone) {
		step := sign * r.i64(1)
		if r.out.Type.Kind == schema.Time {
			r.setI(clampTime(r.i64(0) + step))
			return
		}
		r.setWall(r.wall(0, z)+step, z)
	}
}
