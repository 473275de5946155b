package schema

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/zeebo/xxh3"
)

// TransformKind says how a column's value becomes a partition value.
type TransformKind uint8

// The transforms, in their order on disk: append only.
const (
	Identity TransformKind = iota
	Year
	Month
	Day
	Bucket
)

// Transform is one partition column: a transform of a table column. Buckets is set for Bucket alone.
type Transform struct {
	Kind    TransformKind `json:"kind"`
	Column  uint32        `json:"column"` // column id
	Buckets uint32        `json:"buckets,omitempty"`
}

var transformNames = [...]string{"identity", "year", "month", "day", "bucket"}

// Key is the name of the partition in Hive-style paths: the column's own name for identity, else column_month and the like.
func (p Transform) Key(t *Table) string {
	i := t.ColumnByID(p.Column)
	if i < 0 {
		return "?"
	}
	if p.Kind == Identity {
		return t.Columns[i].Name
	}
	return t.Columns[i].Name + "_" + transformNames[p.Kind]
}

// Text is the form used in JSON and SQL: "hospital_id", "month(collected_at)", "bucket(16, patient_id)".
func (p Transform) Text(t *Table) string {
	i := t.ColumnByID(p.Column)
	if i < 0 {
		return "?"
	}
	name := t.Columns[i].Name
	switch p.Kind {
	case Identity:
		return name
	case Bucket:
		return fmt.Sprintf("bucket(%d, %s)", p.Buckets, name)
	}
	return transformNames[p.Kind] + "(" + name + ")"
}

// ParseTransform reads the form that Text writes, resolving the column in t.
func ParseTransform(t *Table, s string) (Transform, error) {
	bad := func(why string) (Transform, error) {
		return Transform{}, errs.New(errs.Meaning, "bad-partition", "partition %q: %s", s, why).
			WithHint("use COLUMN, year(COLUMN), month(COLUMN), day(COLUMN) or bucket(N, COLUMN)")
	}
	p, arg := Transform{}, strings.TrimSpace(s)
	if i := strings.IndexByte(arg, '('); i >= 0 && t.Column(arg) < 0 {
		if !strings.HasSuffix(arg, ")") {
			return bad("unbalanced parenthesis")
		}
		name := strings.ToLower(strings.TrimSpace(arg[:i]))
		arg = strings.TrimSpace(arg[i+1 : len(arg)-1])
		kind := indexOf(transformNames[:], name)
		if kind < 0 {
			return bad("no such transform")
		}
		p.Kind = TransformKind(kind)
		if p.Kind == Bucket {
			n, rest, ok := strings.Cut(arg, ",")
			buckets, err := strconv.ParseUint(strings.TrimSpace(n), 10, 32)
			if !ok || err != nil {
				return bad("bucket needs a count and a column")
			}
			p.Buckets, arg = uint32(buckets), strings.TrimSpace(rest)
		}
	}
	i := t.Column(arg)
	if i < 0 {
		return bad("no such column")
	}
	p.Column = t.Columns[i].ID
	return p, p.Validate(t)
}

func indexOf(list []string, s string) int {
	for i, v := range list {
		if v == s {
			return i
		}
	}
	return -1
}

// Validate checks that the transform applies to its column.
func (p Transform) Validate(t *Table) error {
	i := t.ColumnByID(p.Column)
	if i < 0 {
		return errs.New(errs.Meaning, "bad-partition", "table %q: a partition column does not exist", t.Name)
	}
	c := t.Columns[i]
	switch p.Kind {
	case Year, Month, Day:
		if c.Type.Kind != Date && c.Type.Kind != Timestamp {
			return errs.New(errs.Meaning, "bad-partition", "partition %s: column %q is %s, a DATE or TIMESTAMP is needed", p.Text(t), c.Name, c.Type)
		}
	case Bucket:
		if p.Buckets < 1 || p.Buckets > 65_536 {
			return errs.New(errs.Meaning, "bad-partition", "partition %s: the bucket count must lie between 1 and 65536", p.Text(t))
		}
	case Identity:
		if c.Type.Kind == Double {
			return errs.New(errs.Meaning, "bad-partition", "partition %s: a DOUBLE cannot be a partition", p.Text(t)).WithHint("use bucket(N, %s)", c.Name)
		}
	default:
		return errs.New(errs.Meaning, "bad-partition", "partition transform %d is unknown", p.Kind)
	}
	return nil
}

// ResultType is the type of the partition value: the column's own for identity, INT for the others (years, months and days
// since 1970; bucket number).
func (p Transform) ResultType(column Type) Type {
	if p.Kind == Identity {
		return column
	}
	return TypeInt32
}

// Apply computes the partition value of a column value. NULL stays NULL.
func (p Transform) Apply(v Value) Value {
	if p.Kind == Identity {
		return v
	}
	if v.Null {
		return NullValue(TypeInt32)
	}
	if p.Kind == Bucket {
		return IntValue(TypeInt32, int64(bucketHash(v)%uint64(p.Buckets)))
	}
	days := v.I
	if v.Type.Kind == Timestamp {
		days = DayOf(v.I)
	}
	if p.Kind == Day {
		return IntValue(TypeInt32, days)
	}
	y, m, _ := time.Unix(days*86_400, 0).UTC().Date()
	if p.Kind == Year {
		return IntValue(TypeInt32, int64(y-1970))
	}
	return IntValue(TypeInt32, int64(y-1970)*12+int64(m)-1)
}

func bucketHash(v Value) uint64 {
	var buf [64]byte
	return xxh3.Hash(v.AppendText(buf[:0]))
}

// HiveNull is the path value that Hive, Spark, Trino and Athena read as NULL.
const HiveNull = "__HIVE_DEFAULT_PARTITION__"

// PathValue is the unescaped text of a partition value in a path: 2025, 2025-01 or 2025-01-20 for time transforms.
func (p Transform) PathValue(v Value) string {
	if v.Null {
		return HiveNull
	}
	floorMonth := func() time.Time { return time.Date(1970, time.Month(1+v.I), 1, 0, 0, 0, 0, time.UTC) }
	switch p.Kind {
	case Year:
		return strconv.FormatInt(1970+v.I, 10)
	case Month:
		return floorMonth().Format("2006-01")
	case Day:
		return string(AppendDate(nil, v.I))
	case Bucket:
		return strconv.FormatInt(v.I, 10)
	}
	return v.String()
}

// PartitionPath returns the Hive-style path of partition values, "hospital_id=H0042/collected_at_month=2025-01", without
// slashes at its ends; empty for a table without partitions.
func (t *Table) PartitionPath(values []Value) string {
	parts := make([]string, len(values))
	for i, p := range t.PartitionBy {
		parts[i] = escapePath(p.Key(t)) + "=" + escapePath(p.PathValue(values[i]))
	}
	return strings.Join(parts, "/")
}

// escapePath applies Hive's percent escapes, so that no value can climb out of its folder. The empty string becomes %00, which
// no valid value produces: Hive itself would read an empty value as NULL.
func escapePath(s string) string {
	if s == "" {
		return "%00"
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c >= 0x7f || strings.IndexByte("\"#%'*/:=?\\{}[]^ ~.&+$<>|;,!@()`", c) >= 0 && !(c == '.' && i > 0) {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
