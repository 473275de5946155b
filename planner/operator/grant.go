package operator

import "sync/atomic"

// Grant is an amount of memory that may be used, taken from a parent that may be smaller. It is safe for concurrent use.
type Grant struct {
	parent     *Grant
	limit      int64
	used, peak atomic.Int64
}

// NewGrant returns a grant of limit bytes; limit <= 0 means no limit of its own.
func NewGrant(limit int64) *Grant { return &Grant{limit: limit} }

// Child returns a grant within g; a nil g is unlimited.
func (g *Grant) Child(limit int64) *Grant { return &Grant{parent: g, limit: limit} }

// Reserve takes n bytes and reports whether they were there; on false nothing was taken.
func (g *Grant) Reserve(n int64) bool {
	if g == nil {
		return true
	}
	used := g.used.Add(n)
	if n > 0 && g.limit > 0 && used > g.limit || !g.parent.Reserve(n) {
		g.used.Add(-n)
		return false
	}
	for {
		p := g.peak.Load()
		if used <= p || g.peak.CompareAndSwap(p, used) {
			return true
		}
	}
}

// Force takes n bytes even past the limit: for what exists already and will be released at once.
func (g *Grant) Force(n int64) {
	for ; g != nil; g = g.parent {
		g.used.Add(n)
	}
}

// Release gives n bytes back.
func (g *Grant) Release(n int64) { g.Force(-n) }

// Used returns the bytes taken now, Peak the most at any moment, Limit what was granted (0 is unlimited).
func (g *Grant) Used() int64 { return g.used.Load() }

// Peak returns the most bytes taken at any moment.
func (g *Grant) Peak() int64 { return g.peak.Load() }

// Limit returns the bytes granted, 0 for no limit.
func (g *Grant) Limit() int64 { return g.limit }
