package catalog

// purgeLimit is how many deliveries one PurgeExpired forgets at most when it does not say.
const purgeLimit = 10_000

// applyPurge forgets what left longer ago than the retention. Of a delivery in a table that lives, the bare record stays: its
// content must be known as superseded however late it comes again.
func (s *state) applyPurge(c *PurgeExpired) Result {
	limit := int(c.Limit)
	if limit == 0 {
		limit = purgeLimit
	}
	p := &purge{state: s, before: c.Now - s.retention, limit: limit}
	s.index++ // as if it happened; taken back when there is nothing to do
	clock := s.clock
	s.clock = max(s.clock, c.Now)
	p.tables()
	p.deliveries()
	if !p.changed {
		s.index--
		s.clock = clock
	}
	return p.res
}

// purge is one PurgeExpired under way.
type purge struct {
	*state
	before  int64 // what left at this time or earlier goes
	limit   int
	changed bool
	res     Result
}

// full reports whether the limit is reached and, if so, remembers that there is more.
func (p *purge) full() bool {
	p.res.More = len(p.res.Purged) >= p.limit
	return p.res.More
}

func (p *purge) forget(table uint32, d *Delivery, removed uint64) {
	if !d.Purged {
		p.res.Purged = append(p.res.Purged, Purged{Table: table, Delivery: d.ID})
	}
	p.horizon = max(p.horizon, removed)
	p.changed = true
}

func (p *purge) deliveries() {
	for !p.full() {
		var k removedKey
		found := false
		p.removed.all(func(key removedKey, at int64) bool {
			k, found = key, at <= p.before
			return false
		})
		if !found {
			break
		}
		p.strip(k)
	}
	if p.changed {
		p.oldSpans()
	}
}

// strip leaves nothing of a delivery but its record.
func (p *purge) strip(k removedKey) {
	e, d := p.load(k.entryKey)
	if e.compaction {
		p.inputs(k, e, d)
		return
	}
	p.forget(k.table, d, k.index)
	p.dropRemoved(k)
	p.dropGroups(k.entryKey, e.blob)
	d.Purged, d.Files, d.ColumnBytes = true, nil, nil
	e.blob, e.purged = pack(d, nil, p.optionsNumber(d.Options)).blob, true
	p.putEntry(k.entryKey, e)
}

func (s *state) dropGroups(k entryKey, blob string) {
	must(groups(blob, func(h groupHead, _ uint32, _ string) {
		if part, ok := s.parts.get(partKey{k.table, h.partition}); ok {
			s.groups.delete(groupKey{part.number, k.seq})
			s.unfold(groupKey{part.number, k.seq})
		}
	}))
}

// oldSpans forgets stays in force that no view can show any more.
func (p *purge) oldSpans() {
	type span struct {
		k   spanKey
		end uint64
	}
	var old []span
	p.spans.all(func(k spanKey, end uint64) bool {
		if end <= p.horizon {
			old = append(old, span{k, end})
		}
		return true
	})
	for _, o := range old {
		p.dropSpan(o.k, o.end)
	}
}

// tables forgets old definitions, and dropped tables with all they held.
func (p *purge) tables() {
	var old []tableEntry
	p.state.tables.all(func(_ tableKey, e tableEntry) bool {
		if e.removed != 0 && e.removedAt <= p.before {
			old = append(old, e)
		}
		return true
	})
	for _, e := range old {
		if e.dropped && !p.content(&e) {
			return
		}
		p.dropTableEntry(&e)
		p.horizon = max(p.horizon, e.removed)
		p.changed = true
	}
}

// content forgets what a dropped table held and reports whether it was all within the limit.
func (p *purge) content(t *tableEntry) bool {
	for !p.full() {
		var k entryKey
		found := false
		p.entries.ascend(entryKey{table: t.def.ID}, func(key entryKey, _ entry) bool {
			k, found = key, key.table == t.def.ID
			return false
		})
		if !found {
			p.dropParts(t.def.ID)
			return true
		}
		e, d := p.load(k)
		p.forget(k.table, d, t.removed)
		p.dropGroups(k, e.blob)
		p.dropRemoved(removedKey{e.removed, k})
		if e.compaction {
			p.dropRemoved(removedKey{e.added, k})
		}
		p.dropSpans(k)
		p.dropEntry(k, &e, d)
	}
	return false
}

func (s *state) dropSpans(k entryKey) {
	for {
		var key spanKey
		var end uint64
		found := false
		s.spans.ascend(spanKey{entryKey: k}, func(sk spanKey, e uint64) bool {
			key, end, found = sk, e, sk.entryKey == k
			return false
		})
		if !found {
			return
		}
		s.dropSpan(key, end)
	}
}

func (s *state) dropParts(table uint32) {
	type part struct {
		k partKey
		p partition
	}
	var all []part
	s.parts.ascend(partKey{table: table}, func(k partKey, p partition) bool {
		if k.table != table {
			return false
		}
		all = append(all, part{k, p})
		return true
	})
	for _, x := range all {
		s.dropPart(x.k, x.p)
	}
}
