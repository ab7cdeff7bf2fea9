package statistic

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/graph"
)

// Options of a collection.
type Options struct {
	Memory   int64                               // most bytes all live states may hold; 0 is no limit
	Progress func(stage string, done, total int) // called from one goroutine at a time; may be nil
	Store    Store                               // keeps states, so that a run can go on; may be nil
}

// A Store keeps the states of finished blocks by name.
type Store interface {
	Load(name string) ([]byte, error) // nil, nil if there is none
	Save(name string, write func(io.Writer) error) error
	Due() bool // whether the last save is long enough ago
}

// Collect runs the plan: in waves of satisfied needs, first one live pass per view, then the replays.
// A statistic or key that cannot be computed is kept in the results with its reason; an error is
// returned only when the run itself cannot go on.
func Collect(ctx context.Context, c Case, want []Any, o Options) (*Results, error) {
	r := NewResults()
	for name, build := range c.Networks {
		c.Source.Define(name, func() (*graph.Graph, error) { return build(r) })
	}
	order := waves(want)
	kept := map[capture.Request]bool{}
	for w := range order {
		keep := keptRows(c, r, order[w:], kept)
		if err := liveWave(ctx, c, r, order[w], keep, w, o); err != nil {
			return r, err
		}
		if err := replayWave(ctx, c, r, order[w], o); err != nil {
			return r, err
		}
	}
	return r, nil
}

// waves orders statistics so that each comes after what it needs. Within a wave the order is that of
// first mention.
func waves(want []Any) [][]Any {
	var order [][]Any
	depth := map[Any]int{}
	var visit func(Any) int
	visit = func(a Any) int {
		if d, ok := depth[a]; ok {
			return d
		}
		d := 0
		for _, n := range a.needs() {
			below := visit(n)
			// A replay may follow a live statistic within one wave; anything else waits.
			if a.live() || !n.live() || a.staged() {
				below++
			}
			d = max(d, below)
		}
		depth[a] = d
		for len(order) <= d {
			order = append(order, nil)
		}
		order[d] = append(order[d], a)
		return d
	}
	for _, a := range want {
		visit(a)
	}
	return order
}

// A task is one key with its statistic.
type task struct {
	stat Any
	env  Env
}

// tasks lists the keys of a wave's statistics of one phase, noting what cannot be had.
func tasks(c Case, r *Results, wave []Any, live bool) []task {
	var out []task
	for _, a := range wave {
		if a.live() != live {
			continue
		}
		name, _ := a.identity()
		keys, err := a.keys(c, r)
		if err != nil {
			r.absent[name] = err
			continue
		}
		for _, k := range keys {
			if live {
				if err := c.Source.Offers(k.View, k.A); err != nil {
					r.missing[k] = err
					continue
				}
			}
			out = append(out, task{a, Env{Case: c, Key: k, Results: r, Workers: 1}})
		}
	}
	return out
}

func replayWave(ctx context.Context, c Case, r *Results, wave []Any, o Options) error {
	all := tasks(c, r, wave, false)
	var narrow, wide []task
	for _, t := range all {
		if t.stat.wide() {
			t.env.Workers = max(1, c.Workers)
			wide = append(wide, t)
		} else {
			narrow = append(narrow, t)
		}
	}
	// Results are kept beside until all are there: a computation reads only what earlier waves finished.
	type outcome struct {
		value any
		err   error
	}
	outs := make(map[Key]outcome, len(all))
	var mu sync.Mutex
	finished := 0
	run := func(t task) {
		v, err := guarded(ctx, t)
		mu.Lock()
		defer mu.Unlock()
		outs[t.env.Key] = outcome{v, err}
		finished++
		if o.Progress != nil {
			o.Progress("statistics", finished, len(all))
		}
	}
	var wg sync.WaitGroup
	next := make(chan task)
	room := newRoom(o.Memory)
	for range max(1, c.Workers) {
		wg.Go(func() {
			for t := range next {
				if ctx.Err() != nil {
					continue
				}
				bytes := t.stat.cost(t.env).Bytes
				room.take(bytes)
				run(t)
				room.give(bytes)
			}
		})
	}
	for _, t := range narrow {
		next <- t
	}
	close(next)
	wg.Wait()
	for _, t := range wide {
		if ctx.Err() == nil {
			run(t)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, t := range all {
		if out := outs[t.env.Key]; out.err != nil {
			r.missing[t.env.Key] = out.err
		} else {
			r.done[t.env.Key] = out.value
		}
	}
	return nil
}

// A room is memory that replays share: one that does not fit waits for the others, and runs alone if it
// never would.
type room struct {
	mu    sync.Mutex
	freed sync.Cond
	size  int64 // 0 is no limit
	held  int64
}

func newRoom(size int64) *room {
	r := &room{size: size}
	r.freed.L = &r.mu
	return r
}

func (r *room) take(bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.size > 0 && r.held > 0 && r.held+bytes > r.size {
		r.freed.Wait()
	}
	r.held += bytes
}

func (r *room) give(bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held -= bytes
	r.freed.Broadcast()
}

// guarded computes one key and turns a panic of the mathematics into an error of that key alone.
func guarded(ctx context.Context, t task) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %v", t.env.Key, p)
		}
	}()
	return t.stat.compute(ctx, t.env)
}

