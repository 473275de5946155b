package logical

import (
	"maps"
	"slices"
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// ServerVersion is what VERSION() says: the release of MySQL whose meaning is followed, then ours.
const ServerVersion = "8.4.0-assay"

// Variables are the system variables that clients ask for when they connect.
func Variables() map[string]schema.Value {
	text, number := schema.TextValue, func(n int64) schema.Value { return schema.IntValue(schema.TypeInt64, n) }
	return map[string]schema.Value{
		"version": text(ServerVersion), "version_comment": text("Assay"), "autocommit": number(1), "max_allowed_packet": number(64 << 20),
		"sql_mode":  text("ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO"),
		"time_zone": text("+00:00"), "system_time_zone": text("UTC"), "lower_case_table_names": number(1), "read_only": number(0),
		"character_set_client": text("utf8mb4"), "character_set_connection": text("utf8mb4"), "character_set_results": text("utf8mb4"), "character_set_server": text("utf8mb4"),
		"collation_connection": text("utf8mb4_bin"), "collation_server": text("utf8mb4_bin"), "transaction_isolation": text("REPEATABLE-READ"), "tx_isolation": text("REPEATABLE-READ"),
		"net_write_timeout": number(60), "wait_timeout": number(28800), "interactive_timeout": number(28800), "div_precision_increment": number(4), "group_concat_max_len": number(1 << 20),
	}
}

func (b *Binder) variable(v *sqlparse.Variable) (expr.Expr, error) {
	vars := Variables()
	name := strings.ToLower(v.Name)
	if val, ok := vars[name]; ok && v.System {
		return &expr.Literal{Value: val}, nil
	}
	if !v.System {
		return nil, b.unsupported(v.Pos, "user variables @"+v.Name)
	}
	e := b.errorf(v.Pos, errs.Meaning, "unknown-variable", 1193, "there is no system variable %q", v.Name)
	return nil, e.Suggest(sqlparse.Nearest(name, slices.Collect(maps.Keys(vars)))...)
}

// session gives the functions that tell of the connection.
func (b *Binder) session(e *sqlparse.Call) (schema.Value, bool) {
	if len(e.Args) > 0 {
		return schema.Value{}, false
	}
	switch e.Name {
	case "version":
		return schema.TextValue(ServerVersion), true
	case "database", "schema":
		return schema.TextValue(b.database()), true
	case "user", "current_user", "session_user", "system_user":
		return schema.TextValue(b.Principal.Name), true
	case "connection_id":
		return schema.IntValue(schema.TypeUint64, 0), true
	}
	return schema.Value{}, false
}

// unitArgs puts the unit of a date function where the function table takes it, as a constant text: last for date_add and
// date_sub, first for timestampdiff and extract.
func unitArgs(e *sqlparse.Call, args []expr.Expr) []expr.Expr {
	unit := &expr.Literal{Value: schema.TextValue(e.Unit)}
	if e.Name == "date_add" || e.Name == "date_sub" {
		return append(args, unit)
	}
	return append([]expr.Expr{unit}, args...)
}

// refusedFunction says why a function of MySQL is refused on purpose; "" for all others.
func refusedFunction(name string) string {
	switch name {
	case "rand", "uuid", "uuid_short", "random_bytes":
		return "the same query on the same data gives the same answer here, so nothing is random"
	case "sleep", "benchmark":
		return "it would only hold a place that other queries wait for"
	case "last_insert_id", "row_count", "found_rows", "get_lock", "release_lock", "is_free_lock", "is_used_lock", "release_all_locks":
		return "there is no session that would remember anything between two statements"
	case "load_file":
		return "queries read tables only"
	}
	return ""
}
