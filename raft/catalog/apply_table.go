package catalog

import (
	"math"
	"slices"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

func (s *state) applyPutTable(c *PutTable) (Result, error) {
	if old, ok := s.tableByName(c.Table.Name, s.index); ok {
		if err := old.def.RefuseAttached("its definition follows from them and cannot be changed"); err != nil {
			return Result{}, err
		}
	}
	if c.Table.IsAttached() {
		return Result{}, errs.New(errs.Invalid, "bad-attachment", "table %q cannot be attached without its files", c.Table.Name)
	}
	def, err := s.define(&c.Table, c.Expect)
	if err != nil {
		return Result{}, err
	}
	s.install(def, s.begin(c.At))
	return Result{Table: def}, nil
}

// define completes a definition: it becomes a new table when expect is 0, else the next version of the named one.
func (s *state) define(t *schema.Table, expect uint32) (*schema.Table, error) {
	def := *t
	def.Columns = slices.Clone(t.Columns)
	old, exists := s.tableByName(t.Name, s.index)
	switch {
	case expect == 0 && exists:
		return nil, errs.New(errs.Conflict, "table-exists", "table %q exists already, at version %d", old.def.Name, old.def.Version)
	case expect != 0 && !exists:
		return nil, unknownTable(t.Name)
	case expect != 0 && old.def.Version != expect:
		return nil, tableChanged(old.def, expect)
	case exists && old.def.IsAttached() != t.IsAttached():
		return nil, errs.New(errs.Conflict, "attached-table", "table %q exists already: a table is either attached to files of others or loaded, not both", old.def.Name).
			WithHint("use another name, or drop the table first")
	case expect == 0:
		if err := s.defineNew(&def); err != nil {
			return nil, err
		}
	default:
		if err := s.defineNext(&def, old.def); err != nil {
			return nil, err
		}
	}
	return &def, def.Validate()
}

func (s *state) defineNew(def *schema.Table) error {
	if def.ID == 0 {
		def.ID = s.nextTable
	}
	if _, taken := s.tableByID(def.ID, s.index); taken || def.ID == math.MaxUint32 {
		return errs.New(errs.Conflict, "table-id-taken", "table %q cannot have id %d: it is taken", def.Name, def.ID).
			WithHint("try again with the next free id, %d", s.nextTable)
	}
	def.Version = 1
	def.NextColumn = max(def.NextColumn, 1)
	return numberColumns(def, nil)
}

func (s *state) defineNext(def, old *schema.Table) error {
	def.ID, def.Name, def.Version, def.NextColumn = old.ID, old.Name, old.Version+1, old.NextColumn
	if err := numberColumns(def, old); err != nil {
		return err
	}
	if s.isEmpty(old.ID) {
		return nil
	}
	if !slices.Equal(def.PartitionBy, old.PartitionBy) {
		return errs.New(errs.Conflict, "partition-change", "table %q holds data: its partition columns cannot change", old.Name).
			WithHint("create a new table with the partitions you want and load into it")
	}
	for _, p := range old.PartitionBy {
		i, j := def.ColumnByID(p.Column), old.ColumnByID(p.Column)
		if i < 0 || def.Columns[i].Type != old.Columns[j].Type {
			return errs.New(errs.Conflict, "partition-change", "table %q is partitioned by %q and holds data: that column cannot change or go", old.Name, old.Columns[j].Name)
		}
	}
	return nil
}

// isEmpty reports whether nothing was ever loaded into the table, or all of it was purged with an earlier table of that id.
func (s *state) isEmpty(table uint32) bool {
	empty := true
	s.entries.ascend(entryKey{table: table}, func(k entryKey, _ entry) bool {
		empty = k.table != table
		return false
	})
	return empty
}

// numberColumns checks the ids that columns bring and gives ids to those without. A column may keep its id or take an unused
// one, never that of a column which was dropped: old files still hold it.
func numberColumns(def, old *schema.Table) error {
	next, seen := def.NextColumn, make(map[uint32]bool, len(def.Columns))
	for i := range def.Columns {
		c := &def.Columns[i]
		if c.ID == 0 {
			continue
		}
		if seen[c.ID] || c.ID >= schema.VirtualSourceID || old != nil && c.ID < old.NextColumn && old.ColumnByID(c.ID) < 0 {
			return errs.New(errs.Meaning, "bad-column-id", "column %q of table %q cannot have id %d: it is or was another column's", c.Name, def.Name, c.ID)
		}
		seen[c.ID] = true
		next = max(next, c.ID+1)
	}
	for i := range def.Columns {
		if c := &def.Columns[i]; c.ID == 0 {
			c.ID = next
			next++
		}
	}
	def.NextColumn = next
	return nil
}

// install makes def the table's definition as of the command under way.
func (s *state) install(def *schema.Table, at int64) {
	if old, ok := s.tableByName(def.Name, s.index-1); ok {
		old.removed, old.removedAt = s.index, at
		s.putTable(old)
	}
	s.putTable(tableEntry{def: def, added: s.index})
	s.nextTable = max(s.nextTable, def.ID+1)
}

// applyDropTable marks the table alone: what it holds is out of force because the table is, however much it is.
func (s *state) applyDropTable(c *DropTable) error {
	e, ok := s.tableByName(c.Name, s.index)
	if !ok {
		return unknownTable(c.Name)
	}
	if c.Expect != 0 && e.def.Version != c.Expect {
		return tableChanged(e.def, c.Expect)
	}
	e.removedAt = s.begin(c.At)
	e.removed, e.dropped = s.index, true
	s.putTable(e)
	s.totals.delete(uintKey(e.def.ID))
	s.dropDocuments(e.def.ID)
	return nil
}

func unknownTable(name string) error {
	return errs.New(errs.NotFound, "unknown-table", "there is no table %q", name)
}

func tableChanged(t *schema.Table, expect uint32) error {
	return errs.New(errs.Conflict, "table-changed", "table %q is at version %d, the change was made for version %d", t.Name, t.Version, expect).
		WithHint("read the table again and repeat the change")
}
