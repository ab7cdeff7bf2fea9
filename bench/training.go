package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// A trainee is a network whose training is timed, with its batch.
type trainee struct {
	name    string
	shape   []int
	classes int
	adam    bool // else SGD with momentum
	words   bool // the input is words, and each position predicts one
	long    bool // a step takes seconds
	note    string
}

var trainees = []trainee{
	{name: "perceptron", shape: []int{256, 784}, classes: 10},
	{name: "lenet", shape: []int{64, 1, 28, 28}, classes: 10},
	{name: "resnet18", shape: []int{32, 3, 32, 32}, classes: 10},
	{name: "resnet18-224", shape: []int{4, 3, 224, 224}, classes: 1000, long: true},
	{name: "resnet50", shape: []int{16, 3, 32, 32}, classes: 10, long: true},
	{name: "resnet50-224", shape: []int{2, 3, 224, 224}, classes: 1000, long: true},
	{name: "mobilenetv2", shape: []int{4, 3, 224, 224}, classes: 1000, long: true},
	{name: "vit-tiny", shape: []int{4, 3, 224, 224}, classes: 1000, adam: true, long: true},
	{name: "gpt", shape: []int{1, 128}, classes: 8192, adam: true, words: true, long: true, note: " (GPT-2 small's blocks, vocabulary 8192)"},
	{name: "bilstm", shape: []int{32, 64, 64}, classes: 10, adam: true},
}

const (
	trainingRounds = 5 // a step is long, and varies little
	firstSteps     = 3 // whose losses are compared
	memorySteps    = 3
)

