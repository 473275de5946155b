package convert

import (
	"github.com/assaydb/assay/storage/schema"
)

// Rules is how cells are to be read, beyond their types.
type Rules struct {
	Null            []string // unquoted words that mean NULL
	DateFormat      *Pattern // nil: ISO
	TimestampFormat *Pattern // nil: ISO
	Point           byte     // decimal point; 0 means '.', and that columns may prove another
	Thousands       byte     // between groups of three digits; 0 for none
	Escape          byte     // of quoted fields
	MaxCell         int      // longest field in bytes; 0: as long as its record
	Ends            bool     // records end with a delimiter: one empty field behind the last is none
}

func (r Rules) point() byte {
	if r.Point == 0 {
		return '.'
	}
	return r.Point
}

func (r *Rules) isNull(cell []byte) bool {
	for _, w := range r.Null {
		if string(cell) == w {
			return true
		}
	}
	return false
}

// Plan says which field becomes which column.
type Plan struct {
	Rules  Rules
	Types  []schema.Type // of the columns
	Fields []int         // per column, the field it comes from; -1: every row is NULL
	Forms  []Form        // per column; nil: the rules hold for all
	Width  int           // fields of a record
}

// rules returns those of one column.
func (p *Plan) rules(column int) Rules {
	r := p.Rules
	if p.Forms == nil || p.Forms[column].IsZero() {
		return r
	}
	f := p.Forms[column]
	if f.Point != 0 {
		r.Point, r.Thousands = f.Point, f.Thousands
	}
	if f.Date != nil {
		r.DateFormat = f.Date
	}
	if f.Stamp != nil {
		r.TimestampFormat = f.Stamp
	}
	return r
}

// trim passes over spaces and tabs on both sides.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}
