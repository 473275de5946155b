package kernel

import "github.com/assaydb/assay/storage/batch"

// Recode writes what table has for each row's code, and returns where stretches of equal codes end, if v tells.
func Recode(dst, table []int32, v *batch.Vector) []int32 {
	ends := v.CodeRuns()
	if ends == nil {
		for i, c := range v.Codes[:len(dst)] {
			dst[i] = table[c]
		}
		return nil
	}
	at := int32(0)
	for _, end := range ends {
		FillCodes(dst[at:end], table[v.Codes[at]])
		at = end
	}
	return ends
}
