package mirror

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/assaydb/assay/storage/schema"
)

// duckdb writes a view; files lie in the order of nobody's choosing, so there is none. Timestamps are stored as UTC instants,
// which DuckDB would show in the session's zone: the view turns them into plain timestamps in UTC, as Assay shows them.
func (d *ddl) duckdb() string {
	var b strings.Builder
	if d.url.Scheme == "s3" {
		d.duckdbSecret(&b)
	}
	lines := make([]string, 0, len(d.table.Columns)+1)
	for _, c := range d.fileColumns() {
		name := quotes(c.Name)
		value := name
		if c.Type.Kind == schema.Timestamp {
			value = "(" + name + " AT TIME ZONE 'UTC')"
		}
		lines = append(lines, fmt.Sprintf("  CAST(%s AS %s) AS %s", value, duckdbType(c.Type), name))
	}
	fmt.Fprintf(&b, "CREATE OR REPLACE VIEW %s AS\nSELECT\n%s\nFROM read_parquet(%s, hive_partitioning = false, union_by_name = true);\n",
		quotes(d.table.Name), strings.Join(lines, ",\n"), literal(d.base+d.glob()))
	return b.String()
}

// glob matches the segments: at any depth below the prefix, right in it when the table has no partitions.
func (d *ddl) glob() string {
	if len(d.table.PartitionBy) == 0 {
		return "*.parquet"
	}
	return "**/*.parquet"
}

// duckdbSecret tells where the bucket is. The keys come from the environment or the usual files: they have no place in a text
// that is printed.
func (d *ddl) duckdbSecret(b *strings.Builder) {
	b.WriteString("INSTALL httpfs;\nLOAD httpfs;\nCREATE OR REPLACE SECRET assay_mirror (\n  TYPE s3,\n  PROVIDER credential_chain")
	if d.s3.Region != "" {
		fmt.Fprintf(b, ",\n  REGION %s", literal(d.s3.Region))
	}
	if e, err := url.Parse(d.s3.Endpoint); err == nil && d.s3.Endpoint != "" {
		fmt.Fprintf(b, ",\n  ENDPOINT %s,\n  USE_SSL %t", literal(e.Host), e.Scheme == "https")
		if !d.s3.VirtualHost {
			b.WriteString(",\n  URL_STYLE 'path'")
		}
	}
	fmt.Fprintf(b, ",\n  SCOPE %s\n);\n", literal("s3://"+d.s3.Bucket))
}

func duckdbType(t schema.Type) string {
	switch t.Kind {
	case schema.Uint8, schema.Uint16, schema.Uint32, schema.Uint64:
		return map[schema.Kind]string{schema.Uint8: "UTINYINT", schema.Uint16: "USMALLINT", schema.Uint32: "UINTEGER", schema.Uint64: "UBIGINT"}[t.Kind]
	case schema.JSON:
		return "VARCHAR" // the JSON type is an extension's
	}
	return t.String()
}

func (d *ddl) clickhouse() string {
	columns := d.fileColumns()
	shape := make([]string, len(columns))
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = "  " + backticks(c.Name)
		shape[i] = backticks(c.Name) + " " + clickhouseType(c.Type)
	}
	from := "file(" + literal(d.base+d.glob())
	note := "-- a server reads files below user_files_path only; clickhouse-local reads any\n"
	if d.url.Scheme == "s3" {
		from = "s3(" + literal(d.httpBase()+d.glob())
		note = "-- keys come from the server's configuration; or add them as the second and third argument of s3()\n"
	}
	return fmt.Sprintf("%sCREATE OR REPLACE VIEW %s AS\nSELECT\n%s\nFROM %s, 'Parquet', %s)\nSETTINGS use_hive_partitioning = 0;\n",
		note, backticks(d.table.Name), strings.Join(names, ",\n"), from, literal(strings.Join(shape, ", ")))
}

// httpBase is the live prefix as an HTTP address, the form that ClickHouse takes for any S3 server.
func (d *ddl) httpBase() string {
	key := strings.TrimPrefix(d.base, "s3://"+d.s3.Bucket+"/")
	if d.s3.Endpoint != "" {
		return strings.TrimSuffix(d.s3.Endpoint, "/") + "/" + d.s3.Bucket + "/" + key
	}
	region := d.s3.Region
	if region == "" {
		region = "us-east-1"
	}
	return "https://" + d.s3.Bucket + ".s3." + region + ".amazonaws.com/" + key
}

func clickhouseType(t schema.Type) string {
	name := "String"
	switch t.Kind {
	case schema.Boolean:
		name = "Bool"
	case schema.Int8, schema.Int16, schema.Int32, schema.Int64:
		name = map[schema.Kind]string{schema.Int8: "Int8", schema.Int16: "Int16", schema.Int32: "Int32", schema.Int64: "Int64"}[t.Kind]
	case schema.Uint8, schema.Uint16, schema.Uint32, schema.Uint64:
		name = map[schema.Kind]string{schema.Uint8: "UInt8", schema.Uint16: "UInt16", schema.Uint32: "UInt32", schema.Uint64: "UInt64"}[t.Kind]
	case schema.Decimal:
		name = fmt.Sprintf("Decimal(%d, %d)", t.Precision, t.Scale)
	case schema.Double:
		name = "Float64"
	case schema.Date:
		name = "Date32"
	case schema.Timestamp:
		name = "DateTime64(6, 'UTC')"
	}
	return "Nullable(" + name + ")"
}
