package catalog_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

// model is the catalog as plain maps, written from the comments on the commands.
type model struct {
	index   uint64
	clock   int64
	newest  int64
	tables  map[string]*modelTable // by lower-case name
	dropped map[uint32]int64       // table id to time
	next    uint32
	all     map[int]*modelDelivery
	order   []int
	views   map[uint64][]int // live content by index
	folds   []modelFold      // compactions whose inputs are kept
}

type modelFold struct {
	table uint32
	at    int64
}

type modelTable struct{ id, version uint32 }

type modelDelivery struct {
	n, content int
	table      uint32
	slot       string
	replaced   []int
	removed    uint64
	removedAt  int64
	successor  int
	purged     bool
}

func newModel() *model {
	return &model{tables: map[string]*modelTable{}, dropped: map[uint32]int64{}, next: 1, all: map[int]*modelDelivery{}, views: map[uint64][]int{0: nil}}
}

func (m *model) tableLive(id uint32) bool {
	for _, t := range m.tables {
		if t.id == id {
			return true
		}
	}
	return false
}

func (m *model) live() (ids []int) {
	for _, n := range m.order {
		if d := m.all[n]; d.removed == 0 && m.tableLive(d.table) {
			ids = append(ids, n)
		}
	}
	slices.Sort(ids)
	return ids
}

func (m *model) bump(at int64) {
	m.index++
	m.clock = max(m.clock, at)
}

func (m *model) put(name string, at int64) bool {
	if m.tables[name] != nil {
		return false
	}
	m.bump(at)
	m.tables[name] = &modelTable{id: m.next, version: 1}
	m.next++
	return true
}

func (m *model) drop(name string, at int64) bool {
	t := m.tables[name]
	if t == nil {
		return false
	}
	m.bump(at)
	m.dropped[t.id] = m.clock
	delete(m.tables, name)
	return true
}

// commit returns whether the command is accepted.
func (m *model) commit(n, content int, table uint32, slot string, replace, force bool, at int64) bool {
	if !m.tableLive(table) {
		return false
	}
	var seen *modelDelivery
	for _, o := range m.order {
		if d := m.all[o]; d.table == table && d.slot == slot && d.content == content && (seen == nil || seen.removed != 0) {
			seen = d
		}
	}
	if seen != nil && seen.removed == 0 {
		return true
	}
	if seen != nil && seen.successor != 0 && !force {
		return false
	}
	if m.all[n] != nil {
		return false
	}
	m.bump(at)
	m.newest = max(m.newest, at)
	d := &modelDelivery{n: n, content: content, table: table, slot: slot}
	for _, o := range m.order {
		if old := m.all[o]; replace && slot != "" && old.table == table && old.slot == slot && old.removed == 0 {
			old.removed, old.removedAt, old.successor = m.index, m.clock, n
			d.replaced = append(d.replaced, o)
		}
	}
	m.all[n] = d
	m.order = append(m.order, n)
	return true
}

func (m *model) revert(n int, at int64) bool {
	d := m.all[n]
	if d == nil || !m.tableLive(d.table) || d.removed != 0 {
		return false
	}
	for _, o := range d.replaced {
		old := m.all[o]
		if old == nil || old.purged || old.removed == 0 {
			return false
		}
		for _, x := range m.all {
			if x.n != n && x.removed == 0 && x.table == old.table && x.slot == old.slot && x.content == old.content {
				return false
			}
		}
	}
	m.bump(at)
	d.removed, d.removedAt, d.successor = m.index, m.clock, 0
	for _, o := range d.replaced {
		m.all[o].removed, m.all[o].successor = 0, 0
	}
	return true
}

func (m *model) purge(now int64) {
	before := now - catalog.DefaultRetention
	changed := false
	for id, at := range m.dropped {
		if at > before {
			continue
		}
		delete(m.dropped, id)
		changed = true
		m.folds = slices.DeleteFunc(m.folds, func(f modelFold) bool { return f.table == id })
		m.order = slices.DeleteFunc(m.order, func(n int) bool { return m.all[n].table == id })
		maps.DeleteFunc(m.all, func(_ int, d *modelDelivery) bool { return d.table == id })
	}
	for _, d := range m.all {
		if d.removed != 0 && !d.purged && d.removedAt <= before {
			d.purged, changed = true, true
		}
	}
	kept := len(m.folds)
	m.folds = slices.DeleteFunc(m.folds, func(f modelFold) bool { return f.at <= before })
	if changed || len(m.folds) < kept {
		m.bump(now)
	}
}

// run is a machine beside its model.
type run struct {
	*rapid.T
	m     *catalog.Machine
	model *model
	clock int64
}

func (r *run) do(c catalog.Command, want bool) {
	before := r.m.Snapshot()
	res, err := r.m.Apply(catalog.Encode(c))
	if (err == nil) != want {
		r.Fatalf("%T %+v: got %v, the model says accepted=%v", c, c, err, want)
	}
	after := r.m.Snapshot()
	if res.Index != r.model.index || after.Index() != r.model.index {
		r.Fatalf("%T: index %d, the model is at %d", c, after.Index(), r.model.index)
	}
	if same := after.StateHash() == before.StateHash(); same != (after.Index() == before.Index()) {
		r.Fatalf("%T: index %d to %d, state hash the same: %v", c, before.Index(), after.Index(), same)
	}
	r.model.views[r.model.index] = r.model.live()
}

