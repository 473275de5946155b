package operator

// radixParts is the number of partitions, by the top bits of a key's hash, that spilling uses, and merging of not so many groups.
const (
	radixBits  = 5
	radixParts = 1 << radixBits
)

// radixMerge merges several tables partition by partition: partitions share no key, so each can be merged by any goroutine.
type radixMerge struct {
	bits   int
	tables []*aggTable
	parts  [][][]int32 // table, partition: groups
	dense  [][][]int32 // the same of those that are grouped by number elsewhere
	more   int         // partitions of numbers, after all others
}

// mergeMany is from how many groups on they are merged in as many partitions as rows are logged in.
const mergeMany = 1 << 17

// newRadixMerge also has every table settle what it put off, since afterwards several goroutines read it: absorbing no groups does.
func newRadixMerge(a *aggregation) (*radixMerge, error) {
	r := &radixMerge{tables: a.tables, bits: radixBits}
	idle, err := a.newTable()
	if err != nil {
		return nil, err
	}
	groups := 0
	for _, t := range a.tables {
		groups += t.len()
	}
	if groups >= mergeMany || a.logs != nil {
		r.bits = logBits
	}
	for _, t := range a.tables {
		for _, l := range t.rowLogs() {
			l.spare = nil // nothing is logged any more
		}
		parts := t.keys.partitions(0, r.bits)
		if a.numbers != nil {
			r.more = len(a.numbers.parts)
			r.dense = append(r.dense, a.numbers.early(t.keys, parts))
		}
		r.parts = append(r.parts, parts)
		if err := idle.absorb(t, nil); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *radixMerge) count() int { return 1<<r.bits + r.more }

// partitions lists the groups by some bits of their hashes, those below the skip top ones.
func (t *groupTable) partitions(skip, width int) [][]int32 {
	shift, parts := uint(64-skip-width), uint64(1)<<width
	counts := make([]int, parts)
	for g := range t.len() {
		counts[t.hash(int32(g))>>shift&(parts-1)]++
	}
	out := make([][]int32, parts)
	all := make([]int32, t.len())
	at := 0
	for p, n := range counts {
		out[p] = all[at : at : at+n]
		at += n
	}
	for g := range int32(t.len()) {
		p := t.hash(g) >> shift & (parts - 1)
		out[p] = append(out[p], g)
	}
	return out
}

// merge makes the table of one partition, nil when it is known to be empty.
func (r *radixMerge) merge(a *aggregation, p int, scratch *groupOutput) (*aggTable, error) {
	if p >= 1<<r.bits {
		return a.numbers.finish(p-1<<r.bits, r.early(r.dense, p-1<<r.bits), &scratch.hold)
	}
	if a.logs != nil {
		return a.logs.finish(p, r.early(r.parts, p), &scratch.hold)
	}
	out, err := a.newTable()
	if err != nil {
		return nil, err
	}
	for i, t := range r.tables {
		if err := out.absorb(t, r.parts[i][p]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// early lists the groups of a partition that workers' tables hold.
func (r *radixMerge) early(parts [][][]int32, p int) [][]int32 {
	out := make([][]int32, len(r.tables))
	for i := range r.tables {
		out[i] = parts[i][p]
	}
	return out
}
