package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fingerprint tells one file's rows from any other's.
type fingerprint struct {
	Rows, Sum int64
	Xor       uint64
}

// file makes a CSV with text that needs quoting, and its fingerprint.
func file(seed, rows int) ([]byte, fingerprint) {
	b := []byte("source_id,value,note\n")
	want := fingerprint{Rows: int64(rows)}
	for i := range rows {
		v := int64(seed%977+1) * int64(i+1)
		id, note := fmt.Sprintf("%d-%d", seed, i), []string{"x", "größer, \"quoted\"", "two\nlines"}[i%3]
		want.Sum += v
		want.Xor ^= uint64(crc32.ChecksumIEEE(fmt.Appendf(nil, "%s|%d|%s", id, v, note)))
		b = fmt.Appendf(b, "%s,%d,\"%s\"\n", id, v, strings.ReplaceAll(note, `"`, `""`))
	}
	return b, want
}

const printQuery = `SELECT _source, _delivery, COUNT(*), SUM(value), BIT_XOR(CRC32(CONCAT(source_id, '|', value, '|', note))) FROM %s GROUP BY _source, _delivery`

// place is a slot of a table.
type place struct{ table, source string }

// inForce is what a slot shows: the prints of its deliveries, in order. It is a text so that it can be compared.
type inForce string

func showing(prints ...fingerprint) inForce {
	slices.SortFunc(prints, func(a, b fingerprint) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return inForce(fmt.Sprint(prints))
}

// operation is one request that changes a slot, and what the slot shows once it has happened.
type operation struct {
	at     place
	values url.Values
	body   []byte
	then   inForce
}

// ledger knows what each slot may show: what its acknowledged operations led to, or with the one in flight on top of it.
type ledger struct {
	mu      sync.Mutex
	sure    map[place]inForce
	flying  map[place]*operation
	acks    int
	again   int
	serial  int
	touched map[string]bool // tables to look at next
	failing bool            // answers that blame the server are no surprise: its disk may fail
}

func newLedger() *ledger {
	return &ledger{sure: map[place]inForce{}, flying: map[place]*operation{}, touched: map[string]bool{}}
}

func (l *ledger) next() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serial++
	return l.serial
}

// receipt is what tests look at.
type receipt struct {
	DeliveryID string `json:"delivery_id"`
	Duplicate  bool   `json:"duplicate"`
	Accepted   int64  `json:"accepted"`
	SHA256     string `json:"sha256"`
}

// run sends an operation. ok tells that it was acknowledged; an answer that is neither an acknowledgement nor a cut is an error.
func (l *ledger) run(base string, op *operation) (r receipt, ok bool, err error) {
	l.mu.Lock()
	l.flying[op.at], l.touched[op.at.table] = op, true
	l.mu.Unlock()
	status, text, cut := op.send(base)
	if cut || l.failing && status >= http.StatusInternalServerError {
		return r, false, nil
	}
	if status/100 != 2 || json.Unmarshal(text, &r) != nil {
		return r, false, fmt.Errorf("%v %v: status %d: %s", op.at, op.values, status, text)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.flying, op.at)
	l.sure[op.at] = op.then
	l.acks++
	return r, true, nil
}

func (op *operation) send(base string) (status int, text []byte, cut bool) {
	to := base + "/v1/tables/" + op.at.table + "/load?" + op.values.Encode()
	if id := op.values.Get("revert"); id != "" {
		to = base + "/v1/deliveries/" + id + "/revert"
	}
	req, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(op.body))
	if err != nil {
		return 0, nil, true
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, true
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(resp.Body)
	return resp.StatusCode, text, err != nil
}

// resend repeats half of the uploads whose answer never came, as clients do: afterwards they have happened, once.
func (l *ledger) resend(t *testing.T, base string) {
	t.Helper()
	l.mu.Lock()
	var ops []*operation
	for _, op := range l.flying {
		if op.body != nil && len(ops) < (len(l.flying)+1)/2 {
			ops = append(ops, op)
		}
	}
	l.mu.Unlock()
	for _, op := range ops {
		if _, ok, err := l.run(base, op); err != nil || !ok {
			t.Errorf("sent again: %v", err)
		}
		l.again++
	}
}

// first loads one small file: the first acknowledgement after a restart.
func (l *ledger) first(t *testing.T, base string) {
	t.Helper()
	n := l.next()
	body, p := file(n, 3)
	source := fmt.Sprintf("first-%d", n)
	op := &operation{place{"kills", source}, url.Values{"source": {source}, "period": {"p"}}, body, showing(p)}
	if _, ok, err := l.run(base, op); !ok {
		t.Errorf("the first load after a restart: %v", err)
	}
}

// check compares what the slots show with what they may show; afterwards what they show is sure. all looks at every table, else
// only at those touched since the last look.
func (l *ledger) check(t *testing.T, base string, all bool) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if all {
		for at := range l.sure {
			l.touched[at.table] = true
		}
	}
	existing := " " + strings.ReplaceAll(ask(t, base, "SELECT table_name FROM information_schema.tables"), "\n", " ")
	got := map[place]inForce{}
	for table := range l.touched {
		if strings.Contains(existing, " "+table+" ") {
			l.read(t, base, table, got)
		}
	}
	for at := range l.places() {
		op := l.flying[at]
		if got[at] != l.sure[at] && (op == nil || got[at] != op.then) {
			t.Errorf("slot %v shows %q, acknowledged is %q, in flight %+v", at, got[at], l.sure[at], op)
		}
		if got[at] == "" {
			delete(l.sure, at)
			continue
		}
		l.sure[at] = got[at]
	}
	for at := range got {
		if _, known := l.sure[at]; !known {
			t.Errorf("slot %v shows %q and was never sent", at, got[at])
		}
	}
	clear(l.flying)
	clear(l.touched)
}

// places are the slots of the tables looked at.
func (l *ledger) places() map[place]bool {
	out := map[place]bool{}
	for at := range l.sure {
		out[at] = l.touched[at.table]
	}
	for at := range l.flying {
		out[at] = true
	}
	for at, look := range out {
		if !look {
			delete(out, at)
		}
	}
	return out
}

func (l *ledger) read(t *testing.T, base, table string, into map[place]inForce) {
	t.Helper()
	prints := map[place][]fingerprint{}
	for line := range strings.Lines(ask(t, base, fmt.Sprintf(printQuery, table))) {
		cells := strings.Split(strings.TrimSpace(line), ",")
		var p fingerprint
		if _, err := fmt.Sscan(strings.Join(cells[2:], " "), &p.Rows, &p.Sum, &p.Xor); err != nil {
			continue // the header
		}
		at := place{table, cells[0]}
		prints[at] = append(prints[at], p)
	}
	for at, list := range prints {
		into[at] = showing(list...)
	}
}
