package operator

import "sync"

// logTables is the tables that the rows of all workers' logs are folded into, one for each partition, so that no worker's groups are
// merged with those of another later.
type logTables struct {
	agg   *aggregation
	shape *rowShape
	parts []sharedPart
}

type sharedPart struct {
	mu    sync.Mutex
	table *aggTable // nil as long as nothing was folded
}

func (a *aggregation) newLogTables(form *numberForm, spans []int, parts int) *logTables {
	shape, _ := a.shape(form, spans)
	return &logTables{agg: a, shape: shape, parts: make([]sharedPart, parts)}
}

// newTable makes the table of a partition.
func (s *logTables) newTable(p int) (*aggTable, error) {
	t := &aggTable{part: p, agg: s.agg, merge: s.agg.merges(), keyAt: s.agg.node.Keys, inputs: s.agg.inputOf, specs: s.agg.specs, form: s.shape}
	return t, t.reset()
}

// fold folds what a worker logged for a partition. When the grant has no room for its table, the tables of all are spilled.
func (s *logTables) fold(l *rowLog, p int) error {
	fits, err := s.foldPart(l, p)
	if err != nil || fits {
		return err
	}
	return s.spill(&l.hold)
}

func (s *logTables) foldPart(l *rowLog, p int) (fits bool, err error) {
	part := &s.parts[p]
	part.mu.Lock()
	defer part.mu.Unlock()
	if part.table == nil {
		if part.table, err = s.newTable(p); err != nil {
			return false, err
		}
	}
	l.parts[p].close()
	chunks := l.parts[p].chunks
	if err := l.foldInto(part.table, p, &l.hold); err != nil {
		return false, err
	}
	l.keep(chunks)
	return part.table.fits(), nil
}

// spill writes the tables of all partitions out.
func (s *logTables) spill(hold *logScratch) error {
	for p := range s.parts {
		if err := s.spillPart(&s.parts[p], hold); err != nil {
			return err
		}
	}
	return nil
}

func (s *logTables) spillPart(part *sharedPart, hold *logScratch) error {
	part.mu.Lock()
	defer part.mu.Unlock()
	if part.table == nil || part.table.len() == 0 {
		return nil
	}
	part.table.scratch = &hold.frame
	return part.table.spill()
}

func (s *logTables) bytes() int64 {
	n := int64(0)
	for p := range s.parts {
		if t := s.parts[p].table; t != nil {
			n += t.bytes()
		}
	}
	return n
}

// empty reports whether no worker holds anything of a partition, as with most of those of numbers that lie close together.
func (s *logTables) empty(p int, early [][]int32) bool {
	if s.parts[p].table != nil {
		return false
	}
	for i, o := range s.agg.tables {
		if len(early[i]) > 0 {
			return false
		}
		if l := o.logInto(s); l != nil && len(l.parts[p].open)+len(l.parts[p].chunks) > 0 {
			return false
		}
	}
	return true
}

// finish makes the table of one partition of what all workers hold, nil when that is nothing. Partitions may be finished side by side.
func (s *logTables) finish(p int, early [][]int32, hold *logScratch) (*aggTable, error) {
	if s.empty(p, early) {
		return nil, nil
	}
	t := s.parts[p].table
	if t == nil {
		var err error
		if t, err = s.newTable(p); err != nil {
			return nil, err
		}
	}
	s.parts[p].table = nil
	for i, o := range s.agg.tables {
		if len(early[i]) > 0 {
			if err := t.absorb(o, early[i]); err != nil {
				return nil, err
			}
		}
		log := o.logInto(s)
		if log == nil {
			continue
		}
		if err := log.foldInto(t, p, hold); err != nil {
			return nil, err
		}
	}
	return t, nil
}
