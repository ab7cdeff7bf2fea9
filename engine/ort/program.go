//go:build ort

package ort

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/export"
	"github.com/stratascope/stratascope/tensor"
)

// A program is a session with the names of what it gives.
type program struct {
	lib     *library
	graph   *graph.Graph
	limit   int64
	session handle   // 0 where nothing has to be calculated
	outputs []string // wanted values that nodes give, in their order
	given   []string // wanted inputs and weights

	mu     sync.RWMutex // held for reading by runs
	closed bool
}

// sort tells wanted values that nodes calculate from those that are there.
func (p *program) sort(wanted []string) error {
	want := map[string]bool{}
	for _, name := range wanted {
		want[name] = true
	}
	found := map[string]bool{}
	take := func(list *[]string, name string) {
		if want[name] && !found[name] {
			*list, found[name] = append(*list, name), true
		}
	}
	for _, v := range p.graph.Inputs {
		take(&p.given, v.Name)
	}
	for _, name := range wanted {
		if _, ok := p.graph.Weights[name]; ok {
			take(&p.given, name)
		}
	}
	for i := range p.graph.Nodes {
		for _, name := range p.graph.Nodes[i].Outputs {
			take(&p.outputs, name)
		}
	}
	for _, name := range wanted {
		if !found[name] {
			return fmt.Errorf("the network has no value named %q", name)
		}
	}
	return nil
}

// Run feeds the inputs and calls visit with each wanted value. ONNX Runtime gives them at the end of a run, all at
// once, so Memory counts them as held.
func (p *program) Run(ctx context.Context, feeds map[string]tensor.Tensor, visit func(string, tensor.Tensor) error) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return errors.New("the program is closed")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	sizes, err := engine.Feed(p.graph, feeds, false)
	if err != nil {
		return err
	}
	if p.limit > 0 {
		if need := p.peak(sizes); need > p.limit {
			return &engine.MemoryError{Need: need, Limit: p.limit}
		}
	}
	show := func(name string, t tensor.Tensor) error {
		if visit != nil {
			if err := visit(name, t); err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	for _, name := range p.given {
		t, ok := feeds[name]
		if !ok || !t.Valid() {
			t = p.graph.Weights[name]
		}
		if err := show(name, t); err != nil {
			return err
		}
	}
	if len(p.outputs) == 0 {
		return nil
	}
	return p.calculate(ctx, feeds, show)
}

// calculate runs the session and shows what it gives.
func (p *program) calculate(ctx context.Context, feeds map[string]tensor.Tensor, show func(string, tensor.Tensor) error) error {
	l := p.lib
	var names []string
	in, out := make([]handle, 0, len(feeds)+1), make([]handle, len(p.outputs))
	defer func() {
		for _, v := range slices.Concat(in, out) {
			if v != 0 {
				l.releaseValue(v)
			}
		}
		runtime.KeepAlive(feeds) // whose memory the library reads; Go does not move it
	}()
	for _, v := range p.graph.Inputs {
		if t, ok := feeds[v.Name]; ok && t.Valid() {
			lent, err := l.lend(t)
			if err != nil {
				return fmt.Errorf("input %q: %w", v.Name, err)
			}
			names, in = append(names, v.Name), append(in, lent)
		}
	}
	if err := p.call(ctx, names, in, out); err != nil {
		return err
	}
	for i, name := range p.outputs {
		if out[i] == 0 {
			return fmt.Errorf("value %q is not calculated", name)
		}
		t, err := l.tensor(out[i])
		if err != nil {
			return fmt.Errorf("value %q: %w", name, err)
		}
		if err := show(name, t); err != nil {
			return err
		}
		l.releaseValue(out[i])
		out[i] = 0
	}
	return nil
}

// call runs the session until it is done or the context ends.
func (p *program) call(ctx context.Context, names []string, in, out []handle) error {
	l := p.lib
	var options handle
	if err := l.check(l.createRunOptions(&options)); err != nil {
		return err
	}
	defer l.releaseRunOptions(options)
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = l.check(l.terminate(options)) // without it the run ends later
	})
	inputs, outputs := terminated(names), terminated(p.outputs)
	err := l.check(l.run(p.session, options, inputs, unsafe.SliceData(in), uintptr(len(in)), outputs, uintptr(len(out)), unsafe.SliceData(out)))
	if !stop() {
		<-done
		return ctx.Err()
	}
	if err != nil {
		return placed(p.graph, err)
	}
	return nil
}

// Memory estimates what a run of that many samples holds beside the weights: values until nobody needs them, wanted
// ones until the end. What ONNX Runtime keeps in reserve for the next run is not in it.
func (p *program) Memory(samples int) int64 { return p.peak(engine.Samples(p.graph, samples)) }

func (p *program) peak(s engine.Sizes) int64 {
	needed := export.Needed(p.graph, p.outputs)
	last := map[string]int{}
	for i := range p.graph.Nodes {
		if needed[i] {
			for _, name := range slices.Concat(p.graph.Nodes[i].Reads(), p.graph.Nodes[i].Outputs) {
				last[name] = i
			}
		}
	}
	for _, name := range p.outputs {
		last[name] = len(p.graph.Nodes)
	}
	held, most := int64(0), int64(0)
	made := map[string]int64{}
	for i := range p.graph.Nodes {
		if !needed[i] {
			continue
		}
		n := &p.graph.Nodes[i]
		for _, name := range n.Outputs {
			made[name] = s.Bytes(p.graph.Values[name], false)
			held += made[name]
		}
		most = max(most, held)
		for _, name := range slices.Concat(n.Reads(), n.Outputs) {
			if last[name] == i {
				held -= made[name]
				delete(made, name)
			}
		}
	}
	return most
}

// Close waits for runs to end and frees the session.
func (p *program) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && p.session != 0 {
		p.lib.releaseSession(p.session)
	}
	p.closed = true
	return nil
}
