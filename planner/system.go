package planner

import (
	"context"
	"fmt"

	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// Rejects reads the rejected records of a delivery, in the order of the file. It must be safe for concurrent use.
type Rejects interface {
	EachReject(ctx context.Context, d *catalog.Delivery, fn func(Reject) error) error
}

// Reject is one record that was not loaded.
type Reject = struct {
	Line, ByteOffset    int64
	Column, Reason, Raw string
	RawBytes            int64 // of the record, of which Raw may be the beginning
}

// fillSystem puts the rows into the system tables of a plan.
func (s *session) fillSystem(b *logical.Binder, n logical.Node) (logical.Node, error) {
	var failed error
	out := logical.Replace(n, func(n logical.Node) logical.Node {
		v, ok := n.(*logical.Values)
		if !ok || v.Source == "" || failed != nil {
			return n
		}
		filled := *v
		if failed = s.systemRows(b, &filled); failed != nil {
			return n
		}
		filled.Source, filled.Hint = "", nil
		return &filled
	})
	return out, failed
}

func (s *session) systemRows(b *logical.Binder, v *logical.Values) error {
	if v.Source == logical.SystemDeliveries {
		v.Rows = s.deliveryRows(b.Visible())
		return nil
	}
	heads, err := s.wanted(b.Open(), v.Hint)
	if err != nil || s.rejects == nil || len(heads) == 0 {
		return err
	}
	v.Feed = rejectFeed(s.rejects, heads)
	for _, r := range heads {
		v.Fed += r.d.Rejected
	}
	return nil
}

// deliveryHead is what every system table says of a delivery.
func (s *session) deliveryHead(t *schema.Table, d *catalog.Delivery) []schema.Value {
	state := "live"
	if !d.LiveAt(s.snap.Index()) {
		state = "reverted"
		if !d.Superseded.IsZero() {
			state = "superseded"
		}
	}
	return []schema.Value{
		schema.TextValue(d.ID.String()), schema.TextValue(t.Name), schema.TextValue(d.Source), schema.TextValue(d.Period), schema.TextValue(state),
		schema.IntValue(schema.TypeTimestamp, d.LoadedAt),
	}
}

func (s *session) deliveryRows(tables []*schema.Table) (rows [][]schema.Value) {
	for _, t := range tables {
		for d := range s.snap.Deliveries(t.ID) {
			rows = append(rows, append(s.deliveryHead(t, d), s.deliveryRest(d)...))
		}
	}
	return rows
}

func (s *session) deliveryRest(d *catalog.Delivery) []schema.Value {
	mode := "replace"
	if d.Append || !d.Named {
		mode = "append"
	}
	id := func(id schema.ID) schema.Value {
		if id.IsZero() {
			return schema.NullValue(schema.TypeVarchar)
		}
		return schema.TextValue(id.String())
	}
	out := []schema.Value{schema.TextValue(mode), schema.TextValue(d.SHA256.String()), id(d.Amends), id(d.Superseded)}
	amended, l := s.snap.Amended(d), d.Ledger
	for _, n := range [...]int64{
		d.BytesIn, d.RecordsIn, d.Accepted, d.Rejected, amended, d.Rejected - amended, d.Blank, d.Header, l.Preamble, l.Trailer,
		l.Text, l.Accepted, l.Rejected, l.Aside, int64(d.Segments), d.Bytes, int64(d.Added),
	} {
		out = append(out, schema.IntValue(schema.TypeInt64, n))
	}
	if d.Removed == 0 {
		return append(out, schema.NullValue(schema.TypeInt64))
	}
	return append(out, schema.IntValue(schema.TypeInt64, int64(d.Removed)))
}

// rejecting is a delivery whose rejects are to be read.
type rejecting struct {
	d    *catalog.Delivery
	head []schema.Value
}

// wanted lists the deliveries with rejects that a condition on the columns of deliveries leaves over.
func (s *session) wanted(tables []*schema.Table, hint expr.Expr) ([]rejecting, error) {
	var all []rejecting
	for _, t := range tables {
		for d := range s.snap.Deliveries(t.ID) {
			if d.Rejected > 0 && !d.Purged {
				all = append(all, rejecting{d, s.deliveryHead(t, d)})
			}
		}
	}
	cond := onDelivery(hint)
	if cond == nil || len(all) == 0 {
		return all, nil
	}
	p, err := expr.Compile(cond, s.env)
	if err != nil {
		return nil, err
	}
	heads := &logical.Values{Columns: logical.SystemColumns(logical.SystemRejects)[:logical.DeliveryColumns]}
	for _, r := range all {
		heads.Rows = append(heads.Rows, r.head)
	}
	keep, err := p.Filter(rowsBatch(heads))
	if err != nil {
		return all, nil //nolint:nilerr // the condition stands above and fails there, for the rows that are there
	}
	var left []rejecting
	for _, i := range keep {
		left = append(left, all[i])
	}
	return left, nil
}

// onDelivery returns the conjuncts that read nothing but what is the same for all rejects of a delivery.
func onDelivery(hint expr.Expr) expr.Expr {
	var out []expr.Expr
	if hint != nil {
		for _, c := range expr.Conjuncts(hint) {
			if cols := expr.Columns(c); len(cols) > 0 && cols[len(cols)-1] < logical.DeliveryColumns {
				out = append(out, c)
			}
		}
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	}
	return &expr.Logic{Op: expr.And, Operands: out}
}

// rejectFeed reads the rejects of deliveries while a statement asks for them: however many there are, few are in memory.
func rejectFeed(rejects Rejects, from []rejecting) schema.Feed {
	return func(ctx context.Context, yield func([]schema.Value) error) error {
		for _, r := range from {
			err := rejects.EachReject(ctx, r.d, func(x Reject) error {
				return yield(append(r.head[:len(r.head):len(r.head)],
					schema.IntValue(schema.TypeInt64, x.Line), schema.IntValue(schema.TypeInt64, x.ByteOffset),
					textOrNull(x.Column), schema.TextValue(x.Reason), schema.TextValue(x.Raw), schema.IntValue(schema.TypeInt64, x.RawBytes)))
			})
			if err != nil {
				return fmt.Errorf("read the rejects of delivery %s: %w", r.d.ID, err)
			}
		}
		return nil
	}
}

func textOrNull(s string) schema.Value {
	if s == "" {
		return schema.NullValue(schema.TypeVarchar)
	}
	return schema.TextValue(s)
}
