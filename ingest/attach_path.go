package ingest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// pathColumns makes columns of the key=value folders that the files lie in, as Hive and its heirs write them. A column that the files
// have themselves is read from there. Every file must lie under the same keys.
func (a *attaching) pathColumns(own []schema.Column) (columns []schema.Column, err error) {
	a.keys = a.keys[:0]
	for _, v := range a.files[0].Path {
		has := func(c schema.Column) bool { return strings.EqualFold(c.Name, v.Key) }
		if a.excluded(v.Key) || slices.ContainsFunc(own, has) {
			continue
		}
		if slices.ContainsFunc(columns, has) {
			return nil, errs.New(errs.Meaning, "duplicate-column", "file %s lies in two folders %s=", a.files[0].Location, v.Key)
		}
		a.keys = append(a.keys, v.Key)
		columns = append(columns, schema.Column{Name: v.Key})
	}
	if len(columns) > schema.MaxPartitions {
		return nil, errs.New(errs.Limit, "too-many-partitions", "the folders of %s give %d columns (%s): at most %d can be taken", a.req.Location, len(columns), strings.Join(a.keys, ", "), schema.MaxPartitions).
			WithHint("name in exclude the keys that are not needed, or attach a folder further down")
	}
	for i := range columns {
		if columns[i].Type, err = a.pathType(i); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

// pathType finds the type that fits every value of a key: BIGINT, DATE or else VARCHAR. As everywhere, numbers with leading zeros are
// codes, and codes are text.
func (a *attaching) pathType(key int) (schema.Type, error) {
	candidates := []schema.Type{schema.TypeInt64, schema.TypeDate, schema.TypeVarchar}
	some := false
	for i := range a.files {
		v, ok := a.pathValue(&a.files[i], key)
		if !ok {
			return schema.Type{}, errs.New(errs.Meaning, "schema-mismatch", "file %s lies in no folder %s=, others do", a.files[i].Location, a.keys[key]).
				WithHint("all files must lie under the same keys; or name the key in exclude")
		}
		if v.Null {
			continue
		}
		some = true
		candidates = slices.DeleteFunc(candidates, func(t schema.Type) bool { _, ok := parsePath(v.Value, t); return !ok })
		if len(candidates) == 0 {
			return schema.Type{}, fmt.Errorf("BUG: no type for the folder %s=%s", v.Key, v.Value)
		}
	}
	if !some {
		return schema.TypeVarchar, nil
	}
	return candidates[0], nil
}

func (a *attaching) pathValue(f *storage.SurveyedFile, key int) (storage.PathValue, bool) {
	i := slices.IndexFunc(f.Path, func(v storage.PathValue) bool { return strings.EqualFold(v.Key, a.keys[key]) })
	if i < 0 {
		return storage.PathValue{}, false
	}
	return f.Path[i], true
}

// parsePath reads a folder's value as a type, where it is written as that type is.
func parsePath(text string, t schema.Type) (schema.Value, bool) {
	switch t.Kind {
	case schema.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		return schema.IntValue(t, n), err == nil && strconv.FormatInt(n, 10) == text
	case schema.Date:
		days, why := convert.ParseDate([]byte(text))
		return schema.IntValue(t, days), why == convert.OK
	}
	return schema.TextValue(text), true
}

// partition is where a file lies, as values of the table's partition columns.
func (a *attaching) partition(f *storage.SurveyedFile, def *schema.Table) (values []schema.Value, err error) {
	for i, p := range def.PartitionBy {
		t := def.Columns[def.ColumnByID(p.Column)].Type
		v, ok := a.pathValue(f, i)
		if !ok {
			return nil, fmt.Errorf("BUG: file %s lies in no folder of key %d", f.Location, i)
		}
		if v.Null {
			values = append(values, schema.NullValue(t))
			continue
		}
		x, _ := parsePath(v.Value, t)
		values = append(values, x)
	}
	return values, nil
}
