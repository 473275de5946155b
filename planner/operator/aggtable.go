package operator

import (
	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// aggTable is the groups of one worker or one partition: their keys and, per call, their states. It is for one goroutine.
type aggTable struct {
	agg    *aggregation
	keys   *groupTable // nil without key columns
	specs  []aggregate.Spec
	states []aggregate.State
	log    *rowLog    // not nil once groups are many
	number *numberLog // not nil once groups are many and close together
	form   *rowShape  // of a table that logged rows are folded into,
	part   int        // and its partition
	merge  bool       // input columns are states
	stored bool       // input is what tables spilled: it is cut into partitions already
	keyAt  []int      // input ordinals
	inputs []callInput
	groups int
	folded int // rows, as long as none was written down

	scratch  *frameBuffer
	reserved int64 // from the grant
	gids     []int32
	runs     []aggregate.Run
	steady   stretches // of rows in which no key changes
	cutting  bool      // the last batch came in such: its rows cost little here, and more in a log
	keyCols  []*batch.Vector
	argCols  []*batch.Vector
	sel, sub []int32
}

func (a *aggregation) newTable() (*aggTable, error) {
	t := &aggTable{agg: a, merge: a.merges(), keyAt: a.node.Keys, inputs: a.inputOf, specs: a.specs}
	return t, t.reset()
}

// merges reports whether the aggregation's input is states.
func (a *aggregation) merges() bool { return a.node.Mode == fragment.Final }

// newStateTable makes a table whose input is what tables spill: keys, then states.
func (a *aggregation) newStateTable() (*aggTable, error) {
	t := &aggTable{agg: a, merge: true, stored: true, specs: a.specs}
	at := 0
	for range a.keys {
		t.keyAt = append(t.keyAt, at)
		at++
	}
	for _, s := range a.specs {
		types, err := aggregate.StateTypes(s)
		if err != nil {
			return nil, err
		}
		in := callInput{filter: -1}
		for range types {
			in.args = append(in.args, at)
			at++
		}
		t.inputs = append(t.inputs, in)
	}
	return t, t.reset()
}

// newReduced makes a table of the same aggregates without DISTINCT.
func (a *aggregation) newReduced() (*aggTable, error) {
	t := &aggTable{agg: a}
	for _, s := range a.specs {
		if s.Distinct && s.Name == "count" {
			s.Args = nil
		}
		s.Distinct = s.Distinct && s.Name == "group_concat"
		t.specs = append(t.specs, s)
	}
	return t, t.reset()
}

// reduce absorbs a table, its sets of distinct values collapsed.
func (t *aggTable) reduce(o *aggTable) error {
	for i, st := range o.states {
		sp, ok := st.(aggregate.Splitter)
		if !ok {
			continue
		}
		plain, err := sp.Collapse()
		if err != nil {
			return err
		}
		o.states[i] = plain
	}
	return t.absorb(o, allGroups(o.len()))
}

// reset empties the table; its log stays.
func (t *aggTable) reset() error {
	t.states = t.states[:0]
	for _, spec := range t.specs {
		st, err := aggregate.New(spec)
		if err != nil {
			return err
		}
		if x, ok := st.(aggregate.NumberTaker); ok && t.agg.run.env.Debug.NoNumbers {
			x.TakeNoNumbers()
		}
		t.states = append(t.states, st)
	}
	t.groups, t.folded = 0, 0
	if len(t.agg.keys) > 0 {
		t.keys = newGroupTable(t.agg.keys, t.agg.run.env.Debug)
	}
	switch {
	case t.form == nil:
	case t.form.form != nil:
		t.keys = newDenseTable(t.form.form, t.part, t.keys)
	default:
		t.keys = newWideTable(t.form, t.keys)
	}
	return nil
}

func (t *aggTable) len() int { return t.groups }

func (t *aggTable) growTo(n int) {
	t.groups = n
	for _, st := range t.states {
		st.Grow(n)
	}
}

// fold adds the living rows of a batch.
func (t *aggTable) fold(b *batch.Batch) error {
	whole := t.weights(b) != nil // rows that stand for several are not written down
	if t.number != nil && !whole {
		var err error
		if b, err = t.number.take(b); b == nil || err != nil {
			return err
		}
	}
	if t.log != nil && !whole {
		return t.log.add(b, nil)
	}
	if err := t.foldRows(b); err != nil || t.log != nil {
		return err
	}
	t.folded += b.Alive()
	if !t.wantsLog(b) || !t.logs() {
		return nil
	}
	t.startLog(b)
	return nil
}

// rowLogs are the table's logs.
func (t *aggTable) rowLogs() (out []*rowLog) {
	if t.log != nil {
		out = append(out, t.log)
	}
	if t.number != nil {
		out = append(out, t.number.rowLog)
	}
	return out
}

// logInto is that whose rows are folded into some tables, nil when there is none.
func (t *aggTable) logInto(s *logTables) *rowLog {
	for _, l := range t.rowLogs() {
		if l.into == s {
			return l
		}
	}
	return nil
}

func (t *aggTable) foldRows(b *batch.Batch) error {
	n := b.Alive()
	if n == 0 {
		return nil
	}
	rows := aggregate.Rows{Len: n, Sel: b.Sel}
	if t.keys == nil {
		if t.groups == 0 {
			t.growTo(1)
		}
	} else {
		t.keysOf(b)
		if t.cutting = t.assignRuns(b, &rows); !t.cutting {
			t.assign(b, &rows)
		}
		if t.keys.len() > t.groups {
			t.growTo(t.keys.len())
		}
	}
	for i, st := range t.states {
		if err := t.foldCall(i, st, b, rows); err != nil {
			return err
		}
	}
	return nil
}

func (t *aggTable) foldCall(i int, st aggregate.State, b *batch.Batch, rows aggregate.Rows) error {
	in := t.inputs[i]
	t.argCols = t.argCols[:0]
	for _, c := range in.args {
		t.argCols = append(t.argCols, b.Cols[c])
	}
	if in.filter >= 0 {
		rows = t.admitted(b, &rows, b.Cols[in.filter])
		if rows.Len == 0 {
			return nil
		}
	}
	if t.merge {
		return st.Merge(&rows, t.argCols)
	}
	if w := t.weights(b); w != nil {
		if st, ok := st.(aggregate.Weighted); ok {
			return st.UpdateWeighted(&rows, t.argCols, w)
		}
	}
	return st.Update(&rows, t.argCols)
}

// weights tells for how many rows each row of the batch stands, nil when each stands for itself, as those of a log do.
func (t *aggTable) weights(b *batch.Batch) []int64 {
	if t.merge || t.agg.node.Weight == 0 {
		return nil
	}
	v := b.Cols[t.agg.node.Weight-1]
	if v == nil || v.Enc == batch.Const && v.I[0] == 1 {
		return nil
	}
	return v.Flatten().I
}

// admitted keeps the rows for which the call's filter is true.
func (t *aggTable) admitted(b *batch.Batch, all *aggregate.Rows, cond *batch.Vector) aggregate.Rows {
	t.sel, t.sub = t.sel[:0], t.sub[:0]
	run := 0
	for k := range b.Alive() {
		row := rowOf(b, k)
		if cond.IsNull(row) || cond.Int64(row) == 0 {
			continue
		}
		t.sel = append(t.sel, int32(row))
		if t.keys != nil {
			t.sub = append(t.sub, all.Group(k, &run))
		}
	}
	r := aggregate.Rows{Len: len(t.sel), Sel: t.sel}
	if t.keys != nil {
		r.Groups = t.sub
	}
	return r
}

// absorb merges the listed groups of another table into this one.
func (t *aggTable) absorb(o *aggTable, from []int32) error {
	to := make([]int32, len(from))
	if t.keys != nil {
		t.keys.adopt(to, o.keys, from)
		t.growTo(t.keys.len())
	} else if len(from) > 0 {
		t.growTo(1)
	}
	for i, st := range t.states {
		if err := st.Absorb(o.states[i], from, to); err != nil {
			return err
		}
	}
	return nil
}

func (t *aggTable) bytes() int64 {
	n := int64(0)
	if t.keys != nil {
		n = t.keys.bytes()
	}
	for _, st := range t.states {
		n += st.Bytes()
	}
	if t.log != nil {
		n += t.log.bytes()
	}
	if t.number != nil {
		n += t.number.bytes()
	}
	return n
}

// accountStep is how finely memory is reserved.
const accountStep = 64 << 10

// account brings the reservation up to what the table holds, spilling it when the grant refuses.
func (t *aggTable) account(force bool) error {
	if !force && t.fits() || t.groups == 0 && t.log == nil && t.number == nil {
		return nil
	}
	return t.spill()
}

// fits brings the reservation up to what the table holds, if the grant allows. A single small group always does: it must not fail
// because the tables below hold all there is.
func (t *aggTable) fits() bool {
	want := (t.bytes() + accountStep - 1) / accountStep * accountStep
	if t.keys == nil && want <= accountStep {
		return true
	}
	return want <= t.reserved || t.reserve(want-t.reserved)
}

func (t *aggTable) reserve(n int64) bool {
	if !t.agg.run.grant.Reserve(n) {
		return false
	}
	t.reserved += n
	t.agg.stats.hold(n)
	return true
}

// release gives the memory back; the table is not used afterwards, or was reset.
func (t *aggTable) release() {
	t.agg.run.grant.Release(t.reserved)
	t.agg.stats.hold(-t.reserved)
	t.reserved = 0
}

// hold counts reserved memory and its peak.
func (c *counters) hold(n int64) {
	now := c.reserved.Add(n)
	for {
		p := c.peak.Load()
		if now <= p || c.peak.CompareAndSwap(p, now) {
			return
		}
	}
}

func memoryExceeded(g *Grant, what string) error {
	limit := int64(0)
	if g != nil {
		limit = g.Limit()
	}
	return errs.New(errs.Limit, "memory-limit-exceeded", "%s needs more memory than the query's grant of %d bytes, even after spilling", what, limit).
		WithHint("raise the node's --memory, filter more rows, or group by fewer columns")
}

// groupOutput cuts a table into batches of results or states.
type groupOutput struct {
	table  *aggTable
	at     int
	picked []int32 // the groups to be given, unless it is all
	all    bool
	picker groupPicker
	ids    []int32
	out    batch.Batch
	hold   logScratch
	nested []*aggSpill // spills of partitions cut again, innermost last
}

func (o *groupOutput) start(a *aggregation, t *aggTable) (err error) {
	o.table, o.at = t, 0
	o.picked, o.all, err = o.picker.pick(a, t)
	return err
}

func (o *groupOutput) done() {
	if o.table != nil {
		o.table.release()
	}
	o.table = nil
}

// take returns the next groups, at most a batch of them.
func (o *groupOutput) take(most int) []int32 {
	left := len(o.picked) - o.at
	if o.all {
		left = o.table.len() - o.at
	}
	if left <= 0 {
		return nil
	}
	n := o.table.cut(left, most)
	o.at += n
	if !o.all {
		return o.picked[o.at-n : o.at]
	}
	o.ids = o.ids[:0]
	for g := o.at - n; g < o.at; g++ {
		o.ids = append(o.ids, int32(g))
	}
	return o.ids
}

func (o *groupOutput) next(a *aggregation) (*batch.Batch, error) {
	if o.table == nil {
		return nil, nil
	}
	ids := o.take(a.run.env.Debug.BatchRows)
	if len(ids) == 0 {
		return nil, nil
	}
	cols, err := o.table.columns(ids, a.node.Mode == fragment.Partial, a.late)
	if err != nil {
		return nil, err
	}
	o.out = batch.Batch{Cols: cols, Len: len(ids)}
	return &o.out, nil
}

// columns gives keys and results, or keys and states, of the listed groups. Keys that are not read are NULL.
func (t *aggTable) columns(groups []int32, partial bool, late *lateGroups) ([]*batch.Vector, error) {
	var out []*batch.Builder
	read := false
	for i, k := range t.agg.keys {
		out = append(out, batch.NewBuilder(k, len(groups)))
		read = read || late.needs(i)
	}
	if t.keys != nil && read {
		t.keys.emit(out, groups)
	}
	for i, st := range t.states {
		spec := t.specs[i]
		if !partial {
			b := batch.NewBuilder(spec.Result, len(groups))
			if err := st.Result(b, groups); err != nil {
				return nil, err
			}
			out = append(out, b)
			continue
		}
		types, err := aggregate.StateTypes(spec)
		if err != nil {
			return nil, err
		}
		var cols []*batch.Builder
		for _, typ := range types {
			cols = append(cols, batch.NewBuilder(typ, len(groups)))
		}
		st.AppendState(cols, groups)
		out = append(out, cols...)
	}
	vecs := make([]*batch.Vector, len(out))
	for i, b := range out {
		if vecs[i] = b.Finish(); i < len(t.agg.keys) && !read {
			vecs[i] = batch.NewConst(schema.NullValue(t.agg.keys[i]), len(groups))
		}
	}
	return vecs, nil
}