// liveWave runs one pass per view, or more where the states do not fit the memory.
func liveWave(ctx context.Context, c Case, r *Results, wave []Any, kept []capture.Request, w int, o Options) error {
	live := tasks(c, r, wave, true)
	for i, p := range passes(c, live, kept, o.Memory) {
		if err := runPass(ctx, c, r, p, fmt.Sprintf("wave-%d-pass-%d", w, i), o); err != nil {
			return err
		}
	}
	return nil
}

// keptRows lists the rows that replays of this wave and later ones read, the source can give and no
// wave kept before, in order. They are kept as early as they are known, so that no view is read twice.
func keptRows(c Case, r *Results, order [][]Any, kept map[capture.Request]bool) []capture.Request {
	var out []capture.Request
	for _, wave := range order {
		for _, a := range wave {
			for _, q := range a.reads(c, r) {
				if !kept[q] && c.Source.Offers(q.View, q.Site) == nil {
					kept[q] = true
					out = append(out, q)
				}
			}
		}
	}
	return out
}

// A pass is one reading of one view.
type pass struct {
	view  capture.View
	tasks []task
	sites []capture.Site    // everything read: for the tasks, and to be kept
	keep  []capture.Request // rows that are kept
}

// passes groups live tasks by the view they run under, whatever the reduction, and cuts a group whose
// states exceed the memory.
func passes(c Case, live []task, kept []capture.Request, memory int64) []pass {
	var order []capture.View
	byView := map[capture.View][]task{}
	keep := map[capture.View][]capture.Request{}
	note := func(v capture.View) capture.View {
		v.Reduce = capture.Maps
		if _, ok := byView[v]; !ok {
			byView[v] = nil
			order = append(order, v)
		}
		return v
	}
	for _, t := range live {
		v := note(t.env.Key.View)
		byView[v] = append(byView[v], t)
	}
	for _, q := range kept {
		v := note(q.View)
		keep[v] = append(keep[v], q)
	}
	var out []pass
	for _, v := range order {
		groups := fit(byView[v], int64(max(1, c.Workers)+1), memory)
		for i, ts := range groups {
			p := pass{view: v, tasks: ts}
			seen := map[capture.Site]bool{}
			add := func(s capture.Site) {
				if !seen[s] {
					seen[s] = true
					p.sites = append(p.sites, s)
				}
			}
			for _, t := range ts {
				add(t.env.Key.A)
			}
			if i == 0 { // rows are kept in the first pass of a view
				for _, q := range keep[v] {
					add(q.Site)
					p.keep = append(p.keep, q)
				}
			}
			out = append(out, p)
		}
	}
	return out
}

// fit cuts tasks into groups whose states, one set per worker and one of sums, fit the memory.
func fit(ts []task, copies, memory int64) [][]task {
	groups := [][]task{nil}
	var held int64
	for _, t := range ts {
		b := t.stat.cost(t.env).Bytes * copies
		last := len(groups) - 1
		if memory > 0 && held+b > memory && len(groups[last]) > 0 {
			groups = append(groups, nil)
			last++
			held = 0
		}
		groups[last] = append(groups[last], t)
		held += b
	}
	return groups
}
