package mirror

import (
	"strings"
	"sync"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

// plan is the difference between what should be and what is. Its steps run in this order: what must leave live/ leaves, then
// the rest comes; so a plain reader may miss rows for a moment but never counts one twice.
type plan struct {
	view    *catalog.Snapshot
	leave   []step // out of live/, into kept/
	enter   []step // into live/ or kept/, from another place in the store or from the local disk
	files   []fileStep
	drop    []string        // keys to delete
	slots   map[slot]bool   // that could not be cleared
	stuck   map[uint32]bool // tables of which a merged segment could not leave
	damaged []string        // segments of which no sound copy is known; under mu
	mu      sync.Mutex
	oldest  int64 // load time of the oldest delivery with work, microseconds
	bytes   int64
}

// step brings one segment to one key.
type step struct {
	segment schema.Segment
	slot    slot
	merged  bool   // a compaction's
	key     string // where it should be
	live    []string
}

// fileStep uploads a side file.
type fileStep struct {
	delivery *catalog.Delivery
	file     catalog.File
}

// slot is what must not hold two deliveries in live/ at once.
type slot struct {
	table          uint32
	source, period string
	any            bool // of the whole table
}

func slotOf(d *catalog.Delivery) slot {
	return slot{table: d.Table, source: d.Source, period: d.Period}
}

// makePlan compares the given deliveries with what is there.
func makePlan(view *catalog.Snapshot, a *actual, deliveries []*catalog.Delivery) *plan {
	p := &plan{view: view, slots: map[slot]bool{}, stuck: map[uint32]bool{}}
	for _, d := range deliveries {
		before := len(p.leave) + len(p.enter) + len(p.files)
		p.addDelivery(a, d)
		if len(p.leave)+len(p.enter)+len(p.files) > before && (p.oldest == 0 || d.LoadedAt < p.oldest) {
			p.oldest = d.LoadedAt
		}
	}
	return p
}

func (p *plan) addDelivery(a *actual, d *catalog.Delivery) {
	if d.Purged {
		return // what is left of it counts as stray
	}
	table, exists := p.view.TableByID(d.Table)
	for s := range p.view.SegmentsOf(d.ID) {
		if s.Location != "" {
			continue // attached: others keep it
		}
		want := keptKey(s)
		if exists && s.Removed == 0 && d.Removed == 0 && wholly(s) {
			want = liveKey(table, s)
		}
		p.addSegment(a, step{segment: *s, slot: slotOf(d), key: want, merged: d.Compaction})
	}
	for _, f := range d.Files {
		if !a.hasFile(d.ID, f.Name, f.Bytes) {
			p.files = append(p.files, fileStep{d, f})
			p.bytes += f.Bytes
		}
	}
	if sums := sumsOf(p.view, d); len(sums) > 0 && !a.hasFile(d.ID, sumsFile, int64(len(sums))) {
		p.files = append(p.files, fileStep{d, catalog.File{Name: sumsFile}})
	}
}

// wholly reports whether every row of a segment is in force. A plain reader would count the others, so a merged segment with some that
// are not stays away until compaction has parted them.
func wholly(s *schema.Segment) bool {
	for i := range s.Parts {
		if !s.Parts[i].Live {
			return false
		}
	}
	return true
}

// addSegment plans the way of one segment to where it should be, and the removal of every other copy.
func (p *plan) addSegment(a *actual, st step) {
	s, want := &st.segment, st.key
	there := false
	for _, i := range a.all(s.ID) {
		switch {
		case i.Key == want && i.Bytes == s.Bytes:
			there = true
		case strings.HasPrefix(i.Key, livePrefix):
			st.live = append(st.live, i.Key)
		case i.Key != want:
			p.drop = append(p.drop, i.Key)
		}
	}
	if len(st.live) > 0 {
		leave := st
		leave.key = keptKey(s)
		p.leave = append(p.leave, leave)
		if want == leave.key {
			return
		}
		st.live = nil
	}
	if !there {
		p.enter = append(p.enter, st)
		p.bytes += s.Bytes
	}
}

// strays lists keys of segments and side files that the catalog does not know: leftovers of deliveries past retention, and of
// loads that never committed. In live/ they would be counted by plain readers, so they leave at once, into kept/; elsewhere
// they wait out the grace, since the catalog of a load in flight does not know it yet.
func (p *plan) strays(a *actual, known map[schema.ID]bool, now time.Time, grace time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, places := range a.segments {
		if known[id] {
			continue
		}
		for key, i := range places {
			if strings.HasPrefix(key, livePrefix) {
				p.leave = append(p.leave, step{segment: schema.Segment{ID: id, Bytes: i.Bytes}, key: strayKey(id), live: []string{key}})
			} else if now.Sub(i.Modified) > grace {
				p.drop = append(p.drop, key)
			}
		}
	}
	for id, files := range a.files {
		if d, ok := p.view.Delivery(id); ok && !d.Purged || now.Sub(a.touched[id]) <= grace {
			continue
		}
		for name := range files {
			p.drop = append(p.drop, fileKey(id, name))
		}
	}
}

// strayKey is where a segment goes whose table nobody knows.
func strayKey(id schema.ID) string { return keptKey(&schema.Segment{ID: id}) }
