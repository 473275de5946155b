package planner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/planner/scatter"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
)

// unpruned returns an engine over the node's data that looks at every row group and page, whatever the statistics say.
func (n *node) unpruned(t testing.TB) *node {
	t.Helper()
	store, err := storage.Open(storage.Config{Dir: n.dir, Scan: storage.ScanOptions{NoPruning: true, NoLateColumns: true, NoFilterOrder: true, NoDictionary: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close(context.Background()) })
	env := operator.Env{Storage: store, TempDir: t.TempDir(), Parallelism: 2, Memory: operator.NewGrant(1 << 28)}
	out := *n
	out.engine = planner.New(planner.Config{Catalog: n.catalog, Scatter: scatter.New(scatter.Config{Env: env}), Now: clock})
	return &out
}

// longCode is a text that statistics cut: those of two codes differ only past the cut.
func longCode(k int) string { return fmt.Sprintf("%s%d", strings.Repeat("Z", 80), k) }

// randomRows are one hospital's month, with all that statistics find hard: NULLs, NaN, -0, long texts, columns of NULLs alone.
func randomRows(r *rand.Rand, hospital, month int) [][]string {
	var out [][]string
	empty := r.IntN(5) == 0 // value and flag hold nothing
	for range 1 + r.IntN(60) {
		pick := func(null int, s string) string {
			if empty || r.IntN(100) < null {
				return ""
			}
			return s
		}
		code := fmt.Sprintf("C%02d", r.IntN(30))
		if r.IntN(12) == 0 {
			code = longCode(r.IntN(3))
		}
		ratio := []string{"", "NaN", "-0", "0", "1.5", "-2.25", "1e300"}[r.IntN(7)]
		out = append(out, []string{
			fmt.Sprintf("H%d", hospital), code,
			fmt.Sprintf("2025-%02d-%02d %02d:%02d:00", month, 1+r.IntN(28), r.IntN(24), r.IntN(60)),
			pick(20, fmt.Sprintf("%d.%02d", r.IntN(90)-20, r.IntN(100))), fmt.Sprint(r.IntN(80)), ratio, pick(40, []string{"L", "H", "''"}[r.IntN(3)]),
		})
	}
	return out
}

// atom is one random comparison, of every form that pruning knows something about.
func atom(r *rand.Rand) string {
	day := func() string { return fmt.Sprintf("'2025-%02d-%02d'", 1+r.IntN(5), 1+r.IntN(28)) }
	op := []string{"=", "<", "<=", ">", ">=", "<>"}[r.IntN(6)]
	code := fmt.Sprintf("'C%02d'", r.IntN(32))
	if r.IntN(8) == 0 {
		code = "'" + longCode(r.IntN(4)) + "'"
	}
	forms := []string{
		fmt.Sprintf("hospital %s 'H%d'", op, r.IntN(5)),
		fmt.Sprintf("hospital IN ('H%d', 'H%d', 'nowhere')", r.IntN(5), r.IntN(5)),
		fmt.Sprintf("code %s %s", op, code),
		fmt.Sprintf("code IN (%s, 'C07', 'C11')", code),
		fmt.Sprintf("code NOT IN (%s, 'C07')", code),
		fmt.Sprintf("code BETWEEN %s AND 'C20'", code),
		fmt.Sprintf("code LIKE 'C%d%%'", r.IntN(4)),
		"code LIKE 'ZZZ%'",
		fmt.Sprintf("taken %s %s", op, day()),
		fmt.Sprintf("taken BETWEEN %s AND %s", day(), day()),
		fmt.Sprintf("DATE(taken) %s %s", op, day()),
		fmt.Sprintf("YEAR(taken) = %d", 2024+r.IntN(2)),
		fmt.Sprintf("MONTH(taken) %s %d", op, 1+r.IntN(5)),
		fmt.Sprintf("DATE_FORMAT(taken, '%%Y-%%m') = '2025-%02d'", 1+r.IntN(5)),
		fmt.Sprintf("value %s %d.5", op, r.IntN(100)-25),
		"value IS NULL", "value IS NOT NULL", "flag IS NULL", "NOT (flag IS NULL)", "flag = ''",
		fmt.Sprintf("flag %s 'L'", op),
		fmt.Sprintf("age %s %d", op, r.IntN(90)),
		fmt.Sprintf("ratio %s %d", op, r.IntN(3)-1),
		fmt.Sprintf("ratio <=> %d", r.IntN(2)),
		fmt.Sprintf("_source = 'A%d'", r.IntN(5)),
		fmt.Sprintf("_period IN ('2025-%02d', 'x')", 1+r.IntN(5)),
		fmt.Sprintf("value + age > %d", r.IntN(120)),
		"1 = 1", "NULL",
	}
	return forms[r.IntN(len(forms))]
}

func predicate(r *rand.Rand, depth int) string {
	if depth == 0 || r.IntN(3) == 0 {
		return atom(r)
	}
	a, b := predicate(r, depth-1), predicate(r, depth-1)
	return []string{
		fmt.Sprintf("(%s AND %s)", a, b), fmt.Sprintf("(%s OR %s)", a, b), fmt.Sprintf("NOT (%s)", a),
	}[r.IntN(3)]
}

// change does one random thing to the table and returns what it was.
func change(t testing.TB, r *rand.Rand, n *node) {
	t.Helper()
	hospital, month := 1+r.IntN(3), 1+r.IntN(4)
	source, period := fmt.Sprintf("A%d", hospital), fmt.Sprintf("2025-%02d", month)
	tab, _ := n.catalog.Snapshot().Table("results")
	if slot := n.catalog.Snapshot().Slot(tab.ID, source, period); len(slot) == 1 && r.IntN(4) == 0 {
		n.propose(t, &catalog.RevertDelivery{Delivery: slot[0].ID, At: clock().UnixMicro()})
		return
	}
	rows := randomRows(r, hospital, month)
	if r.IntN(3) == 0 { // a delivery over several partitions
		rows = append(rows, randomRows(r, 1+r.IntN(3), 1+r.IntN(4))...)
	}
	for i := range rows {
		for len(rows[i]) < len(tab.Columns) {
			rows[i] = append(rows[i], fmt.Sprint(r.IntN(9)))
		}
	}
	n.load(t, "results", source, period, rows)
}

var everyAnswer = []string{
	"SELECT COUNT(*), COUNT(value), SUM(value), MIN(taken), MAX(code), MIN(flag), MAX(ratio), COUNT(flag), MAX(age) FROM results WHERE %s",
	"SELECT hospital, code, taken, value, age, ratio, flag FROM results WHERE %s",
	"SELECT hospital, COUNT(*), AVG(value) FROM results WHERE %s GROUP BY hospital",
	"SELECT COUNT(*), MIN(code), MAX(code), MIN(taken), MAX(taken), COUNT(code), COUNT(taken) FROM results WHERE %s",
}

// TestPruningNeverChangesAnAnswer puts random conditions to random histories of a table (loads, replacements, reverts, a new
// column, a wider one), with all that leaves something unread and without any of it, now and at earlier catalog indexes.
func TestPruningNeverChangesAnAnswer(t *testing.T) {
	histories, conditions := 4, 60
	if testing.Short() {
		histories, conditions = 2, 30
	}
	for seed := range histories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 7))
			n := newNodeWith(t, false, storageOfSmallGroups())
			n.propose(t, &catalog.PutTable{Table: resultsTable()})
			type moment struct {
				index       uint64
				sql, answer string
			}
			var past []moment
			for step := range 18 {
				change(t, r, n)
				switch step {
				case 6:
					alter(t, n, "ALTER TABLE results MODIFY COLUMN age BIGINT")
				case 10:
					alter(t, n, "ALTER TABLE results ADD COLUMN extra INT")
				}
				sql := fmt.Sprintf(everyAnswer[step%len(everyAnswer)], predicate(r, 1))
				got, err := answer(t.Context(), n, sql, planner.Debug{NoPrune: true, NoMetadata: true})
				if err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
				past = append(past, moment{n.catalog.Snapshot().Index(), sql, strings.Join(got, "\n")})
			}
			for _, m := range past {
				got, _, err := texts(t.Context(), n.engine, &planner.Request{SQL: m.sql, At: m.index})
				if err != nil || joined(got) != m.answer {
					t.Errorf("%s at %d: %v\n  got  %s\n  then %s", m.sql, m.index, err, joined(got), m.answer)
				}
			}
			full := n.unpruned(t)
			pruned := int64(0)
			for i := range conditions {
				sql := fmt.Sprintf(everyAnswer[i%len(everyAnswer)], predicate(r, 2))
				want, err := answer(t.Context(), full, sql, planner.Debug{NoPrune: true, NoMetadata: true, NoRules: true})
				if err != nil {
					t.Errorf("%s: %v", sql, err)
					continue
				}
				segments := int64(0)
				for _, d := range []planner.Debug{{NoMetadata: true}, {}, {NoPrune: true}, {NoMetadata: true, LazySegments: 1}} {
					rows, res, err := texts(t.Context(), n.engine, &planner.Request{SQL: sql, Debug: d})
					if err != nil || joined(rows) != strings.Join(want, "\n") {
						t.Errorf("%s with %+v: %v\n  got  %s\n  want %s", sql, d, err, joined(rows), strings.Join(want, "\n"))
						continue
					}
					if d == (planner.Debug{NoMetadata: true}) {
						segments = res.Estimate.Segments
					}
					if d.LazySegments > 0 && res.Estimate.Segments < segments {
						t.Errorf("%s: %d segments are planned by partitions, %d one by one", sql, res.Estimate.Segments, segments)
					}
					st := res.Stats()
					pruned += st.SegmentsPruned + st.RowGroupsPruned
				}
			}
			if pruned == 0 {
				t.Error("nothing was ever pruned")
			}
		})
	}
}

func alter(t testing.TB, n *node, sql string) {
	t.Helper()
	if _, _, err := texts(context.Background(), n.engine, &planner.Request{SQL: sql}); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// joined is the answer as one text, its rows in the order of their text.
func joined(rows [][]string) string {
	var out []string
	for _, r := range rows {
		out = append(out, strings.Join(r, "|"))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
