package operator

import (
	"context"
	"fmt"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// joinSpill is both sides of a join cut into partitions by the hash of their keys: rows of equal keys meet in one partition.
type joinSpill struct {
	level        int
	build, probe []*spillFile
	nulls        bool // a build row had a NULL key
}

// maxJoinLevel bounds how often a partition that is still too large is cut again.
const maxJoinLevel = 4

func (j *joining) newSpill(level int) (*joinSpill, error) {
	s := &joinSpill{level: level}
	for p := range 2 * radixParts {
		side := "build"
		if p >= radixParts {
			side = "probe"
		}
		f, err := j.run.spill.create(fmt.Sprintf("join-%s-%d-%d", side, level, p%radixParts))
		if err != nil {
			return nil, err
		}
		if p < radixParts {
			s.build = append(s.build, f)
		} else {
			s.probe = append(s.probe, f)
		}
	}
	j.stats.files.Add(2 * radixParts)
	return s, nil
}

// partOf takes bits of a hash that neither the table's slots nor another level use.
func partOf(h uint64, level int) int {
	return int(h >> (64 - radixBits*uint(level+1)) & (radixParts - 1))
}

// spill moves what was collected into the partitions, which the first caller makes.
func (b *joinBuild) spill() error {
	if b.within != nil {
		if err := b.within.overflow(); err != nil {
			return err
		}
		return b.spillTo(b.within.within)
	}
	j := b.join
	if len(b.keys.exprs) == 0 {
		return errs.New(errs.Limit, "memory-limit-exceeded", "the smaller side of a join without an equality does not fit into the query's memory").
			WithHint("join by equal columns, or filter that side")
	}
	j.spillMu.Lock()
	if j.spilled == nil {
		s, err := j.newSpill(0)
		if err != nil {
			j.spillMu.Unlock()
			return err
		}
		j.spilled = s
	}
	s := j.spilled
	j.spillMu.Unlock()
	return b.spillTo(s)
}

func (b *joinBuild) spillTo(s *joinSpill) error {
	defer b.release()
	all := &batch.Batch{Len: b.rows}
	for _, c := range b.cols {
		all.Cols = append(all.Cols, c.Finish())
	}
	b.reset()
	_, keyAt := b.join.layout()
	for lo := 0; lo < all.Len; lo += batch.MaxRows {
		piece := &batch.Batch{Len: min(batch.MaxRows, all.Len-lo)}
		for _, c := range all.Cols {
			piece.Cols = append(piece.Cols, c.Slice(lo, lo+piece.Len))
		}
		keys := make([]*batch.Vector, len(keyAt))
		for i, at := range keyAt {
			keys[i] = piece.Cols[at]
		}
		split := joinKeys{vecs: keys}
		if err := b.join.split(piece, nil, split.hash(piece.Len, nil), s.level, s.build, &b.scratch); err != nil {
			return err
		}
	}
	return nil
}

// reload adds the rows of a partition, whose keys were computed before they were written.
func (b *joinBuild) reload(in *spillReader) error {
	for {
		next, err := in.next()
		if next == nil || err != nil {
			return err
		}
		if err := b.join.run.stopped(); err != nil {
			return err
		}
		for i, c := range next.Cols {
			b.cols[i].Append(c, next.Sel)
		}
		b.rows += next.Alive()
		if err := b.account(); err != nil {
			return err
		}
	}
}

// split appends the listed rows (nil: all) of a batch to the files of their partitions.
func (j *joining) split(b *batch.Batch, rows []int32, hashes []uint64, level int, files []*spillFile, buf *frameBuffer) error {
	if err := j.run.stopped(); err != nil {
		return err
	}
	if rows == nil {
		rows = everyRow(b.Len)
	}
	parts := make([][]int32, radixParts)
	for _, r := range rows {
		p := partOf(hashes[r], level)
		parts[p] = append(parts[p], r)
	}
	for p, list := range parts {
		if len(list) == 0 {
			continue
		}
		n, err := files[p].write((&batch.Batch{Cols: b.Cols, Len: b.Len, Sel: list}).Compact(), buf)
		if err != nil {
			return err
		}
		j.stats.spilled.Add(n)
	}
	return nil
}

// spillAll puts what is still in memory, and then the whole probe side, into the partitions.
func (j *joining) spillAll(ctx context.Context, parts []*joinBuild) error {
	for _, b := range parts {
		j.spilled.nulls = j.spilled.nulls || b.nulls
		if err := b.spillTo(j.spilled); err != nil {
			return err
		}
	}
	return j.run.each(len(j.probe.pulls), func(i int) error {
		keys, err := j.run.joinKeys(j.node.ProbeKeys, len(j.probe.fields))
		if err != nil {
			return err
		}
		return j.splitProbe(ctx, j.probe.pulls[i], &keys, j.spilled)
	})
}

// splitProbe cuts a probe side. Rows with a NULL key go along: an outer join gives them back.
func (j *joining) splitProbe(ctx context.Context, in puller, keys *joinKeys, s *joinSpill) error {
	var buf frameBuffer
	for {
		b, err := in.next(ctx)
		if b == nil || err != nil {
			return err
		}
		if err := keys.eval(b); err != nil {
			return err
		}
		if err := j.split(b, b.Sel, keys.hash(b.Len, b.Sel), s.level, s.probe, &buf); err != nil {
			return err
		}
	}
}

// nextSpilled joins the partitions one after another; the workers take them as they get free.
func (w *joinWorker) nextSpilled(ctx context.Context) (*batch.Batch, error) {
	for {
		if w.todo == nil {
			p := int(w.join.part.Add(1)) - 1
			if p >= radixParts {
				return nil, nil
			}
			w.todo = &joinPart{worker: w, spill: w.join.spilled, part: p}
		}
		b, err := w.todo.next(ctx)
		if b != nil || err != nil {
			return b, err
		}
		w.todo = nil
	}
}

// joinPart is one partition being joined; when it was too large, the partitions it was cut into.
type joinPart struct {
	worker *joinWorker
	spill  *joinSpill
	part   int

	opened bool
	build  *joinBuild
	probe  puller
	table  *joinTable
	within *joinSpill
	sub    *joinPart
	at     int // the next of within
}

func (p *joinPart) next(ctx context.Context) (*batch.Batch, error) {
	if !p.opened {
		p.opened = true
		if err := p.open(ctx); err != nil {
			return nil, err
		}
	}
	if p.within != nil {
		return p.nextWithin(ctx)
	}
	p.worker.probe.table = p.table
	b, err := p.worker.pull(ctx, p.probe)
	if b == nil {
		p.close()
	}
	return b, err
}

// open reads the build side of the partition into a table.
func (p *joinPart) open(ctx context.Context) error {
	j := p.worker.join
	build, err := p.spill.build[p.part].rewind()
	if err != nil {
		return err
	}
	if p.build, err = j.newBuild(); err != nil {
		return err
	}
	p.build.within = p
	if err := p.build.reload(build); err != nil {
		return err
	}
	p.spill.build[p.part].discard()
	probe, err := p.spill.probe[p.part].rewind()
	if err != nil {
		return err
	}
	p.probe = spillPull{probe}
	if p.within != nil {
		if err := p.build.spillTo(p.within); err != nil {
			return err
		}
		keys, err := j.run.joinKeys(j.node.ProbeKeys, len(j.probe.fields))
		if err != nil {
			return err
		}
		if err := j.splitProbe(ctx, p.probe, &keys, p.within); err != nil {
			return err
		}
		p.spill.probe[p.part].discard()
		return nil
	}
	p.table, err = j.newTable([]*joinBuild{p.build})
	if p.table != nil {
		p.table.nulls, p.table.empty = p.spill.nulls, false
	}
	return err
}

func (p *joinPart) close() {
	p.build.release()
	p.table = nil
	p.spill.probe[p.part].discard()
}

func (p *joinPart) nextWithin(ctx context.Context) (*batch.Batch, error) {
	for p.at < radixParts {
		if p.sub == nil {
			p.sub = &joinPart{worker: p.worker, spill: p.within, part: p.at}
		}
		b, err := p.sub.next(ctx)
		if b != nil || err != nil {
			return b, err
		}
		p.sub = nil
		p.at++
	}
	return nil, nil
}

// overflow begins to cut the partition again.
func (p *joinPart) overflow() error {
	if p.within != nil {
		return nil
	}
	if p.spill.level+1 >= maxJoinLevel {
		return errs.New(errs.Limit, "memory-limit-exceeded", "too many rows of one side of a join have the same key to fit into the query's memory").
			WithHint("filter that side, or aggregate it before the join")
	}
	s, err := p.worker.join.newSpill(p.spill.level + 1)
	if err != nil {
		return err
	}
	s.nulls = p.spill.nulls
	p.within = s
	return nil
}

// spillPull reads a partition back.
type spillPull struct{ in *spillReader }

func (s spillPull) next(context.Context) (*batch.Batch, error) { return s.in.next() }