func (r *run) table() (string, uint32) {
	name := rapid.SampledFrom([]string{"a", "b"}).Draw(r.T, "table")
	if t := r.model.tables[name]; t != nil {
		return name, t.id
	}
	return name, 99
}

func (r *run) tick() int64 {
	r.clock += rapid.Int64Range(0, 2*day).Draw(r.T, "ticks")
	return r.clock
}

func (r *run) Commit(t *rapid.T) {
	r.T = t
	_, table := r.table()
	n, content := rapid.IntRange(1, 400).Draw(t, "id"), rapid.IntRange(1, 6).Draw(t, "content")
	slot := rapid.SampledFrom([]string{"", "s1", "s2"}).Draw(t, "slot")
	c := commit(table, n, slot, slot, r.tick())
	c.Delivery.SHA256 = digest(content)
	c.Replace, c.Force = rapid.Bool().Draw(t, "replace"), rapid.Bool().Draw(t, "force")
	for i := range rapid.IntRange(0, 3).Draw(t, "segments") {
		c.Segments = append(c.Segments, segment(&c.Delivery, 1000*n+i, "H", int64(i%2), 5))
		c.Delivery.Accepted += 5
	}
	r.do(c, r.model.commit(n, content, table, slot, c.Replace, c.Force, r.clock))
}

func (r *run) Put(t *rapid.T) {
	r.T = t
	name, _ := r.table()
	def := labs(name)
	r.do(&catalog.PutTable{Table: def, At: r.tick()}, r.model.put(name, r.clock))
}

func (r *run) Drop(t *rapid.T) {
	r.T = t
	if rapid.IntRange(0, 3).Draw(t, "seldom") == 0 {
		name, _ := r.table()
		r.do(&catalog.DropTable{Name: name, At: r.tick()}, r.model.drop(name, r.clock))
	}
}

func (r *run) Revert(t *rapid.T) {
	r.T = t
	n := 0
	if len(r.model.order) > 0 {
		n = rapid.SampledFrom(r.model.order).Draw(t, "delivery")
	}
	r.do(&catalog.RevertDelivery{Delivery: id(n), At: r.tick()}, r.model.revert(n, r.clock))
}

func (r *run) Purge(t *rapid.T) {
	r.T = t
	now := r.tick()
	r.model.purge(now)
	r.do(&catalog.PurgeExpired{Now: now}, true)
}

// Compact merges some of what is in force in one partition, and carries what is out of force along unless it is past retention.
func (r *run) Compact(t *rapid.T) {
	r.T = t
	_, table := r.table()
	month := rapid.Int64Range(0, 1).Draw(t, "month")
	c := compaction(table, 1000+len(r.model.views), month, nil)
	c.At, c.StartedAt = r.tick(), r.clock
	seen := map[schema.ID]bool{}
	rows := map[schema.ID]int64{}
	snap := r.m.Snapshot()
	for seg := range snap.SegmentsWhere(table, func(*catalog.Coarse) bool { return true }) {
		if seg.Partition[1].I != month {
			continue
		}
		if !seen[seg.Delivery] {
			if rapid.IntRange(0, 3).Draw(t, "leave out") == 0 {
				continue
			}
			seen[seg.Delivery] = true
			c.Inputs = append(c.Inputs, seg.Delivery)
		}
	}
	for _, in := range c.Inputs {
		for seg := range snap.SegmentsOf(in) {
			for _, p := range seg.Parts {
				if d, _ := snap.Delivery(p.Delivery); seg.Partition[1].I == month && !d.Purged {
					rows[p.Delivery] += p.Rows
				}
			}
		}
	}
	want := len(c.Inputs) > 0 && c.StartedAt >= r.model.newest-day
	for d, n := range rows {
		seg := segment(&catalog.Delivery{ID: c.ID, Table: table}, 5000+rapid.IntRange(1, 1<<20).Draw(t, "segment"), "H", month, n)
		seg.Parts = []schema.Part{{Delivery: d, Rows: n}}
		c.Segments = append(c.Segments, seg)
	}
	slices.SortFunc(c.Segments, func(a, b schema.Segment) int { return bytes.Compare(a.Parts[0].Delivery[:], b.Parts[0].Delivery[:]) })
	if len(c.Segments) > 1 { // two deliveries in one segment
		a, b := &c.Segments[0], c.Segments[1]
		a.Parts, a.Rows = append(a.Parts, b.Parts...), a.Rows+b.Rows
		c.Segments = slices.Delete(c.Segments, 1, 2)
	}
	if want {
		r.model.bump(c.At)
		r.model.folds = append(r.model.folds, modelFold{table, r.model.clock})
	}
	r.do(c, want)
}

