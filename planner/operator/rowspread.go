package operator

import (
	"encoding/binary"

	"github.com/assaydb/assay/storage/batch"
)

// spread fills the planes of a text column of more than two words; the keys of its rows are at hand.
func (p *rowPacker) spread(i int, v *batch.Vector, b *batch.Batch) {
	c := &p.shape.cols[i]
	planes := p.planes[c.at : c.at+c.words]
	for _, plane := range planes {
		clear(plane)
	}
	last, most := planes[c.words-1], 8*c.words-1
	from := v
	if v.Enc == batch.Dict {
		from = v.Dict.Values
	}
	for k, key := range p.keys {
		if !key.Long() {
			planes[0][k] = key[0]
			planes[1][k] = key[1] << 8 >> 8
			last[k] |= key[1] >> 56 << 56
			continue
		}
		row := rowOf(b, k)
		if v.Enc == batch.Dict {
			row = int(v.Codes[row])
		}
		text := from.Data[from.Off[row]:from.Off[row+1]]
		if len(text) > most {
			planes[0][k], last[k] = key[0], key[1]
			p.long[i] = v
			continue
		}
		spreadText(planes, k, text)
	}
}

// spreadText is intern.PutSpan for a text of more than intern.MaxInline bytes that fits, word by word of a row.
func spreadText(planes [][]uint64, k int, text []byte) {
	whole := len(text) / 8
	for w := range whole {
		planes[w][k] = binary.LittleEndian.Uint64(text[8*w:])
	}
	if rest := uint(len(text) % 8); rest > 0 {
		planes[whole][k] = binary.LittleEndian.Uint64(text[len(text)-8:]) >> (64 - 8*rest)
	}
	planes[len(planes)-1][k] |= uint64(len(text)+1) << 56
}
