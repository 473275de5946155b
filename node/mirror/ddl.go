package mirror

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// Engines lists the engines that DDL writes for.
func Engines() []string { return []string{"athena", "trino", "spark", "duckdb", "clickhouse"} }

// DDL returns the statements with which an engine reads a table's live prefix in the mirror at location (a file or s3 URL as
// object.Open takes it).
//
// An identity partition's column is both in the files and in the path. Athena, Trino and Spark take it from the path, so it is
// among the partition columns alone; DuckDB and ClickHouse read it from the files and are told to leave the path alone, since
// a path knows no types.
func DDL(t *schema.Table, location, engine string) (string, error) {
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "file" && u.Scheme != "s3" {
		return "", errs.New(errs.Invalid, "bad-object-url", "mirror location %q is no file or s3 URL", location)
	}
	d := &ddl{table: t, url: u}
	if u.Scheme == "file" {
		d.base = strings.TrimSuffix(u.Path, "/") + "/" + LivePrefix(t.Name)
	} else if d.s3, err = object.ParseS3(u); err != nil {
		return "", err
	} else {
		d.base = strings.TrimSuffix("s3://"+d.s3.Bucket+"/"+d.s3.Prefix, "/") + "/" + LivePrefix(t.Name)
	}
	write, ok := map[string]func() string{
		"athena": d.athena, "trino": d.trino, "spark": d.spark, "duckdb": d.duckdb, "clickhouse": d.clickhouse,
	}[engine]
	if !ok {
		return "", errs.New(errs.Invalid, "bad-engine", "no DDL for engine %q", engine).WithHint("use one of %s", strings.Join(Engines(), ", "))
	}
	return write(), nil
}

type ddl struct {
	table *schema.Table
	url   *url.URL
	s3    object.S3Config // of an s3 location
	base  string          // the live prefix, with a slash at the end
}

// fileColumns are the columns as they stand in the files: the table's and _delivery.
func (d *ddl) fileColumns() []schema.Column {
	return append(slices.Clone(d.table.Columns), schema.Column{ID: schema.VirtualDeliveryID, Name: schema.VirtualDelivery, Type: schema.TypeVarchar})
}

// pathless are the columns that the path does not give.
func (d *ddl) pathless() []schema.Column {
	return slices.DeleteFunc(d.fileColumns(), func(c schema.Column) bool {
		return slices.ContainsFunc(d.table.PartitionBy, func(p schema.Transform) bool {
			return p.Kind == schema.Identity && p.Column == c.ID
		})
	})
}

// pathColumns are the columns that the path gives. A path holds text: only what every engine reads back from it exactly keeps
// its type, timestamps and the months and days of transforms stay text.
func (d *ddl) pathColumns() []schema.Column {
	var out []schema.Column
	for _, p := range d.table.PartitionBy {
		c := schema.Column{Name: p.Key(d.table), Type: schema.TypeVarchar}
		switch i := d.table.ColumnByID(p.Column); p.Kind {
		case schema.Year, schema.Bucket:
			c.Type = schema.TypeInt32
		case schema.Identity:
			if t := d.table.Columns[i].Type; t.Kind != schema.Timestamp {
				c.Type = t
			}
		}
		out = append(out, c)
	}
	return out
}

// hiveType names a type for Athena, Trino and Spark, which know no unsigned integers: each takes the next wider signed one.
func hiveType(t schema.Type, integer, text string) string {
	switch t.Kind {
	case schema.Boolean:
		return "boolean"
	case schema.Int8:
		return "tinyint"
	case schema.Int16, schema.Uint8:
		return "smallint"
	case schema.Int32, schema.Uint16:
		return integer
	case schema.Int64, schema.Uint32:
		return "bigint"
	case schema.Uint64:
		return "decimal(20,0)"
	case schema.Decimal:
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	case schema.Double:
		return "double"
	case schema.Date:
		return "date"
	case schema.Timestamp:
		return "timestamp"
	}
	return text
}

// list writes "name type" lines.
func list(columns []schema.Column, quote func(string) string, typeName func(schema.Type) string) string {
	lines := make([]string, len(columns))
	for i, c := range columns {
		lines[i] = "  " + quote(c.Name) + " " + typeName(c.Type)
	}
	return strings.Join(lines, ",\n")
}

func backticks(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
func quotes(name string) string    { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
func literal(s string) string      { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func hiveSQL(t schema.Type) string { return hiveType(t, "int", "string") }

func (d *ddl) athena() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE EXTERNAL TABLE %s (\n%s\n)\n", backticks(d.table.Name), list(d.pathless(), backticks, hiveSQL))
	if p := d.pathColumns(); len(p) > 0 {
		fmt.Fprintf(&b, "PARTITIONED BY (\n%s\n)\n", list(p, backticks, hiveSQL))
	}
	fmt.Fprintf(&b, "STORED AS PARQUET\nLOCATION %s;\n", literal(d.base))
	d.repair(&b, "MSCK REPAIR TABLE "+backticks(d.table.Name)+";\n")
	return b.String()
}

// repair adds the statement that finds new partitions, to be repeated after loads that bring some.
func (d *ddl) repair(b *strings.Builder, statement string) {
	if len(d.table.PartitionBy) > 0 {
		b.WriteString("-- again whenever new partitions were loaded:\n" + statement)
	}
}

func (d *ddl) trino() string {
	var b strings.Builder
	path := d.pathColumns()
	sql := func(t schema.Type) string {
		if t.Kind == schema.Timestamp {
			return "timestamp(6)"
		}
		return hiveType(t, "integer", "varchar")
	}
	fmt.Fprintf(&b, "CREATE TABLE hive.default.%s (\n%s\n)\nWITH (\n  format = 'PARQUET',\n  external_location = %s", quotes(d.table.Name),
		list(append(d.pathless(), path...), quotes, sql), literal(d.base))
	if len(path) > 0 {
		names := make([]string, len(path))
		for i, c := range path {
			names[i] = literal(c.Name)
		}
		fmt.Fprintf(&b, ",\n  partitioned_by = ARRAY[%s]", strings.Join(names, ", "))
	}
	b.WriteString("\n);\n")
	d.repair(&b, "CALL hive.system.sync_partition_metadata('default', "+literal(d.table.Name)+", 'FULL');\n")
	return b.String()
}

func (d *ddl) spark() string {
	var b strings.Builder
	path := d.pathColumns()
	fmt.Fprintf(&b, "CREATE TABLE %s (\n%s\n)\nUSING PARQUET\n", backticks(d.table.Name), list(append(d.pathless(), path...), backticks, hiveSQL))
	if len(path) > 0 {
		names := make([]string, len(path))
		for i, c := range path {
			names[i] = backticks(c.Name)
		}
		fmt.Fprintf(&b, "PARTITIONED BY (%s)\n", strings.Join(names, ", "))
	}
	fmt.Fprintf(&b, "LOCATION %s;\n", literal(d.base))
	d.repair(&b, "MSCK REPAIR TABLE "+backticks(d.table.Name)+";\n")
	return b.String()
}