func (r *run) Reload(t *rapid.T) {
	r.T = t
	var b bytes.Buffer
	if err := r.m.Save(&b); err != nil {
		t.Fatal(err)
	}
	other := catalog.New()
	if err := other.Load(&b); err != nil {
		t.Fatal(err)
	}
	if other.Snapshot().StateHash() != r.m.Snapshot().StateHash() || other.Snapshot().Counts() != r.m.Snapshot().Counts() {
		t.Fatalf("a reloaded machine differs: %+v, %+v", other.Snapshot().Counts(), r.m.Snapshot().Counts())
	}
	r.m = other
}

// deliveriesWithSegments lists the deliveries whose segments a view shows.
func deliveriesWithSegments(s *catalog.Snapshot) (ids []int) {
	seen, rows := map[schema.ID]bool{}, map[schema.ID]int64{}
	defer func() {
		for id, n := range rows {
			if d, ok := s.Delivery(id); !ok || d.Accepted != n {
				panic(fmt.Sprintf("delivery %s: %d rows in force", id, n))
			}
		}
	}()
	for _, t := range s.Tables() {
		checkSummaries(s, t.ID)
		var totals catalog.Totals
		for seg := range s.Segments(t.ID) {
			totals.Segments++
			totals.Rows += seg.Rows
			totals.Rows -= seg.Rows
			for _, p := range seg.Parts {
				if p.Live {
					totals.Rows += p.Rows
					rows[p.Delivery] += p.Rows
				}
				if p.Live && !seen[p.Delivery] {
					seen[p.Delivery] = true
					ids = append(ids, int(p.Delivery[14])<<8|int(p.Delivery[15]))
				}
			}
		}
		var parts catalog.Totals
		for p := range s.Partitions(t.ID) {
			parts.Rows, parts.Segments = parts.Rows+p.Totals.Rows, parts.Segments+p.Totals.Segments
		}
		if parts.Rows != totals.Rows {
			panic(fmt.Sprintf("partitions %+v, counted %+v", parts, totals))
		}
		if got := s.Totals(t.ID); got.Rows != totals.Rows || got.Segments < totals.Segments { // a segment without a row in force is not shown
			panic(fmt.Sprintf("totals %+v, counted %+v", got, totals))
		}
	}
	slices.Sort(ids)
	return ids
}

// checkSummaries compares what is kept of each partition with its segments.
func checkSummaries(s *catalog.Snapshot, table uint32) {
	for range 2 {
		want := map[string]*catalog.Summary{}
		for seg := range s.Segments(table) {
			k := fmt.Sprint(seg.Partition)
			if want[k] == nil {
				want[k] = &catalog.Summary{Partition: seg.Partition}
			}
			x := want[k]
			x.Segments++
			live := int64(0)
			for _, p := range seg.Parts {
				if p.Live {
					live += p.Rows
				}
			}
			x.Rows, x.Stored = x.Rows+live, x.Stored+seg.Rows
		}
		for x := range s.Summaries(table, func([]schema.Value) bool { return true }) {
			k := fmt.Sprint(x.Partition)
			w := want[k]
			if w == nil || x.Segments != w.Segments || x.Rows != w.Rows || x.Stored != w.Stored {
				panic(fmt.Sprintf("partition %s at %d: %+v, want %+v", k, s.Index(), x, w))
			}
			for _, b := range x.Bounds {
				for seg := range s.Segments(table) {
					o, ok := seg.Bound(b.Column)
					if fmt.Sprint(seg.Partition) == k && (!ok || o.Min.Compare(b.Min) < 0 || o.Max.Compare(b.Max) > 0) {
						panic(fmt.Sprintf("bound %+v does not hold for %+v", b, o))
					}
				}
			}
			delete(want, k)
		}
		if len(want) > 0 {
			panic(fmt.Sprintf("partitions are missing: %v", want))
		}
	}
}

// Check compares every view that can still be had, and each delivery.
func (r *run) Check(t *rapid.T) {
	s := r.m.Snapshot()
	for index, want := range r.model.views {
		view, err := s.At(index)
		if (err != nil) != (index < s.Horizon()) {
			t.Fatalf("At(%d) with horizon %d: %v", index, s.Horizon(), err)
		}
		if err == nil && !slices.Equal(deliveriesWithSegments(view), want) {
			t.Fatalf("at index %d of %d: %v live, want %v", index, s.Index(), deliveriesWithSegments(view), want)
		}
	}
	for n, m := range r.model.all {
		d, ok := s.Delivery(id(n))
		if !ok || d.Purged != m.purged || r.model.tableLive(m.table) && (d.Removed != m.removed || m.successor != 0 && d.Superseded != id(m.successor)) {
			t.Fatalf("delivery %d is %+v, the model has %+v", n, d, m)
		}
	}
}

func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &run{T: t, m: catalog.New(), model: newModel(), clock: day}
		r.Put(t)
		t.Repeat(map[string]func(*rapid.T){
			"commit": r.Commit, "commit2": r.Commit, "put": r.Put, "drop": r.Drop, "revert": r.Revert, "purge": r.Purge, "compact": r.Compact, "compact2": r.Compact, "reload": r.Reload,
			"": r.Check,
		})
	})
}
