package server

import (
	"net/http"

	"github.com/assaydb/assay/storage/schema"
)

// partitionView sums up the live segments of one partition.
type partitionView struct {
	Path     string            `json:"path"`
	Values   map[string]string `json:"values"`
	Rows     int64             `json:"rows"`
	Bytes    int64             `json:"bytes"`
	Segments int64             `json:"segments"`
}

func (s *Server) handlePartitions(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	snap, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	byPath := map[string]*partitionView{}
	for seg := range snap.Segments(t.ID) {
		path := t.PartitionPath(seg.Partition)
		p := byPath[path]
		if p == nil {
			p = &partitionView{Path: path, Values: map[string]string{}}
			for i, tr := range t.PartitionBy {
				p.Values[tr.Key(t)] = tr.PathValue(seg.Partition[i])
			}
			byPath[path] = p
		}
		p.Rows, p.Bytes, p.Segments = p.Rows+seg.Rows, p.Bytes+seg.Bytes, p.Segments+1
	}
	out, err := pageOf(q, sortedValues(byPath), func(p *partitionView) string { return "p" + p.Path }, func(p *partitionView) any { return p })
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// segmentView is one live segment.
type segmentView struct {
	ID        schema.ID     `json:"id"`
	Delivery  schema.ID     `json:"delivery_id"`
	Partition string        `json:"partition"`
	Rows      int64         `json:"rows"`
	Bytes     int64         `json:"bytes"`
	SHA256    schema.Digest `json:"sha256"`
	Added     uint64        `json:"added_index"`
	Parts     []partView    `json:"parts"`
	Location  string        `json:"location,omitempty"` // of an attached file, whose sha256 is its footer's
}

type partView struct {
	Delivery schema.ID `json:"delivery_id"`
	Source   string    `json:"source"`
	Period   string    `json:"period"`
	Rows     int64     `json:"rows"`
	Live     bool      `json:"live"`
}

func (s *Server) handleSegments(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	snap, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	show := func(seg *schema.Segment) any {
		v := segmentView{
			ID: seg.ID, Delivery: seg.Delivery, Partition: t.PartitionPath(seg.Partition), Rows: seg.Rows, Bytes: seg.Bytes,
			SHA256: seg.SHA256, Added: seg.Added, Location: seg.Location,
		}
		for _, p := range seg.Parts {
			v.Parts = append(v.Parts, partView(p))
		}
		return v
	}
	out, err := pageOf(q, snap.Segments(t.ID), func(seg *schema.Segment) string { return seg.ID.String() }, show)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}
