package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// StatsName is schema.StatsName.
func StatsName(partition []schema.Value) string { return schema.StatsName(partition) }

// settleStats writes the statistics file of a partition that is complete, if it has segments.
func (d *Draft) settleStats(p *draftPartition) error {
	if len(p.segments) == 0 {
		return nil
	}
	data := d.statsOf(p)
	for _, s := range p.segments {
		s.slim()
	}
	return d.settle.add(func(context.Context) (err error) {
		p.stats, err = d.writeFile(StatsName(p.values), func(w io.Writer) error { _, err := w.Write(data); return err })
		return err
	})
}

func (d *Draft) statsOf(p *draftPartition) []byte {
	f := segment.StatsFile{Table: d.table.ID, Version: d.table.Version, Delivery: d.id, Columns: d.table.Columns}
	for _, s := range p.segments {
		f.Segments = append(f.Segments, segment.SegmentStats{ID: s.id, Info: s.info})
	}
	return f.Append(nil)
}

// maxStatsBytes bounds what Stats reads into memory.
const maxStatsBytes = 256 << 20

// Stats reads the statistics of a segment's partition: all segments that its delivery wrote there. The file carries its own
// checksum; one that is missing or damaged is fetched from the mirror. Corrupt or NotFound leave the segment itself to be asked.
func (s *Store) Stats(ctx context.Context, seg *schema.Segment) (*segment.StatsFile, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if seg.Location != "" {
		return nil, errs.New(errs.NotFound, "no-statistics", "attached files have no statistics files")
	}
	name := filepath.Join(s.deliveryDir(seg.Table, seg.Delivery), StatsName(seg.Partition))
	stats, err := s.readStats(name)
	if err == nil || !healable(err) {
		return stats, err
	}
	if healErr := s.healStats(ctx, seg, name, err); healErr != nil {
		return nil, errors.Join(err, healErr)
	}
	return s.readStats(name)
}

func (s *Store) readStats(name string) (*segment.StatsFile, error) {
	f, err := s.openRaw(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "no-statistics", "no statistics: %w", err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size() > maxStatsBytes {
		return nil, errs.New(errs.Corrupt, "bad-statistics", "%s has %d bytes, more than any that Assay writes", name, f.Size())
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, diskError("read", name, err)
	}
	stats, err := segment.DecodeStats(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return stats, nil
}

// healStats fetches a statistics file whose digest is not at hand: what comes must decode instead.
func (s *Store) healStats(ctx context.Context, seg *schema.Segment, name string, cause error) error {
	return s.heal(ctx, replacement{
		name: name, cause: cause,
		fetch: func(ctx context.Context, f Fetcher, w io.Writer) error {
			return f.FetchFile(ctx, seg.Table, seg.Delivery, filepath.Base(name), w)
		},
		sound: func(name string) error { _, err := s.readStats(name); return err },
	})
}
