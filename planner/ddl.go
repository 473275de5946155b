package planner

import (
	"strings"

	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// propose sends a change, or with a dry run only tries it.
func (s *session) propose(c catalog.Command) (*Result, error) {
	res := s.constant(&logical.Values{})
	if s.req.DryRun {
		_, err := s.snap.Rehearse(c)
		return res, err
	}
	out, err := s.catalog.Propose(s.ctx, c)
	if err != nil {
		return nil, err
	}
	res.CatalogIndex, res.Changed = out.Index, true
	return res, nil
}

func (s *session) errorf(p sqlparse.Pos, kind errs.Kind, code string, errno int, format string, args ...any) *errs.Error {
	return sqlparse.Errorf(s.req.SQL, p, kind, code, errno, format, args...)
}

// placed gives an error from the catalog its place.
func (s *session) placed(err error, p sqlparse.Pos, errno int) error {
	if e := errs.As(err); e != nil && e.SQL == nil {
		e.SQL = sqlparse.Locate(s.req.SQL, p)
		if e.Code == "duplicate-column" {
			errno = 1060
		}
		if e.MySQL == 0 {
			e.MySQL = errno
		}
	}
	return err
}

func (s *session) createTable(n *sqlparse.CreateTable) (*Result, error) {
	if t, ok := s.snap.Table(n.Name); ok {
		if !n.IfNotExists {
			return nil, s.errorf(n.Pos, errs.Conflict, "table-exists", 1050, "table %q exists already", t.Name)
		}
		s.warnings = append(s.warnings, Warning{Code: "table-exists", Message: "table " + t.Name + " exists already and was left as it is"})
		return s.constant(&logical.Values{}), nil
	}
	if err := schema.CheckReserved(n.Name); err != nil {
		return nil, s.placed(err, n.Pos, 1050)
	}
	t := schema.Table{Name: n.Name, Codec: schema.CodecZstd}
	for _, c := range n.Columns {
		typ, err := s.columnType(c)
		if err != nil {
			return nil, err
		}
		t.Columns = append(t.Columns, schema.Column{Name: c.Name, Type: typ})
	}
	if len(n.Ignored) > 0 {
		s.warnings = append(s.warnings, Warning{Code: "clause-ignored", Message: "without effect here: " + strings.Join(n.Ignored, ", ")})
	}
	res, err := s.propose(&catalog.PutTable{Table: t, At: s.now().UnixMicro()})
	return res, s.placed(err, n.Pos, 1050)
}

func (s *session) columnType(c sqlparse.ColumnDef) (schema.Type, error) {
	t, err := schema.ParseType(c.Type)
	if err != nil {
		return t, s.errorf(c.Pos, errs.Meaning, "bad-type", 1064, "column %q cannot have type %s", c.Name, c.Type).
			WithHint("use BOOLEAN, TINYINT to BIGINT [UNSIGNED], DECIMAL(p,s), DOUBLE, DATE, DATETIME, VARCHAR, TEXT or JSON")
	}
	return t, nil
}

func (s *session) dropTable(n *sqlparse.DropTable) (*Result, error) {
	if len(n.Tables) != 1 {
		return nil, s.errorf(n.Tables[1].Pos, errs.Meaning, "unsupported-syntax", 1235, "not supported yet: dropping several tables at once").
			WithHint("drop them one by one: each is its own change of the catalog")
	}
	name := n.Tables[0]
	t, _, err := s.binder().Find(name.Name, name.Pos)
	switch {
	case err != nil && n.IfExists && errs.Is(err, errs.NotFound):
		s.warnings = append(s.warnings, Warning{Code: "unknown-table", Message: "there is no table " + name.Name})
		return s.constant(&logical.Values{}), nil
	case err != nil:
		errs.As(err).MySQL = 1051
		return nil, err
	}
	res, err := s.propose(&catalog.DropTable{Name: t.Name, Expect: t.Version, At: s.now().UnixMicro()})
	return res, s.placed(err, name.Pos, 1051)
}
