package statistic

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/stratascope/stratascope/capture"
)

// A reading is one pass under way: the sums of the blocks that are complete, and of those that are not.
type reading struct {
	pass
	name    string
	options Options
	samples int
	total   []running              // by task; no state where there is none
	at      map[capture.Site][]int // tasks that look at a site
	first   int                    // blocks an earlier run finished
	done    int                    // blocks summed so far
	mu      sync.Mutex             // of what follows
	parts   map[int][]running      // by block
	failed  []failure              // by task
}

// A failure is the error of the first block that a state could not take in.
type failure struct {
	block int
	err   error
}

// runPass reads a view once and keeps the finished states.
func runPass(ctx context.Context, c Case, r *Results, p pass, name string, o Options) error {
	d := &reading{pass: p, name: name, options: o, samples: c.Source.Samples(p.view).Len(), total: make([]running, len(p.tasks)),
		at: map[capture.Site][]int{}, parts: map[int][]running{}, failed: make([]failure, len(p.tasks))}
	for i, t := range p.tasks {
		s, err := t.stat.start(t.env)
		if err != nil {
			d.failed[i] = failure{err: err}
			continue
		}
		d.total[i] = s
		d.at[t.env.Key.A] = append(d.at[t.env.Key.A], i)
	}
	if err := d.resume(); err != nil {
		return err
	}
	var err error
	if d.done < d.blocks() {
		err = c.Source.Read(ctx, p.view, p.sites, capture.Reader{Keep: p.keep, Skip: func(b int) bool { return b < d.first }, Fold: d.fold, Done: d.finish})
	}
	if o.Store != nil && d.done > d.first { // whatever stopped the reading, what is done is kept
		err = errors.Join(err, d.save())
	}
	if err != nil {
		return err
	}
	for i, t := range p.tasks {
		if d.failed[i].err != nil {
			r.missing[t.env.Key] = d.failed[i].err
		} else {
			r.done[t.env.Key] = d.total[i].state
		}
	}
	return nil
}

func (d *reading) blocks() int { return (d.samples + capture.Block - 1) / capture.Block }

// fail notes why a task has no result: of several blocks the first counts, whichever ran first.
func (d *reading) fail(i, block int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed[i].err == nil || block < d.failed[i].block {
		d.failed[i] = failure{block, err}
	}
}

// fold starts the states of a block and returns what takes in its values.
func (d *reading) fold(block int) capture.Fold {
	part := make([]running, len(d.tasks))
	for i, t := range d.tasks {
		if d.total[i].state == nil {
			continue
		}
		s, err := t.stat.start(t.env)
		if err != nil {
			d.fail(i, block, err)
			continue
		}
		part[i] = s
	}
	d.mu.Lock()
	d.parts[block] = part
	d.mu.Unlock()
	return func(q capture.Request, rows capture.Rows) error {
		for _, i := range d.at[q.Site] {
			if part[i].state == nil {
				continue
			}
			if err := added(part[i], rows, d.tasks[i].env.Key); err != nil {
				d.fail(i, block, err)
				part[i] = running{}
			}
		}
		return nil
	}
}

// added turns a panic of the mathematics into an error of that state alone.
func added(s running, rows capture.Rows, k Key) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %v", k, p)
		}
	}()
	return s.add(rows)
}

// finish adds a complete block to the sums. Blocks come in order.
func (d *reading) finish(block int) error {
	d.mu.Lock()
	part := d.parts[block]
	delete(d.parts, block)
	d.mu.Unlock()
	for i := range part {
		if part[i].state == nil || d.total[i].state == nil {
			continue
		}
		if err := d.total[i].merge(part[i].state); err != nil {
			d.fail(i, block, fmt.Errorf("%s: %w", d.tasks[i].env.Key, err))
		}
	}
	if d.options.Progress != nil {
		d.options.Progress(d.view.String(), min((block+1)*capture.Block, d.samples), d.samples)
	}
	d.done = block + 1
	if d.options.Store != nil && d.options.Store.Due() {
		return d.save()
	}
	return nil
}
