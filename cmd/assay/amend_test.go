package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func send(t testing.TB, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

// TestRejectsComeBackCorrected goes the way of a rejected line: loaded, found in SQL, sent back with its error, corrected, amended.
func TestRejectsComeBackCorrected(t *testing.T) {
	n := start(t, filepath.Join(t.TempDir(), "data"))
	if status, text := send(t, "PUT", n.url+"/v1/tables/labs", `{"columns":[{"name":"id","type":"BIGINT"},{"name":"value","type":"DECIMAL(9,2)"}],"policy":{"columns":"ignore"}}`); status != 201 {
		t.Fatal(text)
	}
	mapping := `{"columns":{"Nr":"id","Wert":"value"},"options":{"decimal":",","max_rejects":"90%"}}`
	if status, text := send(t, "PUT", n.url+"/v1/tables/labs/mappings/H1", mapping); status != 200 {
		t.Fatal(text)
	}
	if status, text := send(t, "PUT", n.url+"/v1/tables/labs/mappings/H1", `{"options":{"nonsense":"1"}}`); status != 400 {
		t.Fatalf("%d: %s", status, text)
	}
	in := "Nr;Wert;Bemerkung\n1;1,5;a\n2;2,5 mg;b\nx;3,5;c\n"
	status, text := put(t, n.url, "labs", "H1", "2025-01", []byte(in))
	var r struct {
		receipt
		Rejected int64 `json:"rejected"`
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil || status != 201 || r.Accepted != 1 || r.Rejected != 2 {
		t.Fatalf("%d: %s", status, text)
	}
	got := ask(t, n.url, "SELECT line, column_name, reason, raw FROM assay.rejects WHERE delivery_id = '"+r.DeliveryID+"' ORDER BY line")
	want := "line,column_name,reason,raw\n" +
		"3,value,\"the cell carries a unit or a currency sign, which is not taken off: the number alone must stand in the cell (DECIMAL(9,2))\",\"2;2,5 mg;b\"\n" +
		"4,id,the cell is not a whole number (BIGINT),\"x;3,5;c\"\n"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	_, sent := get(t, n.url+"/v1/deliveries/"+r.DeliveryID+"/resend.csv")
	if !strings.HasPrefix(sent, "error;Nr;Wert;Bemerkung\n\"line 3, column value: ") {
		t.Fatal(sent)
	}
	fixed := strings.NewReplacer("2,5 mg", "2,5", ";x;", ";3;").Replace(sent)
	status, text = send(t, "PUT", n.url+"/v1/tables/labs/load?amends="+r.DeliveryID, fixed)
	if status != 201 {
		t.Fatal(text)
	}
	if got := ask(t, n.url, "SELECT id, value FROM labs WHERE _source = 'H1' ORDER BY id"); got != "id,value\n1,1.50\n2,2.50\n3,3.50\n" {
		t.Error(got)
	}
	if got := ask(t, n.url, "SELECT state, records_in, accepted, rejected, amended, `open`, text_bytes - accepted_bytes - rejected_bytes - aside_bytes AS lost FROM assay.deliveries WHERE delivery_id = '"+r.DeliveryID+"'"); got !=
		"state,records_in,accepted,rejected,amended,open,lost\nlive,3,1,2,2,0,0\n" {
		t.Error(got)
	}
	if got := ask(t, n.url, "SELECT COUNT(*) AS n FROM assay.rejects r WHERE table_name = 'labs' AND period = '2024-12'"); got != "n\n0\n" {
		t.Error(got)
	}
	if status, text = send(t, "POST", n.url+"/v1/deliveries/"+r.DeliveryID+"/revert", ""); status != 409 || !strings.Contains(text, "amended") {
		t.Errorf("%d: %s", status, text)
	}
	if status, text := put(t, n.url, "rejects", "H1", "2025-01", []byte(in)); status != 422 || !strings.Contains(text, "reserved-name") {
		t.Errorf("%d: %s", status, text)
	}
}

// TestReadersSeeAMonthWholeWhileItIsReplaced lets 100 readers query a month that corrected files replace: each answer is all of one
// version.
func TestReadersSeeAMonthWholeWhileItIsReplaced(t *testing.T) {
	n := start(t, filepath.Join(t.TempDir(), "data"), "--max-queries", "200")
	const rows, rounds, readers = 3000, 8, 100
	version := func(v int) []byte {
		var b strings.Builder
		b.WriteString("id,v,w\n")
		for i := range rows + v {
			fmt.Fprintf(&b, "%d,%d,%d\n", i, v, i*(v+1))
		}
		return []byte(b.String())
	}
	load := func(v int) {
		if status, text := put(t, n.url, "month", "H1", "2025-01", version(v)); status != 201 {
			t.Fatalf("%d: %s", status, text)
		}
	}
	load(0)
	const question = "SELECT COUNT(*) AS n, MIN(v) AS lo, MAX(v) AS hi, SUM(w) AS s FROM month"
	whole := map[string]bool{}
	for v := range rounds + 1 {
		sum := 0
		for i := range rows + v {
			sum += i * (v + 1)
		}
		whole[fmt.Sprintf("n,lo,hi,s\n%d,%d,%d,%d\n", rows+v, v, v, sum)] = true
	}
	var stop atomic.Bool
	var asked atomic.Int64
	var wait sync.WaitGroup
	for range readers {
		wait.Go(func() {
			for !stop.Load() {
				if got := ask(t, n.url, question); !whole[got] {
					t.Errorf("an answer of no version: %q", got)
					stop.Store(true)
				}
				asked.Add(1)
			}
		})
	}
	for v := 1; v <= rounds && !stop.Load(); v++ {
		load(v)
	}
	for asked.Load() < readers && !stop.Load() { // the last version is read as well
		ask(t, n.url, "SELECT 1")
	}
	stop.Store(true)
	wait.Wait()
	// The answers would tell: a month that is replaced in two steps gives one that is of no version between them.
	if status, text := send(t, "PUT", n.url+"/v1/tables/month/load?source=H1&period=2025-01&mode=append", string(version(rounds+1))); status != 201 {
		t.Fatalf("%d: %s", status, text)
	}
	if got := ask(t, n.url, question); whole[got] {
		t.Errorf("two versions at once give the answer of one: %q", got)
	}
}
