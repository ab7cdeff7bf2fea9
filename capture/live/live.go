// Package live is the source that runs networks: it feeds samples block by block, hands each value that
// a statistic wants to its fold while it exists, and keeps the reduced rows for replays. It knows
// nothing of statistics or rules.
package live

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/tensor"
)

// Data yields samples ready for the network. It is used by several goroutines at once.
type Data interface {
	// Samples returns the samples a view reads, in the order of its rows.
	Samples(capture.View) capture.Samples
	// Offers returns nil if samples can be shown under the view's condition.
	Offers(capture.View) error
	// Read returns the inputs of rows lo to hi of a view by the network's input names.
	Read(ctx context.Context, v capture.View, lo, hi int) (map[string]tensor.Tensor, error)
}

// Options of a source.
type Options struct {
	Engine  engine.Engine
	Workers int   // blocks that run at once
	Memory  int64 // most bytes the runs of all workers may hold; 0 is no limit
	Batch   int   // samples a run; 0 chooses 32
	Keeper  capture.Keeper
	Output  string // name of the value that is the network's output; "" is the first
}

// Source runs networks over samples.
type Source struct {
	data Data
	opt  Options

	mu       sync.Mutex
	networks map[string]*network
	builders map[string]func() (*graph.Graph, error)
}

// A network is a graph with its layers by name.
type network struct {
	graph  *graph.Graph
	layers map[string]graph.Layer
	err    error
}

// New returns a source over a network and its data.
func New(g *graph.Graph, d Data, o Options) *Source {
	if o.Batch <= 0 {
		o.Batch = 32
	}
	if o.Workers <= 0 {
		o.Workers = 1
	}
	if o.Keeper == nil {
		o.Keeper = capture.NewMemory()
	}
	s := &Source{data: d, opt: o, networks: map[string]*network{}, builders: map[string]func() (*graph.Graph, error){}}
	s.networks[""] = wrap(g, nil)
	return s
}

func wrap(g *graph.Graph, err error) *network {
	n := &network{graph: g, err: err, layers: map[string]graph.Layer{}}
	if err == nil {
		for _, l := range g.Layers {
			n.layers[l.Name] = l
		}
	}
	return n
}

func (s *Source) network(name string) (*network, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.networks[name]; ok {
		return n, n.err
	}
	build, ok := s.builders[name]
	if !ok {
		return nil, &capture.Unavailable{Code: "no-reference", Why: fmt.Sprintf("no network %q was given", name)}
	}
	n := wrap(build())
	s.networks[name] = n
	return n, n.err
}

