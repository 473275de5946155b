package sqlparse_test

import (
	"testing"

	"github.com/assaydb/assay/planner/sqlparse"
)

func BenchmarkParse(b *testing.B) {
	const sql = "SELECT test_code, AVG(value), SUM(CASE WHEN abnormal_flag IN ('HH','LL') THEN 1 ELSE 0 END) AS critical FROM labs WHERE collected_at >= '2025-03-01' AND sex = 'F' AND age BETWEEN 40 AND 60 GROUP BY test_code ORDER BY 2 DESC, 1 LIMIT 20"
	b.SetBytes(int64(len(sql)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sqlparse.Parse(sql); err != nil {
			b.Fatal(err)
		}
	}
}
