package kernel

// countLanes is into how many tables codes are counted in turn, while those fit the first-level cache: rows of one entry that follow
// each other would else wait for one another's store.
const (
	countLanes      = 4
	countLaneMaxLen = 1 << 10
)

// CountCodes counts codes, all below len(rows), those of rows whose valid byte is 0 left out. Small tables are counted in lanes, which
// it makes when lanes is nil and returns; AddLanes adds them to rows at the end. Fewer than 2^32 codes may be counted into one table.
func CountCodes(rows []uint32, codes []int32, valid []byte, lanes []uint32) []uint32 {
	n := len(rows)
	if n > countLaneMaxLen || n == 0 {
		countCodes(rows, codes, valid)
		return lanes
	}
	if lanes == nil {
		lanes = make([]uint32, countLanes*n)
	}
	l0, l1, l2, l3 := lanes[:n], lanes[n:2*n], lanes[2*n:3*n], lanes[3*n:4*n]
	i := 0
	if valid == nil {
		for ; i+countLanes <= len(codes); i += countLanes {
			c := codes[i : i+4 : i+4]
			l0[c[0]]++
			l1[c[1]]++
			l2[c[2]]++
			l3[c[3]]++
		}
		countCodes(rows, codes[i:], nil)
		return lanes
	}
	valid = valid[:len(codes)]
	for ; i+countLanes <= len(codes); i += countLanes {
		c, v := codes[i:i+4:i+4], valid[i:i+4:i+4]
		l0[c[0]] += uint32(v[0])
		l1[c[1]] += uint32(v[1])
		l2[c[2]] += uint32(v[2])
		l3[c[3]] += uint32(v[3])
	}
	countCodes(rows, codes[i:], valid[i:])
	return lanes
}

// AddLanes adds what was counted in lanes to rows.
func AddLanes(rows, lanes []uint32) {
	for i, n := range lanes {
		rows[i%len(rows)] += n
	}
}

// countCodes is the scalar form.
func countCodes(rows []uint32, codes []int32, valid []byte) {
	if valid == nil {
		for _, c := range codes {
			rows[c]++
		}
		return
	}
	for i, c := range codes {
		rows[c] += uint32(valid[i])
	}
}
