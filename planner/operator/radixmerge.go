package operator

// radixParts is the number of partitions, by the top bits of a key's hash, that merging and spilling use.
const (
	radixBits  = 5
	radixParts = 1 << radixBits
)

// radixMerge merges several tables partition by partition: partitions share no key, so each can be merged by any goroutine.
type radixMerge struct {
	tables []*aggTable
	parts  [][][]int32 // table, partition: groups
}

// newRadixMerge also has every table settle what it put off, since afterwards several goroutines read it: absorbing no groups does.
func newRadixMerge(a *aggregation) (*radixMerge, error) {
	r := &radixMerge{tables: a.tables}
	idle, err := a.newTable()
	if err != nil {
		return nil, err
	}
	for _, t := range a.tables {
		r.parts = append(r.parts, t.keys.partitions(0))
		if err := idle.absorb(t, nil); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// partitions lists the groups of each radix partition at a level.
func (t *groupTable) partitions(level int) [][]int32 {
	shift := uint(64 - radixBits*(level+1))
	var counts [radixParts]int
	for g := range t.len() {
		counts[t.hash(int32(g))>>shift&(radixParts-1)]++
	}
	out := make([][]int32, radixParts)
	all := make([]int32, t.len())
	at := 0
	for p, n := range counts {
		out[p] = all[at : at : at+n]
		at += n
	}
	for g := range int32(t.len()) {
		p := t.hash(g) >> shift & (radixParts - 1)
		out[p] = append(out[p], g)
	}
	return out
}

// merge makes the table of one partition.
func (r *radixMerge) merge(a *aggregation, p int) (*aggTable, error) {
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
