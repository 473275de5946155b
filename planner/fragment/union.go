package fragment

import "github.com/assaydb/assay/storage/batch"

// Union gives the rows of all its branches, whose columns agree in number and type; the first names them.
type Union struct{ Branches []Node }

// Inputs returns the branches.
func (n *Union) Inputs() []Node { return n.Branches }

// Fields are the first branch's.
func (n *Union) Fields() []batch.Field {
	if len(n.Branches) == 0 {
		return nil
	}
	return n.Branches[0].Fields()
}
