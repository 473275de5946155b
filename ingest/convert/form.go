package convert

// Form is how one column writes its numbers and times down, where that is not the file's rule. Zero fields stand for the file's.
type Form struct {
	Point     byte     // decimal point
	Thousands byte     // between groups of three digits, 0 for none
	Date      *Pattern // of a column that holds dates
	Stamp     *Pattern // of a column that holds times
}

// IsZero reports whether the file's rules hold.
func (f Form) IsZero() bool { return f == Form{} }

// numberForms are the ways to write numbers that a column can prove by its cells alone. The order is that of preference among forms
// that read every cell alike.
var numberForms = [...]Form{
	{Point: ','},
	{Point: '.', Thousands: ','},
	{Point: ',', Thousands: '.'},
	{Point: '.', Thousands: ' '},
	{Point: ',', Thousands: ' '},
	{Point: '.', Thousands: '\''},
	{Point: ',', Thousands: '\''},
}

const (
	allNumberForms = 1<<len(numberForms) - 1
	dotForms       = 1<<1 | 1<<3 | 1<<5
)

// formed is what the cells of a column say about the form of its numbers: which forms read all of them, and how wide they then are.
type formed struct {
	seen bool
	left uint8 // forms that read every cell so far
	wide [len(numberForms)]struct{ whole, scale int }
}

// number narrows the forms by a cell that is no plain number; false when none reads it.
func (f *formed) number(cell []byte) bool {
	left := f.left
	if !f.seen {
		left = allNumberForms
	}
	for i, form := range numberForms {
		if left&(1<<i) == 0 {
			continue
		}
		whole, scale, ok := measureNumber(cell, form.Point, form.Thousands)
		if !ok {
			left &^= 1 << i
			continue
		}
		w := &f.wide[i]
		w.whole, w.scale = max(w.whole, whole), max(w.scale, scale)
	}
	if left == 0 {
		return false
	}
	f.seen, f.left = true, left
	return true
}

// decided returns the form that the cells prove: all forms left have the same point, and it stands in some cell. Groups of digits
// alone prove nothing: 732 829 320 may be an identifier. plain says that numbers with a point stand in the column as well.
func (f *formed) decided(plain bool) (Form, int, int, bool) {
	left := f.left
	if plain {
		left &= dotForms
	}
	if left == 0 || left&dotForms != 0 && left&^dotForms != 0 {
		return Form{}, 0, 0, false
	}
	for i, form := range numberForms {
		if left&(1<<i) != 0 {
			return form, f.wide[i].whole, f.wide[i].scale, plain || f.wide[i].scale > 0
		}
	}
	return Form{}, 0, 0, false
}

// ambiguous reports whether the cells could be read in two ways.
func (f *formed) ambiguous() bool { return f.seen && f.left&dotForms != 0 && f.left&^dotForms != 0 }

// measureNumber counts the digits before and behind the point of [-]digits[point digits], whose whole part may stand in groups of
// three. Needless zeros in front make a code and no number.
func measureNumber(b []byte, point, thousands byte) (whole, scale int, ok bool) {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	end := len(b)
	for i, c := range b {
		if c == point {
			end = i
			break
		}
	}
	whole, ok = wholeDigits(b[:end], thousands)
	if !ok || whole > 1 && b[0] == '0' {
		return 0, 0, false
	}
	if end < len(b) {
		for _, c := range b[end+1:] {
			if c-'0' > 9 {
				return 0, 0, false
			}
			scale++
		}
		if scale == 0 {
			return 0, 0, false
		}
	}
	if b[0] == '0' {
		whole = 0
	}
	return whole, scale, true
}

// wholeDigits counts digits, all together or in groups of three behind one of one to three.
func wholeDigits(b []byte, thousands byte) (n int, ok bool) {
	run, groups := 0, 0
	for _, c := range b {
		switch {
		case c-'0' <= 9:
			run++
			n++
		case c != thousands || thousands == 0:
			return 0, false
		case groups == 0 && (run < 1 || run > 3) || groups > 0 && run != 3:
			return 0, false
		default:
			groups, run = groups+1, 0
		}
	}
	return n, n > 0 && (groups == 0 || run == 3)
}

// ungroup takes the thousands marks out of a number, into dst; the cell as it is when there are none, or when they stand where
// none may, so that the cell is refused.
func ungroup(dst, cell []byte, point, thousands byte) []byte {
	b := cell
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	end, marks := len(b), false
	for i, c := range b {
		if c == point {
			end = i
			break
		}
		marks = marks || c == thousands
	}
	if !marks {
		return cell
	}
	if _, ok := wholeDigits(b[:end], thousands); !ok {
		return cell
	}
	dst = append(dst[:0], cell[:len(cell)-len(b)]...)
	for _, c := range b[:end] {
		if c != thousands {
			dst = append(dst, c)
		}
	}
	return append(dst, b[end:]...)
}
