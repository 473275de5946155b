package logical_test

import (
	"strings"
	"testing"

	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"github.com/cockroachdb/datadriven"
)

// tables is a catalog of one table.
type tables []*schema.Table

func (t tables) Tables() []*schema.Table { return t }

func (t tables) Table(name string) (*schema.Table, bool) {
	for _, x := range t {
		if strings.EqualFold(x.Name, name) {
			return x, true
		}
	}
	return nil, false
}

func people() tables {
	return tables{
		{ID: 1, Name: "people", Codec: schema.CodecZstd, Columns: []schema.Column{
			{ID: 1, Name: "id", Type: schema.TypeInt64}, {ID: 2, Name: "name", Type: schema.TypeVarchar}, {ID: 3, Name: "age", Type: schema.TypeInt32}, {ID: 4, Name: "ward", Type: schema.TypeVarchar},
		}},
		{ID: 2, Name: "secrets", Codec: schema.CodecZstd, Columns: []schema.Column{{ID: 1, Name: "id", Type: schema.TypeInt64}}},
	}
}

// ward lets a nurse see her ward alone, names masked, and nothing of the table of secrets.
type ward struct{}

func (ward) Access(p logical.Principal, t *schema.Table) (logical.Access, error) {
	if p.Name != "nurse" {
		return logical.Access{Visible: true}, nil
	}
	if t.Name == "secrets" {
		return logical.Access{}, nil
	}
	own, err := expr.NewCall("=", &expr.Column{Index: 3, Name: "ward", Typ: schema.TypeVarchar}, &expr.Literal{Value: schema.TextValue("W1")})
	if err != nil {
		return logical.Access{}, err
	}
	hidden, err := expr.NewCall("left", &expr.Column{Index: 1, Name: "name", Typ: schema.TypeVarchar}, &expr.Literal{Value: schema.IntValue(schema.TypeInt64, 1)})
	return logical.Access{Visible: true, RowFilter: own, Masks: map[uint32]expr.Expr{2: hidden}, MaxBytes: 1 << 20}, err
}

// TestRules runs the scripts in testdata. The command is "bind" for the bound tree, "all" for every rule, or one rule's name
// after "distinct", which every tree needs. The argument as=nurse asks as the nurse.
func TestRules(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			stmt, err := sqlparse.Parse(d.Input)
			if err != nil {
				return err.Error() + "\n"
			}
			b := &logical.Binder{Text: d.Input, Tables: people(), Policy: ward{}, Env: &expr.Env{}}
			if d.HasArg("nurse") {
				b.Principal.Name = "nurse"
			}
			n, err := b.Bind(stmt.(sqlparse.Query))
			if err != nil {
				return err.Error() + "\n"
			}
			var rules []logical.Rule
			for _, r := range logical.Rules() {
				if d.Cmd == "all" || d.Cmd == r.Name || d.HasArg(r.Name) {
					rules = append(rules, r)
				}
			}
			return logical.Format(logical.Optimize(n, b.Env, rules))
		})
	})
}
