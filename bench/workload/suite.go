package workload

import (
	_ "embed"
	"strings"
)

//go:embed wide.sql
var wide string

//go:embed wide.duckdb.sql
var wideDuckDB string

//go:embed wide.clickhouse.sql
var wideClickHouse string

//go:embed cardinality.sql
var cardinality string

//go:embed cardinality.duckdb.sql
var cardinalityDuckDB string

//go:embed cardinality.clickhouse.sql
var cardinalityClickHouse string

// Suite is a set of questions with the tables that they are about, the large one first.
type Suite struct {
	Tables  []Table
	Queries []Query
}

// Labs is LabBench.
func Labs() Suite {
	return Suite{Tables: []Table{labs(), hospitals(), tests()}, Queries: LabBench()}
}

// Wide asks about 60 columns of events, as ClickBench does of web traffic.
func Wide() Suite {
	return Suite{Tables: []Table{events()}, Queries: queries(wide, wideDuckDB, wideClickHouse)}
}

// Cardinality asks about keys that are nearly all different.
func Cardinality() Suite {
	return Suite{Tables: []Table{samples()}, Queries: queries(cardinality, cardinalityDuckDB, cardinalityClickHouse)}
}

func labs() Table {
	return Table{Name: "labs", OrderBy: []string{"test_code", "hospital_id", "collected_at"}, Columns: columns(`
		hospital_id few, patient_id VARCHAR, test_code few, test_name few, specimen few, collected_at TIMESTAMP, resulted_at TIMESTAMP,
		value DECIMAL(12;3), unit few, ref_low DECIMAL(12;3), ref_high DECIMAL(12;3), abnormal_flag few null, age INTEGER, sex few, status few,
		comment VARCHAR null`)}
}

func hospitals() Table {
	return Table{Name: "hospitals", OrderBy: []string{"id"}, Columns: columns("id few, name VARCHAR, region few, beds INTEGER")}
}

func tests() Table {
	return Table{Name: "tests", OrderBy: []string{"code"}, Columns: columns("code few, name VARCHAR, class few, system few")}
}

func events() Table {
	return Table{Name: "events", OrderBy: []string{"app_name", "event_date", "user_id", "event_time"}, Columns: columns(`
		event_id BIGINT, event_time TIMESTAMP, event_date DATE, received_at TIMESTAMP, hospital_id few, department few, ward few, user_id BIGINT,
		session_id BIGINT, client_ip VARCHAR, country few, city few, user_agent few, os few, os_version few, browser few, browser_version few,
		device_model few null, screen_width INTEGER, screen_height INTEGER, app_name few, app_version few, page VARCHAR, referrer VARCHAR null,
		title few, search_phrase VARCHAR null, event_type few, action few, object_type few, object_id VARCHAR, patient_id VARCHAR null,
		order_id BIGINT null, specimen few, test_code few, panel few, instrument_id few, instrument_model few, run_id BIGINT, position INTEGER,
		duration_ms INTEGER, queue_ms INTEGER, db_ms INTEGER, network_ms INTEGER, bytes_in BIGINT, bytes_out BIGINT, status_code INTEGER,
		error_code few null, is_mobile BOOLEAN, is_bot BOOLEAN, is_error BOOLEAN, retries INTEGER, temperature DOUBLE, reagent_ml DECIMAL(9;3),
		cost DECIMAL(12;2), currency few, quality DOUBLE null, latitude DOUBLE, longitude DOUBLE, experiment few null, note VARCHAR null`)}
}

func samples() Table {
	return Table{Name: "samples", OrderBy: []string{"collected_at"}, Columns: columns(`
		sample_id VARCHAR, barcode BIGINT, order_uuid VARCHAR, patient_id VARCHAR, device BIGINT, collected_at TIMESTAMP, amount DECIMAL(12;3),
		quantity INTEGER`)}
}

// columns reads "name TYPE" or "name TYPE null", separated by commas; few is text with few values, DECIMAL(p;s) has p digits, s of
// them decimals.
func columns(list string) []Column {
	var out []Column
	for _, item := range strings.Split(list, ",") {
		words := strings.Fields(item)
		c := Column{Name: words[0], Type: strings.Replace(words[1], ";", ",", 1), Nullable: len(words) > 2}
		if c.Type == "few" {
			c.Type, c.Few = "VARCHAR", true
		}
		out = append(out, c)
	}
	return out
}
