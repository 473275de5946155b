package planner

import "time"

// Request is one statement to run and the limits it runs under. Zero values mean the engine's defaults.
type Request struct {
	SQL       string
	Params    map[string]any // values of :NAME: nil, bool, any integer or float, string, time.Time; strings take the type the place needs
	At        uint64         // run at this catalog index; 0 is the newest
	MinIndex  uint64         // first wait until this catalog index is applied here
	Timeout   time.Duration
	MaxBytes  int64 // refuse when the estimate exceeds it, before anything is read; 0 is the engine's limit
	MaxRows   int64 // fail when the result grows past it; 0 is the engine's limit
	Zone      string
	Cache     string // "use" (default) or "bypass"
	DryRun    bool   // plan and estimate only
	ReadOnly  bool   // refuse statements that change anything
	Principal Principal
	Debug     Debug
}

// Principal is who asks. Every table of a statement is resolved for it.
type Principal struct {
	Name  string
	Roles []string
}

// Debug switches optimisations off, so that tests can show that answers do not depend on them.
type Debug struct {
	NoPrune    bool // read every segment of a table
	NoMetadata bool // never answer from statistics
	NoStandIns bool // fold every row by itself, never a value with the number of its rows
	// LazySegments is from how many segments on a scan is planned by partitions and its segments are listed as it runs; 0 is the default.
	LazySegments int64
	NoRules      bool // run the bound plan as it is, with only the rewrites that execution needs
}

// Limits bounds what one query and all of them together may use.
type Limits struct {
	Timeout       time.Duration // of one query, from its acceptance; default 5 min
	MaxBytes      int64         // estimated compressed bytes one query may read; 0 is no limit
	MaxRows       int64         // rows one result may have; 0 is no limit
	MaxConcurrent int           // queries running at once; default 16
	QueueWait     time.Duration // how long a query waits for its turn before it is refused as busy; default 5 s
	MaxQueue      int           // queries that may wait; default 64
	MemoryBytes   int64         // memory granted to one query on each node before it spills; default 1 GiB
}

// withDefaults fills what was left zero.
func (l Limits) withDefaults() Limits {
	if l.Timeout <= 0 {
		l.Timeout = 5 * time.Minute
	}
	if l.MaxConcurrent <= 0 {
		l.MaxConcurrent = 16
	}
	if l.QueueWait <= 0 {
		l.QueueWait = 5 * time.Second
	}
	if l.MaxQueue <= 0 {
		l.MaxQueue = 64
	}
	if l.MemoryBytes <= 0 {
		l.MemoryBytes = 1 << 30
	}
	return l
}
