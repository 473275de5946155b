package extsort

import (
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// unite makes one dictionary, in the order of its values, of several, and a translation of codes for each. It gives nil when
// there is none at all or the result would be too large. Only text is coded.
func unite(t schema.Type, dicts []*batch.Dictionary) (*batch.Dictionary, [][]int32) {
	if t.Class() != schema.ClassBytes {
		return nil, nil
	}
	codes := map[string]int32{}
	done := map[*batch.Dictionary][]int32{}
	for _, d := range dicts {
		if d == nil || done[d] != nil {
			continue
		}
		done[d] = make([]int32, d.Values.Len)
		for k := range d.Values.Len {
			v := d.Values.Data[d.Values.Off[k]:d.Values.Off[k+1]]
			if _, ok := codes[string(v)]; !ok {
				codes[string(v)] = 0
			}
		}
		if len(codes) > maxDictionary {
			return nil, nil
		}
	}
	if len(codes) == 0 {
		return nil, nil
	}
	out := dictionaryOf(t, codes)
	maps := make([][]int32, len(dicts))
	for d, m := range done {
		for k := range m {
			m[k] = codes[string(d.Values.Data[d.Values.Off[k]:d.Values.Off[k+1]])]
		}
	}
	for i, d := range dicts {
		maps[i] = done[d]
	}
	return out, maps
}

// dictionaryOf orders the words and notes their codes.
func dictionaryOf(t schema.Type, codes map[string]int32) *batch.Dictionary {
	words := make([]string, 0, len(codes))
	for w := range codes {
		words = append(words, w)
	}
	slices.Sort(words)
	b := batch.NewBuilder(t, len(words))
	for i, w := range words {
		codes[w] = int32(i)
		b.Text(w)
	}
	return &batch.Dictionary{Values: b.Finish()}
}
