package fragment

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// Inputs is empty: a scan is a leaf.
func (*Scan) Inputs() []Node { return nil }

// Inputs returns the one input.
func (n *Filter) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the one input.
func (n *Project) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the one input.
func (n *Aggregate) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the one input.
func (n *Sort) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the one input.
func (n *Limit) Inputs() []Node { return []Node{n.Input} }

// Inputs is empty: constants are a leaf.
func (*Values) Inputs() []Node { return nil }

// Inputs is empty: the other stage is not part of this tree.
func (*Receive) Inputs() []Node { return nil }

// Fields names the columns passed on.
func (n *Scan) Fields() []batch.Field {
	out := make([]batch.Field, n.Output)
	for i, id := range n.Columns[:n.Output] {
		out[i] = n.field(id)
	}
	return out
}

// How EXPLAIN shows the internal columns of schema.RowPositionID and schema.RowWeightID.
const (
	RowPositionName = "_position"
	RowWeightName   = "_weight"
)

func (n *Scan) field(id uint32) batch.Field {
	if k := n.Table.ColumnByID(id); k >= 0 {
		return batch.Field{Name: n.Table.Columns[k].Name, Type: n.Table.Columns[k].Type}
	}
	for _, v := range schema.VirtualColumns() {
		if v.ID == id {
			return batch.Field{Name: v.Name, Type: v.Type}
		}
	}
	if id == schema.RowWeightID {
		return batch.Field{Name: RowWeightName, Type: schema.TypeInt64}
	}
	return batch.Field{Name: RowPositionName, Type: schema.TypeInt64}
}

// Fields are those of the input.
func (n *Filter) Fields() []batch.Field { return n.Input.Fields() }

// Fields are the expressions'.
func (n *Project) Fields() []batch.Field {
	out := make([]batch.Field, len(n.Exprs))
	for i, e := range n.Exprs {
		out[i].Type = e.Type()
		if i < len(n.Names) {
			out[i].Name = n.Names[i]
		}
	}
	return out
}

// Fields are the keys, then one column per call or, for Partial, the columns of its state.
func (n *Aggregate) Fields() []batch.Field {
	in := n.Input.Fields()
	out := make([]batch.Field, 0, len(n.Keys)+len(n.Calls))
	for _, k := range n.Keys {
		out = append(out, in[k])
	}
	for _, c := range n.Calls {
		if n.Mode != Partial {
			out = append(out, batch.Field{Name: c.Name, Type: c.Spec.Result})
			continue
		}
		types, err := aggregate.StateTypes(c.Spec)
		if err != nil {
			types = nil // the operator reports it when it makes the state
		}
		for _, t := range types {
			out = append(out, batch.Field{Name: c.Name, Type: t})
		}
	}
	return out
}

// Fields are those of the input.
func (n *Sort) Fields() []batch.Field { return n.Input.Fields() }

// Fields are those of the input.
func (n *Limit) Fields() []batch.Field { return n.Input.Fields() }

// Fields are the names and types.
func (n *Values) Fields() []batch.Field {
	out := make([]batch.Field, len(n.Types))
	for i, t := range n.Types {
		out[i].Type = t
		if i < len(n.Names) {
			out[i].Name = n.Names[i]
		}
	}
	return out
}

// Fields are the sender's.
func (n *Receive) Fields() []batch.Field { return n.Output }
