package stratascope

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/capture/live"
	"github.com/stratascope/stratascope/capture/recording"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/tensor"
)

// RecordedOptions say how a recording is read.
type RecordedOptions struct {
	Live    LiveOptions // engine, initial network, seed, workers, memory, keeper
	Partial bool        // use the complete shards where some are cut or missing
	Kind    graph.Kind  // what the output holds, where the user says so
}

// A Recorded is a recording, ready to be diagnosed. Where it holds the network and its inputs, rules that
// run a changed network can do so.
type Recorded struct {
	Recording *recording.Recording
	Case      statistic.Case
	Result    finding.Run
}

// runName is the file in which record says what a live run would say of itself.
const runName = "run.json"

// OpenRecording opens a recording.
func OpenRecording(ctx context.Context, dir string, o RecordedOptions) (*Recorded, error) {
	o.Live = o.Live.complete()
	rec, err := recording.Open(ctx, dir, recording.Options{Partial: o.Partial, Workers: o.Live.Workers, Keeper: o.Live.Keeper})
	if err != nil {
		return nil, err
	}
	r := &Recorded{Recording: rec}
	if err := r.bind(dir, o); err != nil {
		return nil, errors.Join(err, rec.Close())
	}
	return r, nil
}

func (r *Recorded) bind(dir string, o RecordedOptions) error {
	rec := r.Recording
	task := rec.Task()
	r.Case = statistic.Case{Layers: rec.Layers(""), Graph: rec.Graph(), Source: rec, Splits: rec.Splits(), Task: task, Output: r.kind(o.Kind), Seed: o.Live.Seed, Workers: o.Live.Workers, Comparison: o.Live.Comparison}
	if len(r.Case.Splits) == 0 {
		return fmt.Errorf("%s: no samples", dir)
	}
	r.Case.Classes = r.classes()
	r.Case.Seen = r.Case.Has(dataset.Train)
	if o.Live.Initial != nil {
		r.Case.Initial = o.Live.Initial.Graph
	}
	g := rec.Graph()
	runs := g != nil && len(g.Nodes) > 0
	if len(o.Live.References) > 0 && !runs {
		return fmt.Errorf("%s holds no network that references could be compared with", dir)
	}
	if runs {
		r.Case.Source = &runnable{rec, live.New(g, &recordedInputs{rec: rec, graph: g}, live.Options{Engine: guarded{o.Live.Engine}, Workers: o.Live.Workers, Memory: o.Live.Memory, Keeper: o.Live.Keeper})}
		var err error
		if r.Case.Initial, err = checkedInitial(dir, g, o.Live.Initial); err != nil {
			return err
		}
		if r.Case.References, err = references(dir, g, o.Live.References); err != nil {
			return err
		}
		r.Case.Networks = networks(g, r.Case)
	}
	var err error
	if r.Result, err = r.describe(dir, o); len(r.Case.References) > 0 {
		r.Result.References = described(o.Live.References)
	}
	return err
}

// kind is what the output holds: as the user says, as the recording says, as the graph shows.
func (r *Recorded) kind(said graph.Kind) string {
	if said != "" {
		return string(said)
	}
	if k := r.Recording.Output(); k != "" {
		return k
	}
	if g := r.Recording.Graph(); g != nil && len(g.Nodes) > 0 {
		if out, ok := g.FindOutput(); ok {
			return string(g.OutputKind(out.Name))
		}
	}
	return string(graph.Logits)
}

func (r *Recorded) classes() int {
	if r.Case.Task.Kind != dataset.Classification {
		return 0
	}
	n := len(r.Case.Task.Classes)
	for _, s := range r.Case.Splits {
		for _, l := range r.Recording.Samples(capture.View{Split: s}).Labels {
			n = max(n, int(l)+1)
		}
	}
	return n
}

