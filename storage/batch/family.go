package batch

// Family is what dictionaries have in common that grow out of one another: a code stands for the same value in all of them, and
// the longer ones hold the entries of the shorter. It is an identity and holds nothing; two families are never equal.
type Family struct{ _ byte }

// NewFamily returns a family of its own.
func NewFamily() *Family { return new(Family) }

// Extends reports whether codes of o mean the same in d.
func (d *Dictionary) Extends(o *Dictionary) bool {
	return d == o || d.Family != nil && d.Family == o.Family && d.Values.Len >= o.Values.Len
}
