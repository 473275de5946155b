package compact

import (
	"math/bits"
	"slices"

	"github.com/assaydb/assay/raft/catalog"
)

// Policy says what is worth merging. Zero values mean the defaults.
type Policy struct {
	TargetBytes int64 // segments of half of it are left alone
	TargetRows  int64 // so are segments of half as many rows
	FanIn       int   // so many shares of about one size are merged at once in the background; a row is rewritten once a tier
	MaxInputs   int   // of one job
}

// Defaults of Policy.
const (
	DefaultTargetBytes = 128 << 20
	DefaultTargetRows  = 4 << 20
	DefaultFanIn       = 4
	DefaultMaxInputs   = 1000
	tierBytes          = 64 << 10 // below this all sizes are one tier
)

func (p Policy) withDefaults() Policy {
	if p.TargetBytes <= 0 {
		p.TargetBytes = DefaultTargetBytes
	}
	if p.TargetRows <= 0 {
		p.TargetRows = DefaultTargetRows
	}
	if p.FanIn < 2 {
		p.FanIn = DefaultFanIn
	}
	if p.MaxInputs < 2 {
		p.MaxInputs = DefaultMaxInputs
	}
	return p
}

// Choose returns the shares of one partition to rewrite next, oldest first, none when it is well as it is. First come those that must
// be: with rows in force and rows not in one segment, or with rows past retention. Otherwise small shares are merged: with all
// whatever their sizes, else those of the lowest tier that has enough of them.
func (p Policy) Choose(shares []catalog.Share, all bool) []catalog.Share {
	p = p.withDefaults()
	var due, small []catalog.Share
	for _, s := range shares {
		switch {
		case s.Stale > 0 || s.Forgotten:
			due = append(due, s)
		case p.small(s):
			small = append(small, s)
		}
	}
	if len(due) > 0 {
		return p.limit(due)
	}
	if !all {
		small = p.tier(small)
	}
	if small = p.limit(small); !p.improves(small) {
		return nil
	}
	return small
}

// small reports whether a share's segments are so small that they are worth merging with others.
func (p Policy) small(s catalog.Share) bool {
	n := int64(s.Live.Segments)
	return n > 0 && s.Live.Bytes < n*p.TargetBytes/2 && s.Live.Rows < n*p.TargetRows/2
}

// tier returns the shares of the lowest tier that has as many as are merged at once, with those below it.
func (p Policy) tier(small []catalog.Share) []catalog.Share {
	tierOf := func(s catalog.Share) int {
		return bits.Len64(uint64(s.Live.Bytes/tierBytes)) / bits.Len(uint(p.FanIn-1))
	}
	counts := map[int]int{}
	highest := 0
	for _, s := range small {
		counts[tierOf(s)]++
		highest = max(highest, tierOf(s))
	}
	have := 0
	for t := 0; t <= highest; t++ {
		if have += counts[t]; have >= p.FanIn {
			return slices.DeleteFunc(slices.Clone(small), func(s catalog.Share) bool { return tierOf(s) > t })
		}
	}
	return nil
}

// limit bounds one job by its inputs and by what it writes.
func (p Policy) limit(list []catalog.Share) []catalog.Share {
	bytes, rows := int64(0), int64(0)
	for i, s := range list {
		if i == p.MaxInputs || i > 0 && (bytes >= p.TargetBytes || rows >= p.TargetRows) {
			return list[:i]
		}
		bytes, rows = bytes+s.Live.Bytes+s.Dead.Bytes, rows+s.Live.Rows+s.Dead.Rows
	}
	return list
}

// improves reports whether merging leaves fewer segments than there are.
func (p Policy) improves(list []catalog.Share) bool {
	segments, rows, bytes := 0, int64(0), int64(0)
	for _, s := range list {
		segments, rows, bytes = segments+s.Live.Segments, rows+s.Live.Rows, bytes+s.Live.Bytes
	}
	return int64(segments) > max(ceil(rows, p.TargetRows), ceil(bytes, p.TargetBytes))
}

func ceil(a, b int64) int64 { return (a + b - 1) / b }