// describe takes over what record said of the run, else says what the manifest does.
func (r *Recorded) describe(dir string, o RecordedOptions) (finding.Run, error) {
	m := r.Recording.Manifest()
	if run, ok, err := readRun(dir); err != nil || ok && run.Model.SHA256 == m.Model.SHA256 {
		run.Seed = o.Live.Seed
		r.countInto(&run.Data)
		return run, err
	}
	out := finding.Run{Tool: Tool, Engine: "recording", Kernel: m.MadeBy.Framework, Seed: o.Live.Seed,
		Model: finding.Model{Name: m.Model.Name, SHA256: m.Model.SHA256, Parameters: int(m.Model.Parameters), Output: r.Case.Output},
		Data:  finding.Data{Name: filepath.Base(dir), Task: string(r.Case.Task.Kind), Classes: r.Case.Classes, ClassNames: r.Case.Task.Classes},
		Notes: r.Recording.Notes()}
	if out.Model.Name == "" {
		out.Model.Name = filepath.Base(dir)
	}
	if g := r.Recording.Graph(); g != nil {
		out.Model.Opset = g.Opset
	}
	r.countInto(&out.Data)
	return out, nil
}

// countInto counts the samples that are there.
func (r *Recorded) countInto(d *finding.Data) {
	for split, n := range countsOf(d) {
		*n = r.Recording.Samples(capture.View{Split: split}).Len()
	}
}

// countsOf names the fields that count the samples of the splits.
func countsOf(d *finding.Data) map[dataset.Split]*int {
	return map[dataset.Split]*int{dataset.Train: &d.Train, dataset.Val: &d.Val, dataset.Test: &d.Test, dataset.Deploy: &d.Deploy}
}

// readRun reads what record wrote beside the values; ok is false where it did not.
func readRun(dir string) (run finding.Run, ok bool, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return run, false, err
	}
	defer root.Close()
	st, err := root.Lstat(runName)
	if errors.Is(err, fs.ErrNotExist) {
		return run, false, nil
	}
	if err != nil || !st.Mode().IsRegular() || st.Size() > 1<<24 {
		return run, false, errors.Join(err, fmt.Errorf("%s: want a regular file of at most 16 MB", runName))
	}
	b, err := root.ReadFile(runName)
	if err != nil {
		return run, false, err
	}
	if err := json.Unmarshal(b, &run); err != nil {
		return run, false, fmt.Errorf("%s: %w", runName, err)
	}
	return run, true, nil
}

// Plan lists the passes of a diagnosis without reading anything.
func (r *Recorded) Plan(ctx context.Context, o Options) (Plan, error) {
	d := &dry{Source: r.Case.Source, width: func(capture.Request) int { return 0 }}
	return d.plan(ctx, r.Case, o)
}

// Diagnose runs the rules on the recording.
func (r *Recorded) Diagnose(ctx context.Context, o Options) (finding.Diagnosis, error) {
	d, err := Diagnose(ctx, r.Case, o)
	if err != nil {
		return d, err
	}
	d.Run = joined(r.Result, d.Run.Notes)
	if g := r.Case.Graph; g != nil && len(g.Nodes) > 0 {
		reductions(&d, g, r.Case.Layers)
	}
	return d, nil
}

// Describe returns what is known before anything was read: the run and the layers.
func (r *Recorded) Describe() finding.Diagnosis {
	d := diagnosis.Diagnose(nil, r.Case.Layers)
	d.Run = r.Result
	return d
}

// A runnable is a recording with its network: views of other networks are run, all else is read.
type runnable struct {
	*recording.Recording
	live *live.Source
}

// Layers, Define, Offers, Read and Matrix go to the recording, or to the network where a view names one.
func (r *runnable) Layers(network string) []graph.Layer {
	if network == "" {
		return r.Recording.Layers("")
	}
	return r.live.Layers(network)
}
func (r *runnable) Define(name string, build func() (*graph.Graph, error)) {
	r.live.Define(name, build)
}
func (r *runnable) Offers(v capture.View, s capture.Site) error {
	if v.Network == "" {
		return r.Recording.Offers(v, s)
	}
	return r.live.Offers(v, s)
}
func (r *runnable) Read(ctx context.Context, v capture.View, sites []capture.Site, reader capture.Reader) error {
	if v.Network == "" {
		return r.Recording.Read(ctx, v, sites, reader)
	}
	return r.live.Read(ctx, v, sites, reader)
}
func (r *runnable) Table(v capture.View, s capture.Site) (capture.Table, error) {
	if v.Network == "" {
		return r.Recording.Table(v, s)
	}
	return r.live.Table(v, s)
}

