package server

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// tableBody is a table as clients see and send it.
type tableBody struct {
	Name        string       `json:"name,omitempty"`
	Columns     []columnBody `json:"columns,omitempty"`
	PartitionBy []string     `json:"partition_by,omitempty"`
	SortBy      []string     `json:"sort_by,omitempty"`
	Codec       schema.Codec `json:"codec,omitempty"`
	Policy      *policyBody  `json:"policy,omitempty"`
}

// policyBody says how loads may change the definition. Empty fields stand for the defaults: a table that was inferred follows its
// files, a declared one does not.
type policyBody struct {
	Columns string `json:"columns,omitempty"` // add, ignore or refuse
	Widen   string `json:"widen,omitempty"`   // yes or no
}

type columnBody struct {
	Name string      `json:"name"`
	Type schema.Type `json:"type"`
}

// tableView adds what the server knows of a table.
type tableView struct {
	tableBody
	ID         uint32 `json:"id"`
	Version    uint32 `json:"version"`
	Inferred   bool   `json:"inferred"`
	Rows       int64  `json:"rows"`
	Bytes      int64  `json:"bytes"`
	Segments   int64  `json:"segments"`
	Deliveries int64  `json:"deliveries"`

	Attached *schema.Attachment `json:"attached,omitempty"` // where the files of others lie that make up the table
}

func viewOf(snap *catalog.Snapshot, t *schema.Table) tableView {
	v := tableView{ID: t.ID, Version: t.Version, Inferred: t.Inferred}
	v.Name, v.Codec = t.Name, t.Codec
	policy := t.Evolve()
	v.Policy = &policyBody{policy.Columns.String(), policy.Widen.String()}
	if t.IsAttached() {
		v.Attached = &t.Attached
	}
	for _, c := range t.Columns {
		v.Columns = append(v.Columns, columnBody{c.Name, c.Type})
	}
	for _, p := range t.PartitionBy {
		v.PartitionBy = append(v.PartitionBy, p.Text(t))
	}
	for _, id := range t.SortBy {
		v.SortBy = append(v.SortBy, t.Columns[t.ColumnByID(id)].Name)
	}
	in := snap.Totals(t.ID)
	v.Rows, v.Bytes, v.Segments, v.Deliveries = in.Rows, in.Bytes, in.Segments, in.Deliveries
	return v
}

// tableOf finds the table of the path.
func (s *Server) tableOf(r *http.Request) (*catalog.Snapshot, *schema.Table, error) {
	snap, name := s.parts.Catalog.Snapshot(), r.PathValue("t")
	if t, ok := snap.Table(name); ok {
		return snap, t, nil
	}
	return snap, nil, errs.New(errs.NotFound, "unknown-table", "there is no table %q", name)
}

func (s *Server) handleTables(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	snap := s.parts.Catalog.Snapshot()
	tables := slices.SortedFunc(slices.Values(snap.Tables()), func(a, b *schema.Table) int { return strings.Compare(a.Name, b.Name) })
	out, err := pageOf(q, slices.Values(tables), func(t *schema.Table) string { return t.Name }, func(t *schema.Table) any { return viewOf(snap, t) })
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) handleTable(w http.ResponseWriter, r *http.Request) error {
	snap, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, viewOf(snap, t))
}

// handlePutTable creates a table, or changes one: new columns may be added at the end and the codec changed; the same definition
// again changes nothing.
func (s *Server) handlePutTable(w http.ResponseWriter, r *http.Request) error {
	body, err := readTable(r)
	if err != nil {
		return err
	}
	name := r.PathValue("t")
	if body.Name != "" && !strings.EqualFold(body.Name, name) {
		return errs.New(errs.Invalid, "bad-table", "the path names table %q and the body %q", name, body.Name)
	}
	old, exists := s.parts.Catalog.Snapshot().Table(name)
	if !exists {
		if err := schema.CheckReserved(name); err != nil {
			return err
		}
	}
	t, status := &schema.Table{Name: name, Codec: schema.CodecZstd}, http.StatusCreated
	if exists {
		copied := *old
		t, status = &copied, http.StatusOK
	}
	if err := body.apply(t, exists); err != nil {
		return err
	}
	if err := t.Validate(); err != nil {
		return err
	}
	cmd := &catalog.PutTable{Table: *t}
	if exists {
		cmd.Expect = old.Version
	}
	if _, err := s.parts.Catalog.Propose(r.Context(), cmd); err != nil {
		return err
	}
	snap := s.parts.Catalog.Snapshot()
	now, ok := snap.Table(name)
	if !ok {
		return errs.New(errs.Conflict, "table-dropped", "the table %q was dropped meanwhile", name)
	}
	return writeJSON(w, status, viewOf(snap, now))
}

