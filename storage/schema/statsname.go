package schema

import (
	"fmt"

	"github.com/zeebo/xxh3"
)

// StatsName is the name of the statistics file of one partition within its delivery's folder. It follows from the values
// alone, so whoever holds a segment finds its statistics without a look at the catalog.
func StatsName(partition []Value) string {
	return fmt.Sprintf("%016x.stats", xxh3.HashString(PartitionKey(partition)))
}

// PartitionKey is equal for equal partition values only.
func PartitionKey(partition []Value) string {
	var text []byte
	for _, v := range partition {
		if v.Null {
			text = append(text, 0)
		}
		text = append(v.AppendText(text), 0)
	}
	return string(text)
}