// recordedInputs feeds a network with the inputs that were recorded.
type recordedInputs struct {
	rec   *recording.Recording
	graph *graph.Graph
}

var inputSite = capture.Site{Layer: "input", Of: finding.Input}

// Samples returns the recorded samples of a view's split.
func (d *recordedInputs) Samples(v capture.View) capture.Samples {
	v.Network = ""
	return d.rec.Samples(v)
}

// Offers returns nil if the inputs of a view were recorded.
func (d *recordedInputs) Offers(v capture.View) error {
	if len(d.graph.Inputs) != 1 || !d.graph.Inputs[0].DType.IsFloat() {
		return &capture.Unavailable{Code: "no-inputs", Why: "the recording holds values of one input of real numbers only"}
	}
	v.Network, v.Reduce = "", capture.Flat
	return d.rec.Offers(v, inputSite)
}

// Read returns the inputs of rows lo to hi.
func (d *recordedInputs) Read(_ context.Context, v capture.View, lo, hi int) (map[string]tensor.Tensor, error) {
	m, err := d.rec.Table(capture.View{Split: v.Split, Reduce: capture.Flat}, inputSite)
	if err != nil {
		return nil, err
	}
	in := d.graph.Inputs[0]
	shape := []int{hi - lo}
	for _, x := range in.Shape[min(1, len(in.Shape)):] {
		shape = append(shape, x.Size)
	}
	if product(shape[1:]) != m.D {
		return nil, fmt.Errorf("recorded inputs have %d values a sample, input %q wants %v", m.D, in.Name, shape[1:])
	}
	x, rows := make([]float32, (hi-lo)*m.D), make([]int, hi-lo)
	for i := range rows {
		rows[i] = lo + i
	}
	if err := m.Gather(x, rows); err != nil {
		return nil, err
	}
	return map[string]tensor.Tensor{in.Name: tensor.Of(x, shape...)}, nil
}

// RecordOptions say how a run is recorded.
type RecordOptions struct {
	Reduce   capture.Reduction // Maps keeps whole values, Mean their means over positions
	Resume   bool
	Progress func(split dataset.Split, done, total int)
}

// Record writes the values that a run shows into a folder, with the network beside them.
func (r *Run) Record(ctx context.Context, modelPath, dir string, o RecordOptions) error {
	m := r.model
	plan := recording.Plan{
		Splits: r.Case.Splits, Reduce: o.Reduce, Resume: o.Resume, Progress: o.Progress,
		MadeBy:  recording.MadeBy{Tool: Tool, Framework: r.options.Engine.Name() + " " + r.options.Engine.Kernel()},
		Model:   recording.Model{Name: m.Name, SHA256: m.SHA256, Parameters: int64(m.Parameters()), Mode: "eval"},
		Task:    recording.Task{Kind: string(r.set.Task.Kind), Classes: r.set.Task.Classes, Output: string(m.Kind)},
		Network: func(w io.Writer) error { return wholeModel(modelPath, w) },
	}
	if err := recording.Record(ctx, r.Source, dir, plan); err != nil {
		return err
	}
	b, err := json.MarshalIndent(r.Result, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, runName), append(b, '\n'), 0o644)
}

// wholeModel writes a model with the tensors that lie beside its file in it.
func wholeModel(path string, w io.Writer) error {
	m, err := onnx.Read(path, onnx.Limits{})
	if err != nil {
		return err
	}
	for i, t := range m.Graph.Initializers {
		if !t.IsExternal() {
			continue
		}
		b, err := t.Bytes()
		if err != nil {
			return fmt.Errorf("tensor %s: %w", t.Name, err)
		}
		m.Graph.Initializers[i] = t.WithRaw(b)
	}
	return m.Write(w)
}