func readTable(r *http.Request) (*tableBody, error) {
	in, err := decoded(r, maxJSONBytes)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	body := &tableBody{}
	if len(strings.TrimSpace(string(text))) == 0 {
		return body, nil
	}
	return body, decodeJSON(text, body)
}

// apply puts the body's definition into t. Columns keep the ids that they have; new ones get theirs in order, as the catalog
// would give them, since the sort and partition keys refer to columns by id.
func (b *tableBody) apply(t *schema.Table, exists bool) error {
	if len(b.Columns) == 0 && !exists {
		return errs.New(errs.Meaning, "no-columns", "a new table needs columns").WithHint("or load a file into it: the columns are inferred then")
	}
	if err := b.applyColumns(t, exists); err != nil {
		return err
	}
	if b.Codec != "" {
		t.Codec = b.Codec
	}
	if b.Policy != nil {
		p, err := schema.ParsePolicy(b.Policy.Columns, b.Policy.Widen)
		if err != nil {
			return err
		}
		if p != t.Evolve() { // what a client was told comes back unchanged: the defaults stay defaults
			t.Policy = p
		}
	}
	if b.PartitionBy != nil {
		parts, err := b.transforms(t)
		if err != nil {
			return err
		}
		t.PartitionBy = parts
	}
	if b.SortBy == nil {
		return nil
	}
	t.SortBy = nil
	for _, name := range b.SortBy {
		i := t.Column(name)
		if i < 0 {
			return errs.New(errs.Meaning, "unknown-column", "sort_by names the column %q, which the table does not have", name)
		}
		t.SortBy = append(t.SortBy, t.Columns[i].ID)
	}
	return nil
}

func (b *tableBody) applyColumns(t *schema.Table, exists bool) error {
	if exists && len(b.Columns) > 0 && len(b.Columns) < len(t.Columns) {
		return errs.New(errs.Conflict, "column-removed", "table %q has %d columns and the body %d: columns cannot be removed", t.Name, len(t.Columns), len(b.Columns))
	}
	columns, next := slices.Clone(t.Columns), max(1, t.NextColumn)
	for i, c := range b.Columns {
		if i < len(columns) {
			if !strings.EqualFold(columns[i].Name, c.Name) || columns[i].Type != c.Type {
				return errs.New(errs.Conflict, "column-changed", "column %d of table %q is %s %s and cannot become %s %s", i+1, t.Name, columns[i].Name, columns[i].Type, c.Name, c.Type)
			}
			continue
		}
		columns = append(columns, schema.Column{ID: next, Name: c.Name, Type: c.Type})
		next++
	}
	t.Columns, t.NextColumn = columns, next
	return nil
}

func (b *tableBody) transforms(t *schema.Table) ([]schema.Transform, error) {
	var out []schema.Transform
	for _, text := range b.PartitionBy {
		p, err := schema.ParseTransform(t, text)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (s *Server) handleDropTable(w http.ResponseWriter, r *http.Request) error {
	if _, _, err := s.tableOf(r); err != nil {
		return err
	}
	if _, err := s.parts.Catalog.Propose(r.Context(), &catalog.DropTable{Name: r.PathValue("t")}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) handleDDL(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	if _, _, err := s.tableOf(r); err != nil {
		return err
	}
	text, err := s.parts.Keeper.DDL(r.PathValue("t"), q.text("for"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/sql; charset=utf-8")
	_, err = io.WriteString(w, text)
	return err
}

// ParseTable reads a table as GET /v1/tables/{t} shows it, and how many rows it had; a body for PUT is taken as well.
func ParseTable(text []byte) (*schema.Table, int64, error) {
	v := tableView{}
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, 0, errs.New(errs.Invalid, "bad-table", "the table cannot be read: %w", err).WithHint("save what GET /v1/tables/{t} answers")
	}
	t := &schema.Table{Name: v.Name, Codec: schema.CodecZstd, Inferred: v.Inferred}
	if t.Name == "" {
		t.Name = "table"
	}
	if err := v.apply(t, false); err != nil {
		return nil, 0, err
	}
	return t, v.Rows, t.Validate()
}
