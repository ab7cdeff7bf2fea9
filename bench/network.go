package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/tensor"
)

// A subject is a network that is timed and what it is fed.
type subject struct {
	name  string
	shape []int
	words int  // the input is words below this number; 0 is real numbers
	long  bool // a pass takes up to seconds
	note  string
}

var timed = []subject{
	{name: "perceptron", shape: []int{256, 784}},
	{name: "lenet", shape: []int{64, 1, 28, 28}},
	{name: "resnet18", shape: []int{32, 3, 32, 32}},
	{name: "resnet18-224", shape: []int{8, 3, 224, 224}, long: true},
	{name: "resnet50", shape: []int{16, 3, 32, 32}, long: true},
	{name: "resnet50-224", shape: []int{4, 3, 224, 224}, long: true},
	{name: "mobilenetv2", shape: []int{8, 3, 224, 224}, long: true},
	{name: "vit-tiny", shape: []int{8, 3, 224, 224}},
	{name: "gpt", shape: []int{2, 128}, words: 8192, long: true, note: " (GPT-2 small's blocks, vocabulary 8192)"},
	{name: "bilstm", shape: []int{32, 64, 64}},
}

// longRounds are the rounds of a network whose pass is long.
const longRounds = 5

// networks times one forward pass of each network, from the same file where the peer reads files.
func networks(b *bench) ([]table, error) {
	t := table{title: "Networks, one forward pass, float32", head: []string{"network", "input", "threads", "ours", "ONNX Runtime", "PyTorch", "our time / ONNX Runtime's", "our time / PyTorch's", "difference", "aim"},
		note: fmt.Sprintf("ONNX Runtime and ours run the same ONNX file, PyTorch the module it was exported from, in eager mode. The difference is that of the outputs, relative to the largest. Large networks have at most %d rounds.", longRounds)}
	through := table{title: "Through ONNX Runtime, one forward pass", head: []string{"network", "threads", "ours with --engine ort", "ONNX Runtime", "our time / ONNX Runtime's", "aim"},
		note: "The same library on both sides: ours gives it the canonical form of the network from a build with the tag ort, ONNX Runtime is called from Python. Same rounds as above."}
	m := table{title: "Memory of a forward pass", head: []string{"network", "ours", "ONNX Runtime", "PyTorch", "ours / PyTorch's", "aim"},
		note: "Most resident memory of a process that reads the network and takes two passes on one thread, program and libraries included."}
	visits := table{title: "All values visited", head: []string{"network", "samples", "threads", "all layers' values", "forward pass", "visited / forward pass", "aim"},
		note: "The values of all layers are handed, while they exist, to the sums that a diagnosis makes of them (count, mean, variance, range and activity of each unit), over the road that a diagnosis takes. The forward pass is native, of the same samples in as large runs."}
	if err := b.export(); err != nil {
		return b.without(t, err)
	}
	for i, n := range timed {
		if b.short && n.long || len(b.only) > 0 && !slices.Contains(b.only, n.name) {
			continue
		}
		file, err := n.write(b, i)
		if err != nil {
			return nil, err
		}
		few := *b
		if n.long {
			few.rounds = min(b.rounds, longRounds)
		}
		for _, threads := range b.threads {
			if err := few.network(&t, &through, n, i, threads, file); err != nil {
				return nil, fmt.Errorf("%s: %w", n.name, err)
			}
			if slices.Contains(visited, n.name) {
				if err := few.visit(&visits, n, i, threads); err != nil {
					return nil, fmt.Errorf("%s: %w", n.name, err)
				}
			}
		}
		if err := b.networkMemory(&m, n, file); err != nil {
			return nil, fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return []table{t, through, m, visits}, nil
}

// without is a section that could not be measured, with the reason.
func (b *bench) without(t table, err error) ([]table, error) {
	b.peers.note("%s: left out: %v", t.title, err)
	return nil, nil
}

func count(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// input is what the i-th network is fed.
func (n subject) input(i int) tensor.Tensor {
	if n.words > 0 {
		return numbers(n.words, n.shape...)
	}
	return tensor.Of(normal(uint64(10+i), count(n.shape)), n.shape...)
}

// write puts the input where peers find it; they make words themselves.
func (n subject) write(b *bench, i int) (string, error) {
	if n.words > 0 {
		return "", nil
	}
	return b.write(n.name+".input.f32", n.input(i).Float32s())
}

func (n subject) request(b *bench, file string) request {
	return request{"what": "network", "name": n.name, "n": n.name, "model": filepath.Join(b.cache, n.name+".onnx"), "x": file, "shape": n.shape, "words": n.words}
}

// compile reads a network and prepares it on an engine.
func compile(ctx context.Context, e engine.Engine, path string, threads int) (engine.Program, string, error) {
	m, err := stratascope.OpenModel(ctx, path)
	if err != nil {
		return nil, "", err
	}
	p, err := e.Compile(ctx, m.Graph, engine.Options{Workers: threads})
	return p, m.Graph.Inputs[0].Name, err
}

func (b *bench) network(t, through *table, n subject, i, threads int, file string) error {
	p, in, err := compile(b.ctx, native.Engine{}, filepath.Join(b.cache, n.name+".onnx"), threads)
	if err != nil {
		return err
	}
	defer p.Close()
	feeds := map[string]tensor.Tensor{in: n.input(i)}
	var out []float64
	if err := p.Run(b.ctx, feeds, func(_ string, y tensor.Tensor) error { out = widen(y.Float32s()); return nil }); err != nil {
		return err
	}
	work := func() error { return p.Run(b.ctx, feeds, nil) }
	r, err := b.compare(work, out, threads, []string{"onnxruntime", "torch", throughORT}, n.request(b, file))
	if err != nil {
		return err
	}
	aim, aimThrough := absent, absent
	if r.has("onnxruntime") {
		wall, _ := r.ratio("onnxruntime")
		aim = verdict("≤ 1.5", wall <= 1.5)
	}
	t.add(n.name+n.note, fmt.Sprint(n.shape), fmt.Sprint(threads), r.ours.spread(), r.spread("onnxruntime"), r.spread("torch"), r.time("onnxruntime"), r.time("torch"), fmt.Sprintf("%.0e", r.difference), aim)
	if r.has("onnxruntime") && r.has(throughORT) {
		wall, cpu := ratios(r.peers[throughORT], r.peers["onnxruntime"])
		aimThrough = verdict("≤ 1.05", wall <= 1.05)
		through.add(n.name, fmt.Sprint(threads), r.spread(throughORT), r.spread("onnxruntime"), pair(wall, cpu), aimThrough)
	}
	return nil
}

// networkMemory compares processes that do nothing else.
func (b *bench) networkMemory(t *table, n subject, file string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, self, "child", "pass", filepath.Join(b.cache, n.name+".onnx"), n.name, "2", "1", b.cache)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	var m measured
	if err := json.Unmarshal(out, &m); err != nil {
		return err
	}
	row := []string{n.name + n.note, mebibytes(m.Resident), absent, absent, absent, absent}
	for k, library := range []string{"onnxruntime", "torch"} {
		p, _, err := b.peers.start(library, 1)
		if err != nil {
			continue
		}
		theirs, err := p.most(n.request(b, file))
		p.close()
		if err != nil {
			return err
		}
		row[2+k] = mebibytes(theirs)
		if library == "torch" {
			row[4], row[5] = fmt.Sprintf("%.2f", m.Resident/theirs), verdict("≤ 1", m.Resident <= theirs)
		}
	}
	t.add(row...)
	return nil
}

// pass takes some forward passes of the network that data names.
func (t task) pass(ctx context.Context) (cost, error) {
	i := slices.IndexFunc(timed, func(n subject) bool { return n.name == t.data })
	if i < 0 {
		return cost{}, fmt.Errorf("no network %q", t.data)
	}
	p, in, err := compile(ctx, native.Engine{}, t.model, t.workers)
	if err != nil {
		return cost{}, err
	}
	defer p.Close()
	feeds := map[string]tensor.Tensor{in: timed[i].input(i)}
	return own(func() error { return p.Run(ctx, feeds, nil) })(t.samples)
}