// Define says how to build a network that views name; it is built when it is first read.
func (s *Source) Define(name string, build func() (*graph.Graph, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.builders[name] = build
}

// Layers returns the layers of a network in their order.
func (s *Source) Layers(name string) []graph.Layer {
	n, err := s.network(name)
	if err != nil {
		return nil
	}
	return n.graph.Layers
}

// Alternatives names the other preprocessings the data can be shown under.
func (s *Source) Alternatives() []string {
	if r, ok := s.data.(capture.Refeeder); ok {
		return r.Alternatives()
	}
	return nil
}

// Total returns how many samples of a split there are, as far as is known.
func (s *Source) Total(split dataset.Split) int {
	if d, ok := s.data.(capture.Sampled); ok {
		return d.Total(split)
	}
	return 0
}

// Fingerprint returns a hash of a sample as it is stored.
func (s *Source) Fingerprint(v capture.View, row int) ([32]byte, error) {
	if o, ok := s.data.(capture.Original); ok {
		return o.Fingerprint(v, row)
	}
	return [32]byte{}, &capture.Unavailable{Code: "no-inputs", Why: "the samples are not to be had as they are stored"}
}

// Samples returns the samples a view reads.
func (s *Source) Samples(v capture.View) capture.Samples { return s.data.Samples(v) }

// Offers returns nil if a site's values can be had under a view.
func (s *Source) Offers(v capture.View, site capture.Site) error {
	if err := s.data.Offers(v); err != nil {
		return err
	}
	if v.Network != "" {
		s.mu.Lock()
		_, built := s.networks[v.Network]
		_, known := s.builders[v.Network]
		s.mu.Unlock()
		if !built && !known {
			return &capture.Unavailable{Code: "no-reference", Why: fmt.Sprintf("no network %q was given", v.Network)}
		}
		if !built {
			return nil // it is built when it is read; its sites are those of the network under examination
		}
	}
	n, err := s.network(v.Network)
	if err != nil {
		return err
	}
	_, _, err = s.value(n, site)
	return err
}

// value returns the name of the value that stands for a site and the axis of its units.
func (s *Source) value(n *network, site capture.Site) (name string, axis int, err error) {
	switch site.Of {
	case finding.Input:
		for _, in := range n.graph.Inputs {
			if in.DType.IsFloat() {
				return in.Name, 1, nil
			}
		}
		return "", 0, &capture.Unavailable{Code: "no-input", Why: "the network has no input of real numbers"}
	case finding.Output:
		name := s.opt.Output
		if name == "" && len(n.graph.Outputs) > 0 {
			name = n.graph.Outputs[0]
		}
		if rank := len(n.graph.Values[name].Shape); rank > 2 {
			return "", 0, &capture.Unavailable{Code: "other-output", Why: fmt.Sprintf("the output %q has %d dimensions, not one row a sample", name, rank)}
		}
		return name, 1, nil
	}
	l, ok := n.layers[site.Layer]
	if !ok {
		return "", 0, &capture.Unavailable{Code: "no-layer", Why: fmt.Sprintf("the network has no layer %q", site.Layer)}
	}
	if site.Of == finding.Read {
		return read(n.graph, l)
	}
	if l.Batch != 0 {
		return "", 0, &capture.Unavailable{Code: "batch-first", Why: fmt.Sprintf("layer %s keeps its samples in dimension %d, not first", l.Name, l.Batch)}
	}
	switch site.Of {
	case finding.Activation:
		name = l.Output
	case finding.PreActivation:
		if name = l.Before; name == "" {
			name = l.Output
		}
	case finding.PreNorm:
		if l.Norm == nil {
			return "", 0, &capture.Unavailable{Code: "no-norm", Why: fmt.Sprintf("layer %s has no batch normalisation", l.Name)}
		}
		name = l.Linear
	default:
		return "", 0, &capture.Unavailable{Code: "not-recorded", Why: fmt.Sprintf("a run gives no %s of layer %s", site.Of, l.Name)}
	}
	return name, l.Axis, nil
}

// read returns the value that a layer's weight reads.
func read(g *graph.Graph, l graph.Layer) (name string, axis int, err error) {
	v := g.Values[l.Input]
	unavailable := func(code, format string, args ...any) (string, int, error) {
		return "", 0, &capture.Unavailable{Code: code, Why: fmt.Sprintf("what layer %s reads ", l.Name) + fmt.Sprintf(format, args...)}
	}
	var in []graph.Dim
	if len(g.Inputs) > 0 {
		in = g.Inputs[0].Shape
	}
	switch {
	case l.Weight == "":
		return "", 0, &capture.Unavailable{Code: "no-weight", Why: fmt.Sprintf("layer %s has no weight", l.Name)}
	case len(v.Shape) < 2:
		return unavailable("unknown-shape", "has %d known dimensions, want at least 2", len(v.Shape))
	case g.BatchAxis(v.Shape) != 0 || len(in) > 0 && in[0].Size > 0 && v.Shape[0].Size != in[0].Size:
		return unavailable("batch-first", "does not keep its samples in the first dimension")
	case v.DType != tensor.Float32:
		return unavailable("other-type", "is %v, want float32", v.DType)
	}
	if l.Op == "Linear" && g.Weights[l.Weight].Rank() == 2 {
		return l.Input, len(v.Shape) - 1, nil
	}
	return l.Input, 1, nil
}

// Table returns the rows that a Read kept.
func (s *Source) Table(v capture.View, site capture.Site) (capture.Table, error) {
	return s.opt.Keeper.Table(capture.Request{View: v, Site: site})
}

// A reading is one Read: which values stand for which sites.
type reading struct {
	*Source
	view    capture.View
	net     *network
	prog    engine.Program
	reader  capture.Reader
	samples capture.Samples
	sites   map[string][]capture.Site // by the name of the value
	axis    map[capture.Site]int
	keep    map[capture.Site][]form
	side    int // blocks that run at once
	batch   int

	mu      sync.Mutex
	created map[capture.Request]bool
	blocks  capture.Sequence
}

// Read runs the network over a view's samples.
func (s *Source) Read(ctx context.Context, v capture.View, sites []capture.Site, r capture.Reader) error {
	n, err := s.network(v.Network)
	if err != nil {
		return err
	}
	rd := &reading{Source: s, view: v, net: n, reader: r, samples: s.data.Samples(v), sites: map[string][]capture.Site{}, axis: map[capture.Site]int{},
		keep: map[capture.Site][]form{}, created: map[capture.Request]bool{}}
	var values []string
	for _, site := range sites {
		name, axis, err := s.value(n, site)
		if err != nil {
			return err
		}
		if _, ok := rd.sites[name]; !ok {
			values = append(values, name)
		}
		rd.sites[name] = append(rd.sites[name], site)
		rd.axis[site] = axis
	}
	for _, q := range r.Keep {
		f := form{name: q.View.Reduce, by: q.View.Reduce}
		if f.by == capture.Row {
			f.by = RowReduction(n.graph, q.Site)
		}
		rd.keep[q.Site] = append(rd.keep[q.Site], f)
	}
	slices.Sort(values)
	// Blocks run side by side; a run uses more than one core where there are fewer blocks than workers. How many samples
	// a run takes is chosen so that all fit the memory; the limit of each is for values that the estimate does not know.
	rd.side = max(1, min(s.opt.Workers, blockCount(rd.samples.Len())))
	rd.prog, err = s.opt.Engine.Compile(ctx, n.graph, engine.Options{Workers: max(1, s.opt.Workers/rd.side), Values: values, Memory: s.opt.Memory})
	if err != nil {
		return err
	}
	defer rd.prog.Close()
	if rd.batch, err = s.batch(n.graph, rd.prog, rd.side); err != nil {
		return err
	}
	return rd.run(ctx)
}

// A form is a reduction to keep: what it is called in the view, and what it is for this site.
type form struct{ name, by capture.Reduction }

// RowReduction returns how a site's values become one row a sample.
func RowReduction(g *graph.Graph, site capture.Site) capture.Reduction {
	if site.Of == finding.Input || site.Of == finding.Output {
		return capture.Mean
	}
	l, ok := g.Layer(site.Layer)
	if !ok {
		return capture.Mean
	}
	switch g.Reduction(l) {
	case graph.NoReduction:
		return capture.Flat
	case graph.ClassToken:
		return capture.ClassToken
	case graph.LastToken:
		return capture.LastToken
	}
	return capture.Mean
}

// batch chooses how many samples a run takes: what was asked, unless the network fixes it or the memory
// allows fewer, so many runs side by side.
func (s *Source) batch(g *graph.Graph, p engine.Program, side int) (int, error) {
	for _, in := range g.Inputs {
		if len(in.Shape) > 0 && in.Shape[0].Size > 0 {
			return in.Shape[0].Size, nil
		}
	}
	b := s.opt.Batch
	if s.opt.Memory <= 0 {
		return b, nil
	}
	for ; b > 1 && p.Memory(b)*int64(side) > s.opt.Memory; b /= 2 {
	}
	if need := p.Memory(b) * int64(s.opt.Workers); need > s.opt.Memory {
		return 0, &engine.MemoryError{Need: need, Limit: s.opt.Memory}
	}
	return b, nil
}

func blockCount(samples int) int { return (samples + capture.Block - 1) / capture.Block }

// run shares the blocks out among the workers and stops all at the first error.
func (r *reading) run(ctx context.Context) error {
	n := r.samples.Len()
	return parallel.Each(ctx, r.side, blockCount(n), func(ctx context.Context, b int) error {
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
	return true, r.blocks.End(b, false, r.reader.Done)
}

// block runs one block, batch after batch, and reports it once all blocks before it are complete.
func (r *reading) block(ctx context.Context, b, end int) error {
	fold := r.reader.Fold(b)
	for lo := b * capture.Block; lo < end; lo += r.batch {
		if err := r.runBatch(ctx, fold, lo, min(end, lo+r.batch)); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.blocks.End(b, true, r.reader.Done)
}

// runBatch runs rows lo to hi. A network whose batch is fixed gets the last samples again to fill up;
// what it says of them is dropped.
func (r *reading) runBatch(ctx context.Context, fold capture.Fold, lo, hi int) error {
	feeds, err := r.data.Read(ctx, r.view, lo, hi)
	if err != nil {
		return err
	}
	if err := r.check(feeds); err != nil {
		return err
	}
	give := func(name string, x tensor.Tensor) error {
		for _, site := range r.sites[name] {
			if err := r.take(fold, site, x, lo, hi); err != nil {
				return err
			}
		}
		return nil
	}
	for _, in := range r.net.graph.Inputs {
		if len(r.sites[in.Name]) > 0 {
			if err := give(in.Name, feeds[in.Name]); err != nil {
				return err
			}
		}
	}
	if size := r.fixed(); size > hi-lo {
		if feeds, err = padded(feeds, size); err != nil {
			return err
		}
	}
	isInput := func(name string) bool {
		return slices.ContainsFunc(r.net.graph.Inputs, func(v graph.Value) bool { return v.Name == name })
	}
	return r.prog.Run(ctx, feeds, func(name string, x tensor.Tensor) error {
		if len(r.sites[name]) == 0 || isInput(name) {
			return nil
		}
		if x.Rank() > 0 && x.Dim(0) > hi-lo && x.Dim(0) == r.fixed() {
			x = x.Rows(0, hi-lo)
		}
		return give(name, x)
	})
}

func (r *reading) fixed() int {
	for _, in := range r.net.graph.Inputs {
		if len(in.Shape) > 0 && in.Shape[0].Size > 0 {
			return in.Shape[0].Size
		}
	}
	return 0
}

func (r *reading) check(feeds map[string]tensor.Tensor) error {
	for _, in := range r.net.graph.Inputs {
		if x, ok := feeds[in.Name]; !ok || !x.Valid() {
			var names []string
			for name := range feeds {
				names = append(names, name)
			}
			slices.Sort(names)
			return fmt.Errorf("input %q of the network has no data, found %s", in.Name, strings.Join(names, ", "))
		}
	}
	return nil
}

// padded repeats the last sample until there are size of them.
func padded(feeds map[string]tensor.Tensor, size int) (map[string]tensor.Tensor, error) {
	out := map[string]tensor.Tensor{}
	for name, x := range feeds {
		if x.DType() != tensor.Float32 && x.DType() != tensor.Int64 {
			return nil, fmt.Errorf("input %q has elements %v, want float32 or int64", name, x.DType())
		}
		shape := slices.Clone(x.Shape())
		n, each := shape[0], x.Len()/max(1, shape[0])
		shape[0] = size
		y := tensor.New(x.DType(), shape...)
		for i := range size {
			from := min(i, n-1) * each
			if x.DType() == tensor.Float32 {
				copy(y.Float32s()[i*each:(i+1)*each], x.Float32s()[from:])
			} else {
				copy(y.Int64s()[i*each:(i+1)*each], x.Int64s()[from:])
			}
		}
		out[name] = y
	}
	return out, nil
}

// take hands a value to the fold and keeps its rows.
func (r *reading) take(fold capture.Fold, site capture.Site, x tensor.Tensor, lo, hi int) error {
	if x.DType() != tensor.Float32 {
		return fmt.Errorf("layer %s: values are %v, want float32", site.Layer, x.DType())
	}
	if x.Rank() == 0 || x.Dim(0) != hi-lo {
		return fmt.Errorf("layer %s: values have shape %v, want %d samples first", site.Layer, x.Shape(), hi-lo)
	}
	axis := r.axis[site]
	if axis >= x.Rank() {
		axis = x.Rank() - 1
	}
	rows := capture.Rows{X: x, Axis: axis, First: lo, IDs: r.samples.Hashes[lo:hi]}
	for _, f := range r.keep[site] {
		row, err := capture.Reduce(x, axis, f.by, nil, rows.IDs)
		if err != nil {
			return fmt.Errorf("layer %s: %w", site.Layer, err)
		}
		if err := r.store(site, f.name, row, lo, hi); err != nil {
			return err
		}
	}
	return fold(capture.Request{View: r.view, Site: site}, rows)
}

// store keeps rows of one form.
func (r *reading) store(site capture.Site, name capture.Reduction, row []float32, lo, hi int) error {
	v := r.view
	v.Reduce = name
	q := capture.Request{View: v, Site: site}
	r.mu.Lock()
	if !r.created[q] {
		if err := r.opt.Keeper.Create(q, r.samples.Len(), len(row)/(hi-lo)); err != nil {
			r.mu.Unlock()
			return err
		}
		r.created[q] = true
	}
	r.mu.Unlock()
	return r.opt.Keeper.Put(q, lo, row)
}
