package server

import (
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

func sortedValues[V any](m map[string]V) iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(m[k]) {
				return
			}
		}
	}
}

// deliveryView is one delivery as lists show it.
type deliveryView struct {
	ID         schema.ID     `json:"delivery_id"`
	Table      string        `json:"table"`
	Source     string        `json:"source"`
	Period     string        `json:"period"`
	State      string        `json:"state"` // live, superseded, reverted, held or rejected
	SHA256     schema.Digest `json:"sha256"`
	BytesIn    int64         `json:"bytes_in"`
	RecordsIn  int64         `json:"records_in"`
	Accepted   int64         `json:"accepted"`
	Rejected   int64         `json:"rejected"`
	Segments   int32         `json:"segments"`
	Bytes      int64         `json:"bytes"`
	LoadedAt   time.Time     `json:"loaded_at"`
	Added      uint64        `json:"added_index"`
	Amends     *schema.ID    `json:"amends,omitempty"`
	Amended    int64         `json:"amended"` // rejects that corrections in force have brought
	Open       int64         `json:"open"`    // rejects that nothing has corrected yet
	Removed    uint64        `json:"removed_index,omitempty"`
	Superseded *schema.ID    `json:"superseded_by,omitempty"`
	Replaced   []schema.ID   `json:"replaced"`
}

func deliveryOf(table string, snap *catalog.Snapshot, d *catalog.Delivery) deliveryView {
	v := deliveryView{
		ID: d.ID, Table: table, Source: d.Source, Period: d.Period, State: "live", SHA256: d.SHA256, BytesIn: d.BytesIn,
		RecordsIn: d.RecordsIn, Accepted: d.Accepted, Rejected: d.Rejected, Segments: d.Segments, Bytes: d.Bytes,
		LoadedAt: time.UnixMicro(d.LoadedAt).UTC(), Added: d.Added, Removed: d.Removed, Replaced: append([]schema.ID{}, d.Replaced...),
	}
	if !d.Amends.IsZero() {
		v.Amends = &d.Amends
	}
	v.Amended = snap.Amended(d)
	v.Open = d.Rejected - v.Amended
	if !d.LiveAt(snap.Index()) {
		v.State = "reverted"
		if !d.Superseded.IsZero() {
			v.State, v.Superseded = "superseded", &d.Superseded
		}
	}
	return v
}

func (s *Server) handleDeliveries(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	snap, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	source, period, state := q.text("source"), q.text("period"), q.text("state")
	wanted := func(yield func(deliveryView) bool) {
		for v := range allDeliveries(snap, t) {
			if (source == "" || v.Source == source) && (period == "" || v.Period == period) && (state == "" || v.State == state) && !yield(v) {
				return
			}
		}
	}
	out, err := pageOf(q, wanted, func(v deliveryView) string { return v.ID.String() }, func(v deliveryView) any { return v })
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// allDeliveries lists what waits for a decision or was rejected, newest first, and then what is or was in force.
func allDeliveries(snap *catalog.Snapshot, t *schema.Table) iter.Seq[deliveryView] {
	return func(yield func(deliveryView) bool) {
		for _, h := range slices.Backward(snap.HeldOf(t.ID)) {
			v := deliveryOf(t.Name, snap, &h.Delivery)
			v.State, v.Open = ingest.StateHeld, h.Delivery.Rejected
			if h.Rejected {
				v.State = ingest.StateRejected
			}
			if !yield(v) {
				return
			}
		}
		for d := range snap.Deliveries(t.ID) {
			if !yield(deliveryOf(t.Name, snap, d)) {
				return
			}
		}
	}
}

func deliveryID(r *http.Request) (schema.ID, error) { return schema.ParseID(r.PathValue("id")) }

// handleDelivery answers with the receipt, and with the state the delivery has now.
func (s *Server) handleDelivery(w http.ResponseWriter, r *http.Request) error {
	id, err := deliveryID(r)
	if err != nil {
		return err
	}
	snap := s.parts.Catalog.Snapshot()
	receipt, err := s.parts.Loader.Receipt(r.Context(), id)
	if err != nil {
		return err
	}
	d, ok := snap.Delivery(id)
	if !ok {
		return writeJSON(w, http.StatusOK, receipt) // held or rejected, as it says
	}
	v := deliveryOf(receipt.Table, snap, d)
	return writeJSON(w, http.StatusOK, struct {
		*ingest.Receipt
		State      string     `json:"state"`
		Superseded *schema.ID `json:"superseded_by,omitempty"`
	}{receipt, v.State, v.Superseded})
}

// handleRejects sends the rejected records: NDJSON, or CSV under .csv or when Accept asks for it.
func (s *Server) handleRejects(w http.ResponseWriter, r *http.Request) error {
	id, err := deliveryID(r)
	if err != nil {
		return err
	}
	format, media := ingest.RejectsNDJSON, "application/x-ndjson"
	csv := strings.HasSuffix(r.URL.Path, ".csv") || !strings.HasSuffix(r.URL.Path, ".ndjson") && strings.Contains(r.Header.Get("Accept"), "text/csv")
	if csv {
		format, media = ingest.RejectsCSV, "text/csv; charset=utf-8; header=present"
	}
	in, err := s.parts.Loader.Rejects(r.Context(), id, format)
	if err != nil {
		return err
	}
	return sendRejects(w, r, in, media)
}

// handleResend sends the rejected lines as the sender wrote them, to be corrected and sent back.
func (s *Server) handleResend(w http.ResponseWriter, r *http.Request) error {
	id, err := deliveryID(r)
	if err != nil {
		return err
	}
	in, err := s.parts.Loader.Resend(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="rejects-`+id.String()+`.csv"`)
	return sendRejects(w, r, in, "text/csv; charset=utf-8")
}

func sendRejects(w http.ResponseWriter, r *http.Request, in io.ReadCloser, media string) error {
	defer in.Close()
	w.Header().Set("Content-Type", media)
	body, err := compressTo(w, acceptedEncoding(r.Header.Get("Accept-Encoding")))
	if err != nil {
		return err
	}
	if _, err := io.Copy(body, in); err != nil {
		return abort{err}
	}
	return body.Close()
}

func (s *Server) handleRevert(w http.ResponseWriter, r *http.Request) error {
	id, err := deliveryID(r)
	if err != nil {
		return err
	}
	receipt, err := s.parts.Loader.Revert(r.Context(), id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, receipt)
}
