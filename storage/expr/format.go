package expr

import (
	"strings"

	"github.com/assaydb/assay/storage/schema"
)

// Format writes e as SQL, for EXPLAIN and errors. It is not parsed back.
func Format(e Expr) string {
	var b strings.Builder
	format(&b, e)
	return b.String()
}

// infix are the functions written between their operands.
const infix = " = <> < <= > >= <=> + - * / % div & | ^ << >> like regexp "

func format(b *strings.Builder, e Expr) {
	switch x := e.(type) {
	case *Column:
		b.WriteString(x.Name)
	case *Literal:
		formatValue(b, x.Value)
	case *Call:
		formatCall(b, x)
	case *Logic:
		formatLogic(b, x)
	case *Case:
		formatCase(b, x)
	case *In:
		format(b, x.Operand)
		if x.Negate {
			b.WriteString(" NOT")
		}
		b.WriteString(" IN (")
		formatList(b, x)
		b.WriteByte(')')
	case *Cast:
		if x.Try {
			b.WriteString("TRY_")
		}
		b.WriteString("CAST(")
		format(b, x.Operand)
		b.WriteString(" AS " + x.To.String() + ")")
	}
}

// listShown bounds how many constants of an IN list are written.
const listShown = 10

func formatList(b *strings.Builder, x *In) {
	for i, v := range x.List {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == listShown {
			b.WriteString("... " + decimalText(len(x.List)-i) + " more")
			break
		}
		formatValue(b, v)
	}
	if x.HasNull {
		b.WriteString(", NULL")
	}
}

func formatCall(b *strings.Builder, x *Call) {
	if len(x.Operands) == 2 && strings.Contains(infix, " "+x.Name+" ") {
		b.WriteByte('(')
		format(b, x.Operands[0])
		b.WriteString(" " + strings.ToUpper(x.Name) + " ")
		format(b, x.Operands[1])
		b.WriteByte(')')
		return
	}
	if len(x.Operands) == 1 && strings.HasPrefix(x.Name, "is ") {
		format(b, x.Operands[0])
		b.WriteString(" " + strings.ToUpper(x.Name))
		return
	}
	b.WriteString(strings.ToUpper(x.Name))
	b.WriteByte('(')
	for i, a := range x.Operands {
		if i > 0 {
			b.WriteString(", ")
		}
		format(b, a)
	}
	b.WriteByte(')')
}

func formatLogic(b *strings.Builder, x *Logic) {
	word := " AND "
	switch x.Op {
	case Not:
		b.WriteString("NOT ")
	case Or:
		word = " OR "
	}
	b.WriteByte('(')
	for i, a := range x.Operands {
		if i > 0 {
			b.WriteString(word)
		}
		format(b, a)
	}
	b.WriteByte(')')
}

func formatCase(b *strings.Builder, x *Case) {
	b.WriteString("CASE")
	for i := range x.Whens {
		b.WriteString(" WHEN ")
		format(b, x.Whens[i])
		b.WriteString(" THEN ")
		format(b, x.Thens[i])
	}
	if x.Else != nil {
		b.WriteString(" ELSE ")
		format(b, x.Else)
	}
	b.WriteString(" END")
}

func formatValue(b *strings.Builder, v schema.Value) {
	text := v.Type.IsText() || v.Type.Kind == schema.Binary
	switch {
	case v.Null:
		b.WriteString("NULL")
	case v.Type.Kind == schema.Boolean:
		b.WriteString(strings.ToUpper(v.String()))
	case text:
		b.WriteString("'" + strings.ReplaceAll(v.S, "'", "''") + "'")
	case v.Type.IsTemporal():
		b.WriteString(v.Type.String() + " '" + string(mysqlText(nil, v, nil)) + "'")
	default:
		b.WriteString(v.String())
	}
}
