package mirror

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
)

// The top of the layout, below the store's prefix.
const (
	livePrefix       = "live/"
	keptPrefix       = "kept/"
	stagingPrefix    = "staging/"
	deliveriesPrefix = "deliveries/"
	logPrefix        = "catalog/log/"
	snapshotsPrefix  = "catalog/snapshots/"
	ownerKey         = "catalog/owner"
	sumsFile         = "SHA256SUMS"
)

// LivePrefix is where a table's segments in force lie: plain Hive-style Parquet and nothing else.
func LivePrefix(table string) string { return livePrefix + EscapeName(table) + "/" }

// EscapeName writes a table's name as one path component, percent-escaping what paths and URLs would read differently.
func EscapeName(name string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if strings.IndexByte(plain, name[i]) >= 0 || name[i] == '.' && i > 0 {
			b.WriteByte(name[i])
			continue
		}
		fmt.Fprintf(&b, "%%%02X", name[i])
	}
	return b.String()
}

func liveKey(t *schema.Table, s *schema.Segment) string {
	return path.Join(LivePrefix(t.Name), t.PartitionPath(s.Partition), storage.SegmentFile(s.ID))
}

func keptKey(s *schema.Segment) string {
	return keptPrefix + strconv.FormatUint(uint64(s.Table), 10) + "/" + storage.SegmentFile(s.ID)
}

func stagingKey(s *schema.Segment) string {
	return stagingPrefix + s.Delivery.String() + "/" + storage.SegmentFile(s.ID)
}

func fileKey(delivery schema.ID, name string) string {
	return deliveriesPrefix + delivery.String() + "/" + name
}

func logKey(index uint64) string { return fmt.Sprintf("%s%020d.cmd", logPrefix, index) }

func snapshotKey(index uint64) string { return fmt.Sprintf("%s%020d.snap", snapshotsPrefix, index) }

// indexOf reads the catalog index out of a log or snapshot key.
func indexOf(key string) (uint64, bool) {
	name, ext, _ := strings.Cut(path.Base(key), ".")
	if ext != "cmd" && ext != "snap" {
		return 0, false
	}
	n, err := strconv.ParseUint(name, 10, 64)
	return n, err == nil
}

// segmentOf reads the segment's id out of a key.
func segmentOf(key string) (schema.ID, bool) {
	name, ok := strings.CutSuffix(path.Base(key), ".parquet")
	if !ok {
		return schema.ID{}, false
	}
	id, err := schema.ParseID(name)
	return id, err == nil
}
