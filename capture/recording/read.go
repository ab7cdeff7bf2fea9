package recording

import (
	"context"
	"fmt"
	"sync"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/internal/parallel"
)

// A reading is one Read.
type reading struct {
	*Recording
	of     *Recording // the recording of the view's step
	view   capture.View
	part   *part
	sites  []capture.Site
	at     []recorded
	keep   [][]capture.Request // by site: the rows to keep
	reader capture.Reader
	hashes []uint64
	size   int

	mu      sync.Mutex
	created map[capture.Request]bool
	skipped bool
	blocks  capture.Sequence
}

// Read shows the values asked for, block by block.
func (r *Recording) Read(ctx context.Context, v capture.View, sites []capture.Site, reader capture.Reader) error {
	rd, err := r.start(v, sites, reader)
	if err != nil {
		return err
	}
	if err := rd.run(ctx); err != nil {
		return err
	}
	if rd.skipped {
		return nil // a part of the rows is missing: Matrix reads the recording
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for q := range rd.created {
		r.kept[q] = true
	}
	return nil
}

func (r *Recording) start(v capture.View, sites []capture.Site, reader capture.Reader) (*reading, error) {
	rd := &reading{Recording: r, view: v, sites: sites, reader: reader, created: map[capture.Request]bool{}}
	var err error
	if rd.of, err = r.at(v); err != nil {
		return nil, err
	}
	for _, site := range sites {
		w := v
		var keep []capture.Request
		for _, q := range reader.Keep {
			if q.Site == site {
				w.Reduce = q.View.Reduce // offered, where the whole maps are not
				keep = append(keep, q)
			}
		}
		p, at, err := rd.of.find(w, site)
		if err != nil {
			if p, at, err = rd.of.find(v, site); err != nil {
				return nil, err
			}
		}
		rd.part = p
		rd.at, rd.keep = append(rd.at, at), append(rd.keep, keep)
	}
	if rd.part == nil {
		if rd.part = rd.of.parts[portion{v.Split, v.Condition}]; rd.part == nil {
			return nil, &capture.Unavailable{Code: "no-samples", Why: fmt.Sprintf("there are no %s samples", v.Split)}
		}
	}
	rd.hashes = rd.of.roll.samples(rd.part.lines).Hashes
	rd.size = rd.of.batch(rd.part, rd.at)
	return rd, nil
}

// run shares the blocks out among the workers and stops all at the first error.
func (r *reading) run(ctx context.Context) error {
	n := r.part.n
	return parallel.Each(ctx, r.opt.Workers, (n+capture.Block-1)/capture.Block, func(ctx context.Context, b int) error {
		if skipped, err := r.skips(b); skipped || err != nil {
			return err
		}
		return r.block(ctx, b, min(n, (b+1)*capture.Block))
	})
}

// skips asks whether a block is not wanted, one question at a time.
func (r *reading) skips(b int) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reader.Skip == nil || !r.reader.Skip(b) {
		return false, nil
	}
	r.skipped = true
	return true, r.blocks.End(b, false, r.reader.Done)
}

// block reads one block, batch after batch, and reports it once all blocks before it are complete.
func (r *reading) block(ctx context.Context, b, end int) error {
	fold := r.reader.Fold(b)
	for lo := b * capture.Block; lo < end; lo += r.size {
		hi := min(end, lo+r.size)
		for i := range r.sites {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := r.show(fold, i, lo, hi); err != nil {
				return err
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.blocks.End(b, true, r.reader.Done)
}

// show hands the values of one site to the fold and keeps their rows.
func (r *reading) show(fold capture.Fold, i, lo, hi int) error {
	at := r.at[i]
	x, err := r.part.read(at.tensor, lo, hi)
	if err != nil {
		return err
	}
	for _, q := range r.keep[i] {
		if !at.site.whole() && at.site.Reduce != "pos" {
			continue // the recording itself has the row
		}
		row, err := r.of.reduce(x, at, q.View.Reduce, q.Site, r.hashes[lo:hi])
		if err != nil {
			return fmt.Errorf("%s: %w", q.Site.Layer, err)
		}
		if err := r.store(q, row, lo, hi); err != nil {
			return err
		}
	}
	return fold(capture.Request{View: r.view, Site: r.sites[i]}, capture.Rows{X: x, Axis: at.in(x), First: lo, IDs: r.hashes[lo:hi]})
}

// store keeps rows of one form.
func (r *reading) store(q capture.Request, row []float32, lo, hi int) error {
	r.mu.Lock()
	if !r.created[q] {
		if err := r.opt.Keeper.Create(q, r.part.n, len(row)/(hi-lo)); err != nil {
			r.mu.Unlock()
			return err
		}
		r.created[q] = true
	}
	r.mu.Unlock()
	return r.opt.Keeper.Put(q, lo, row)
}