// trainings times steps of trainings from the same weights on the same batch, and compares their memory.
func trainings(b *bench) ([]table, error) {
	t := table{title: "Training step, float32", head: []string{"network", "batch", "optimiser", "threads", "ours", "PyTorch", "our time / PyTorch's", "difference", "aim", "ours through ONNX Runtime", "its time / PyTorch's", "aim"},
		note: fmt.Sprintf("Forward pass, cross-entropy, gradients of all weights, and update, on one batch from the same weights; PyTorch in eager mode. Through ONNX Runtime a build with the tag `ort` runs the same graph of the gradients and updates as natively. Medians of at most %d rounds. The difference is of the first %d losses, relative to the largest.", trainingRounds, firstSteps)}
	m := table{title: "Memory of a training", head: []string{"network", "ours", "PyTorch", "ours / PyTorch's", "aim"},
		note: fmt.Sprintf("Most resident memory of a process that takes %d such steps on one thread, program and libraries included.", memorySteps)}
	if err := b.export(); err != nil {
		return b.without(t, err)
	}
	for i, n := range trainees {
		if b.short && n.long || len(b.only) > 0 && !slices.Contains(b.only, n.name) {
			continue
		}
		file := ""
		if !n.words {
			var err error
			if file, err = b.write(n.name+".batch.f32", n.input(i)); err != nil {
				return nil, err
			}
		}
		for _, threads := range b.threads {
			if err := b.trainee(&t, n, i, threads, file); err != nil {
				return nil, fmt.Errorf("%s: %w", n.name, err)
			}
		}
		if err := b.traineeMemory(&m, n, file); err != nil {
			return nil, fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return []table{t, m}, nil
}

func (n trainee) input(i int) []float32 { return normal(uint64(20+i), count(n.shape)) }

func (n trainee) request(b *bench, file string) request {
	return request{"what": "training", "name": n.name, "n": n.name, "model": filepath.Join(b.cache, n.name+".onnx"), "x": file, "shape": n.shape,
		"classes": n.classes, "adam": n.adam, "steps": firstSteps}
}

func (b *bench) trainee(t *table, n trainee, i, threads int, file string) error {
	run, err := n.start(b.ctx, native.Engine{}, filepath.Join(b.cache, n.name+".onnx"), i, threads)
	if err != nil {
		return err
	}
	defer run.close()
	var losses []float64
	for range firstSteps {
		loss, err := run.step()
		if err != nil {
			return err
		}
		losses = append(losses, loss)
	}
	work := func() error { _, err := run.step(); return err }
	few := *b
	few.rounds = min(b.rounds, trainingRounds)
	r, err := few.compare(work, losses, threads, []string{"torch", throughORT}, n.request(b, file))
	if err != nil {
		return err
	}
	aim, through, optimiser := absent, absent, "SGD, momentum"
	if n.adam {
		optimiser = "Adam"
	}
	if r.has("torch") {
		wall, _ := r.ratio("torch")
		aim = verdict("≤ 1.5", wall <= 1.5)
	}
	ratio := absent
	if r.has("torch") && r.has(throughORT) {
		wall, cpu := ratios(r.peers[throughORT], r.peers["torch"])
		through, ratio = verdict("≤ 1.3", wall <= 1.3), pair(wall, cpu)
	}
	t.add(n.name+n.note, fmt.Sprint(n.shape), optimiser, fmt.Sprint(threads), r.ours.spread(), r.spread("torch"), r.time("torch"), fmt.Sprintf("%.0e", r.difference), aim,
		r.spread(throughORT), ratio, through)
	return nil
}

// traineeMemory runs both sides in processes of their own, which do nothing else.
func (b *bench) traineeMemory(t *table, n trainee, file string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, self, "child", "train", filepath.Join(b.cache, n.name+".onnx"), n.name, strconv.Itoa(memorySteps), "1", b.cache)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	var m measured
	if err := json.Unmarshal(out, &m); err != nil {
		return err
	}
	row := []string{n.name + n.note, mebibytes(m.Resident), absent, absent, absent}
	if p, _, err := b.peers.start("torch", 1); err == nil {
		defer p.close()
		theirs, err := p.most(n.request(b, file))
		if err != nil {
			return err
		}
		ratio := m.Resident / theirs
		row = append(row[:2], mebibytes(theirs), fmt.Sprintf("%.2f", ratio), verdict("≤ 1", ratio <= 1))
	}
	t.add(row...)
	return nil
}

// most is the most memory of a peer that did nothing else than a piece of work.
func (c *peer) most(q request) (float64, error) {
	if _, err := c.prepare(q); err != nil {
		return 0, err
	}
	r, err := c.ask(request{"do": "run", "times": 0})
	return r.Resident, err
}

// train takes some steps of the training of the network that data names.
func (t task) train(ctx context.Context) (cost, error) {
	i := slices.IndexFunc(trainees, func(n trainee) bool { return n.name == t.data })
	if i < 0 {
		return cost{}, fmt.Errorf("no training of %q", t.data)
	}
	run, err := trainees[i].start(ctx, native.Engine{}, t.model, i, t.workers)
	if err != nil {
		return cost{}, err
	}
	defer run.close()
	return own(func() error { _, err := run.step(); return err })(t.samples)
}

// A training waits before each step until it is told to go on.
type training struct {
	next chan struct{}
	loss chan float64
	err  error // valid when loss is closed
}

var errEnded = errors.New("the training is no longer needed")

// start prepares the training of a network, the i-th of trainees.
func (n trainee) start(ctx context.Context, e engine.Engine, model string, i, threads int) (*training, error) {
	m, err := stratascope.OpenModel(ctx, model)
	if err != nil {
		return nil, err
	}
	size := n.shape[0]
	data := train.Tensors{"target": numbers(n.classes, size)}
	loss := train.CrossEntropy{}
	if n.words {
		data[m.Graph.Inputs[0].Name], data["target"] = numbers(n.classes, n.shape...), numbers(n.classes, n.shape...)
		loss.Axis = -1
	} else {
		data[m.Graph.Inputs[0].Name] = tensor.Of(n.input(i), n.shape...)
	}
	o := train.Options{Losses: []train.Term{{Loss: loss, Target: "target"}}, Optimiser: train.SGD{Momentum: 0.9}, Schedule: train.Constant(1e-3),
		Batch: size, Steps: 1 << 20, Engine: e, Workers: threads, Order: func(int, int) []int { return upTo(size) }}
	if n.adam {
		o.Optimiser, o.Schedule = train.Adam{}, train.Constant(1e-4)
	}
	t := &training{next: make(chan struct{}), loss: make(chan float64)}
	o.Progress = func(p train.Progress) error {
		t.loss <- p.Loss
		if _, more := <-t.next; !more {
			return errEnded
		}
		return nil
	}
	go func() {
		defer close(t.loss)
		if _, more := <-t.next; more {
			_, t.err = train.Run(ctx, m.Graph, data, o)
		}
	}()
	return t, nil
}

// step takes a step and returns the loss of its batch.
func (t *training) step() (float64, error) {
	t.next <- struct{}{}
	loss, more := <-t.loss
	if !more {
		return 0, t.err
	}
	return loss, nil
}

// close ends a training whose last step is done.
func (t *training) close() {
	close(t.next)
	<-t.loss
}

// numbers are labels or words below a number, as the peer makes them.
func numbers(below int, shape ...int) tensor.Tensor {
	v := make([]int64, count(shape))
	for i := range v {
		v[i] = int64(i * 7919 % below)
	}
	return tensor.Of(v, shape...)
}

func upTo(n int) []int {
	v := make([]int, n)
	for i := range v {
		v[i] = i
	}
	return v
}
