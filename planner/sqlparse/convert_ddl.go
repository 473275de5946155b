package sqlparse

import (
	"strconv"
	"strings"

	vt "vitess.io/vitess/go/vt/sqlparser"
)

func (c *converter) createTable(n *vt.CreateTable) Statement {
	out := &CreateTable{Name: n.Table.Name.String(), IfNotExists: n.IfNotExists}
	out.Pos = c.qualified(n.Table.Qualifier.String(), out.Name)
	switch {
	case n.Temp:
		c.unsupportedAt(out.Pos, "TEMPORARY tables", "")
	case n.Select != nil:
		c.unsupportedAt(out.Pos, "CREATE TABLE ... AS SELECT", "create the table, then load rows into it")
	case n.OptLike != nil:
		c.unsupportedAt(out.Pos, "CREATE TABLE ... LIKE", "SHOW CREATE TABLE prints the statement to copy")
	case n.TableSpec == nil:
		c.unsupportedAt(out.Pos, "CREATE TABLE without columns", "PUT /v1/tables/TABLE/load infers them")
	}
	if c.err != nil {
		return nil
	}
	for _, col := range n.TableSpec.Columns {
		out.Columns = append(out.Columns, c.columnDef(col, &out.Ignored))
	}
	c.tableClauses(n.TableSpec, out)
	return out
}

// tableClauses sorts what follows the columns into refused and ignored.
func (c *converter) tableClauses(spec *vt.TableSpec, out *CreateTable) {
	if len(spec.Indexes) > 0 {
		c.unsupportedAt(c.name("key"), "PRIMARY KEY, UNIQUE and KEY", "tables have no keys; set sort_by and partition_by with PUT /v1/tables/"+out.Name+" to make filters fast")
	}
	if len(spec.Constraints) > 0 {
		c.unsupportedAt(out.Pos, "constraints", "")
	}
	if spec.PartitionOption != nil {
		c.unsupportedAt(c.name("partition"), "PARTITION BY in SQL", "set partition_by with PUT /v1/tables/"+out.Name)
	}
	for _, o := range spec.Options {
		out.Ignored = append(out.Ignored, strings.ToUpper(o.Name))
	}
}

func (c *converter) columnDef(n *vt.ColumnDefinition, ignored *[]string) ColumnDef {
	out := ColumnDef{Pos: c.name(n.Name.String()), Name: n.Name.String(), Type: columnType(n.Type)}
	o := n.Type.Options
	if o == nil {
		return out
	}
	if o.KeyOpt != 0 {
		c.unsupportedAt(out.Pos, "keys on columns", "tables have no keys")
	}
	if o.As != nil || o.Autoincrement || o.Reference != nil {
		c.unsupportedAt(out.Pos, "generated columns, AUTO_INCREMENT and references", "")
	}
	note := func(on bool, what string) {
		if on {
			*ignored = append(*ignored, what+" of column "+n.Name.String())
		}
	}
	note(o.Null != nil && !*o.Null, "NOT NULL")
	note(o.Default != nil, "DEFAULT")
	note(o.Comment != nil, "COMMENT")
	note(o.Collate != "", "COLLATE")
	return out
}

func columnType(t *vt.ColumnType) string {
	s := strings.ToUpper(t.Type)
	if t.Length != nil {
		s += "(" + strconv.Itoa(*t.Length)
		if t.Scale != nil {
			s += "," + strconv.Itoa(*t.Scale)
		}
		s += ")"
	}
	if t.Unsigned {
		s += " UNSIGNED"
	}
	return s
}

func (c *converter) alterTable(n *vt.AlterTable) Statement {
	out := &AlterTable{Name: n.Table.Name.String()}
	out.Pos = c.qualified(n.Table.Qualifier.String(), out.Name)
	var ignored []string
	for _, o := range n.AlterOptions {
		switch o := o.(type) {
		case *vt.AddColumns:
			if o.First || o.After != nil {
				c.unsupportedAt(out.Pos, "FIRST and AFTER", "new columns come last")
			}
			for _, col := range o.Columns {
				out.Actions = append(out.Actions, AlterAction{Kind: AddColumn, Column: c.columnDef(col, &ignored)})
			}
		case *vt.ModifyColumn:
			def := c.columnDef(o.NewColDefinition, &ignored)
			out.Actions = append(out.Actions, AlterAction{Kind: ModifyColumn, Old: def.Name, OldPos: def.Pos, Column: def})
		case *vt.RenameColumn:
			a := AlterAction{Kind: RenameColumn, Old: o.OldName.Name.String(), OldPos: c.name(o.OldName.Name.String())}
			a.Column = ColumnDef{Pos: c.name(o.NewName.Name.String()), Name: o.NewName.Name.String()}
			out.Actions = append(out.Actions, a)
		case *vt.DropColumn:
			out.Actions = append(out.Actions, AlterAction{Kind: DropColumn, Old: o.Name.Name.String(), OldPos: c.name(o.Name.Name.String())})
		default:
			c.unsupportedAt(out.Pos, "this form of ALTER TABLE", "ADD COLUMN, MODIFY COLUMN, RENAME COLUMN and DROP COLUMN are supported")
		}
	}
	if len(out.Actions) == 0 {
		c.unsupportedAt(out.Pos, "this form of ALTER TABLE", "ADD COLUMN, MODIFY COLUMN, RENAME COLUMN and DROP COLUMN are supported")
	}
	return out
}

func (c *converter) dropTable(n *vt.DropTable) Statement {
	out := &DropTable{IfExists: n.IfExists}
	for _, t := range n.FromTables {
		p := c.qualified(t.Qualifier.String(), t.Name.String())
		out.Tables = append(out.Tables, TableName{Pos: p, Database: t.Qualifier.String(), Name: t.Name.String()})
	}
	return out
}

func (c *converter) show(n *vt.Show) Statement {
	out := &Show{}
	switch s := n.Internal.(type) {
	case *vt.ShowCreate:
		if s.Command == vt.CreateTbl {
			out.Kind, out.Table = ShowCreateTable, s.Op.Name.String()
			out.Pos = c.qualified(s.Op.Qualifier.String(), out.Table)
			return out
		}
	case *vt.ShowBasic:
		kinds := map[vt.ShowCommandType]ShowKind{
			vt.Table: ShowTables, vt.Column: ShowColumns, vt.Database: ShowDatabases, vt.Keyspace: ShowDatabases, vt.VariableGlobal: ShowVariables,
			vt.VariableSession: ShowVariables, vt.Warnings: ShowWarnings, vt.Function: ShowFunctions, vt.Index: ShowIndexes, vt.TableStatus: ShowTableStatus,
		}
		kind, ok := kinds[s.Command]
		if !ok {
			break
		}
		out.Kind, out.Full, out.Table = kind, s.Full, s.Tbl.Name.String()
		if out.Table != "" {
			out.Pos = c.name(out.Table)
		}
		if s.Filter != nil {
			out.Like = s.Filter.Like
			if s.Filter.Filter != nil {
				c.unsupportedAt(c.tokens[0].pos(), "SHOW ... WHERE", "use LIKE, or SELECT from information_schema")
			}
		}
		return out
	}
	c.unsupportedAt(c.tokens[0].pos(), "this form of SHOW", "SHOW TABLES, COLUMNS, CREATE TABLE, DATABASES, VARIABLES, WARNINGS, FUNCTION STATUS and TABLE STATUS are supported")
	return nil
}
