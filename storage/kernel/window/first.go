package window

// First keeps the rows of each partition whose number is at most Rows; the zero First keeps all.
type First struct {
	By   FirstKind
	Rows int64
}

// FirstKind says by which function rows are numbered, in their order on the wire: append only.
type FirstKind uint8

// The numbers: ROW_NUMBER, RANK and DENSE_RANK. A row that is not among the first of some rows is not among the first of more, so
// that rows may be left out piece by piece.
const (
	AllRows FirstKind = iota
	FirstByNumber
	FirstByRank
	FirstByDenseRank
)

// FirstKindOf returns the kind of a function, AllRows for those that do not number rows from the front.
func FirstKindOf(name string) FirstKind {
	return map[string]FirstKind{"row_number": FirstByNumber, "rank": FirstByRank, "dense_rank": FirstByDenseRank}[name]
}

// String names the function.
func (k FirstKind) String() string {
	return [...]string{"ALL", "ROW_NUMBER", "RANK", "DENSE_RANK"}[k]
}

// Select appends the rows of a Block that stay, ascending.
func (f First) Select(dst []int32, b *Block) []int32 {
	peer := 0
	lo := int32(0)
	for _, hi := range b.Partitions {
		end := hi
		dense := int64(0)
		for from := lo; from < hi; peer++ {
			to := b.Peers[peer]
			dense++
			if end == hi && (f.By == FirstByRank && int64(from-lo) >= f.Rows || f.By == FirstByDenseRank && dense > f.Rows) {
				end = from
			}
			from = to
		}
		if f.By == FirstByNumber {
			end = lo + int32(min(f.Rows, int64(hi-lo)))
		}
		for i := lo; i < end; i++ {
			dst = append(dst, i)
		}
		lo = hi
	}
	return dst
}
