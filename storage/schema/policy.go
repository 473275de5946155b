package schema

import "github.com/assaydb/assay/storage/errs"

// ColumnsPolicy says what a load does with columns that its table does not have.
type ColumnsPolicy uint8

// The policies for new columns. The default adds them to a table that was inferred and refuses the file for a declared one.
const (
	ColumnsDefault ColumnsPolicy = iota
	ColumnsAdd
	ColumnsIgnore
	ColumnsRefuse
)

// WidenPolicy says whether a load may widen a column's type where the cast of what is stored is exact.
type WidenPolicy uint8

// The policies for wider values. The default widens the columns of a table that was inferred and no others.
const (
	WidenDefault WidenPolicy = iota
	WidenYes
	WidenNo
)

// Policy is how a table's definition may follow what is loaded into it.
type Policy struct {
	Columns ColumnsPolicy
	Widen   WidenPolicy
}

// String returns the policy as it is declared.
func (p ColumnsPolicy) String() string { return [...]string{"", "add", "ignore", "refuse"}[p&3] }

// String returns the policy as it is declared.
func (p WidenPolicy) String() string { return [...]string{"", "yes", "no", ""}[p&3] }

// ParsePolicy reads columns=add|ignore|refuse and widen=yes|no; an empty text is the default.
func ParsePolicy(columns, widen string) (p Policy, err error) {
	for p.Columns = ColumnsDefault; p.Columns <= ColumnsRefuse; p.Columns++ {
		if p.Columns.String() == columns {
			break
		}
	}
	if p.Columns > ColumnsRefuse {
		return Policy{}, errs.New(errs.Invalid, "bad-policy", "columns=%q is not known", columns).WithHint("use add, ignore or refuse")
	}
	for p.Widen = WidenDefault; p.Widen <= WidenNo; p.Widen++ {
		if p.Widen.String() == widen {
			return p, nil
		}
	}
	return Policy{}, errs.New(errs.Invalid, "bad-policy", "widen=%q is not known", widen).WithHint("use yes or no")
}

// Evolve is the policy in force, the defaults resolved.
func (t *Table) Evolve() Policy {
	p := t.Policy
	if p.Columns == ColumnsDefault {
		p.Columns = ColumnsRefuse
		if t.Inferred {
			p.Columns = ColumnsAdd
		}
	}
	if p.Widen == WidenDefault {
		p.Widen = WidenNo
		if t.Inferred {
			p.Widen = WidenYes
		}
	}
	return p
}
