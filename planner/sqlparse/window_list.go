package sqlparse

import vt "vitess.io/vitess/go/vt/sqlparser"

// windowWord is put before the second and every further element of WINDOW a AS (...), b AS (...): the grammar reads the list only so.
const windowWord = "WINDOW "

// windowLists returns the text as the grammar takes it and the places, in the text as it was, where windowWord was put in.
func (s *scanner) windowLists() (text string, at []int) {
	depth, in := 0, -1 // in: the depth of the WINDOW clause that is read, -1 for none
	for i, t := range s.tokens {
		switch {
		case t.typ == '(':
			depth++
		case t.typ == ')':
			if depth--; depth < in {
				in = -1
			}
		case t.typ == vt.WINDOW:
			in = depth
		case t.typ == vt.ORDER && depth == in, t.typ == vt.LIMIT && depth == in:
			in = -1
		case t.typ == ',' && depth == in && i+3 < len(s.tokens) && s.tokens[i+1].typ == vt.ID && s.tokens[i+2].typ == vt.AS && s.tokens[i+3].typ == '(':
			at = append(at, s.tokens[i+1].start)
		}
	}
	from := 0
	for _, k := range at {
		text += s.text[from:k] + windowWord
		from = k
	}
	return text + s.text[from:], at
}

// unshifted is a place in the text that the grammar saw, in the text as it was.
func unshifted(pos int, at []int) int {
	for i := len(at) - 1; i >= 0; i-- {
		if pos > at[i]+i*len(windowWord) {
			return max(pos-(i+1)*len(windowWord), at[i])
		}
	}
	return pos
}
