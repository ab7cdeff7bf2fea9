package stratascope

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/capture/live"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/renorm"
	"github.com/stratascope/stratascope/statistic/untrained"
)

// Tool names what makes a result.
const Tool = "stratascope 0.1.0"

// OpenData opens data for a network: what it wants to be fed is taken from the model.
func OpenData(path string, m *Model, o dataset.Options) (*dataset.Set, error) {
	o.Inputs, o.Outputs, o.Model = m.Inputs(), m.classes(), m.Name
	return dataset.Open(path, o)
}

// LiveOptions say how a network is run; the zero value runs the native engine on one core.
type LiveOptions struct {
	Engine       engine.Engine // nil for native
	Initial      *Model        // the network before training
	References   []*Model      // healthy networks of the same architecture
	Samples      int           // of each split; 0 is the default size
	Seen         bool          // the user said which samples are those of training
	Seed         uint64
	Workers      int
	Memory       int64 // most bytes the runs may hold
	Keeper       capture.Keeper
	Preprocess   dataset.Preprocess   // as the data were opened with
	Alternatives []dataset.Preprocess // other preprocessings to try
	Comparison   statistic.Comparison // how layers are compared beside the usual
}

// complete fills in what the zero value leaves open.
func (o LiveOptions) complete() LiveOptions {
	if o.Engine == nil {
		o.Engine = native.Engine{}
	}
	o.Workers = max(1, o.Workers)
	return o
}

// A Run is a network with the samples chosen for it, ready to be diagnosed.
type Run struct {
	Case    statistic.Case
	Source  *live.Source
	Samples *live.Samples
	Result  finding.Run // what the result file says of the run

	set     *dataset.Set
	model   *Model
	options LiveOptions

	initial    *graph.Graph
	references []*graph.Graph // with the layers' names of the model
}

// Live chooses samples and makes a case of a network that is run on them.
func Live(m *Model, set *dataset.Set, o LiveOptions) (*Run, error) {
	o = o.complete()
	r := &Run{Samples: live.Choose(set, o.Samples, o.Alternatives), set: set, model: m, options: o}
	r.Source = r.source(r.Samples, o.Keeper)
	splits := r.Samples.Splits()
	if len(splits) == 0 {
		return nil, fmt.Errorf("%s: no samples", set.Name)
	}
	var err error
	if r.initial, err = checkedInitial(m.Name, m.Graph, o.Initial); err != nil {
		return nil, err
	}
	if r.references, err = references(m.Name, m.Graph, o.References); err != nil {
		return nil, err
	}
	r.Case = r.caseOf(r.Source, splits)
	r.Case.Keeper = o.Keeper
	r.Result = r.describe()
	return r, nil
}

func (r *Run) source(d live.Data, k capture.Keeper) *live.Source {
	return live.New(r.model.Graph, d, live.Options{Engine: guarded{r.options.Engine}, Workers: r.options.Workers, Memory: r.options.Memory, Keeper: k, Output: r.model.Output})
}

func (r *Run) caseOf(s capture.Source, splits []dataset.Split) statistic.Case {
	m, set := r.model, r.set
	c := statistic.Case{Layers: m.Graph.Layers, Graph: m.Graph, Source: s, Splits: splits, Task: set.Task, Output: string(m.Kind), Seed: r.options.Seed, Workers: r.options.Workers}
	if set.Task.Kind == dataset.Classification {
		c.Classes = len(set.Task.Classes)
	}
	c.Seen = c.Has(dataset.Train) && (r.options.Seen || !set.SplitMade)
	c.Initial, c.References, c.Comparison = r.initial, r.references, r.options.Comparison
	c.Networks = networks(m.Graph, c)
	return c
}

// networks returns the builders of all networks that statistics run beside the one under examination.
func networks(g *graph.Graph, c statistic.Case) map[string]func(*statistic.Results) (*graph.Graph, error) {
	out := renorm.Networks(g, c)
	maps.Copy(out, untrained.Networks(g, c))
	return out
}

// describe says what the result file says of the run. Paths stay out of it.
func (r *Run) describe() finding.Run {
	m, set := r.model, r.set
	out := finding.Run{
		Tool: Tool, Engine: r.options.Engine.Name(), Kernel: r.options.Engine.Kernel(), Seed: r.options.Seed,
		Model: finding.Model{Name: m.Name, SHA256: m.SHA256, Opset: m.Opset, Parameters: m.Parameters(), Output: string(m.Kind)},
		Data:  finding.Data{Name: baseNames(set.Name), Task: string(set.Task.Kind), Preprocess: r.options.Preprocess.Name, Classes: r.Case.Classes},
	}
	if r.Case.Classes > 0 {
		out.Data.ClassNames = set.Task.Classes
	}
	for split, n := range countsOf(&out.Data) {
		*n = r.Samples.Samples(capture.View{Split: split}).Len()
	}
	out.Notes = notes(m.Graph, set)
	out.References = described(r.options.References)
	return out
}

// baseNames takes the folders out of a list of paths.
func baseNames(s string) string {
	parts := strings.Split(s, ", ")
	for i, p := range parts {
		parts[i] = filepath.Base(p)
	}
	return strings.Join(parts, ", ")
}

// notes lists what importing found, each sentence once, with the layers it is about.
func notes(g *graph.Graph, set *dataset.Set) []string {
	var out []string
	layers := map[string][]string{}
	for _, n := range g.Notes {
		if layers[n.Text] == nil {
			out = append(out, n.Text)
		}
		layers[n.Text] = append(layers[n.Text], n.Layer)
	}
	for i, text := range out {
		at := slices.DeleteFunc(layers[text], func(s string) bool { return s == "" })
		switch {
		case len(at) == 1:
			out[i] = at[0] + ": " + text
		case len(at) > 1:
			out[i] = fmt.Sprintf("%s and %d more: %s", at[0], len(at)-1, text)
		}
	}
	if set.SplitMade {
		out = append(out, "the data had no split: 20 % were hashed into validation, so seen and unseen samples cannot be told apart")
	}
	return append(out, set.Notes...)
}

// HashData returns a hash of the samples chosen: ids, labels and what is stored.
func (r *Run) HashData() (string, error) {
	h := sha256.New()
	for _, split := range r.Case.Splits {
		v := capture.View{Split: split}
		s := r.Samples.Samples(v)
		fmt.Fprintf(h, "%s %d\n", split, s.Len())
		for i, id := range s.IDs {
			sum, err := r.Samples.Fingerprint(v, i)
			if err != nil {
				return "", fmt.Errorf("%s: %w", id, err)
			}
			label := int32(-1)
			if s.Labels != nil {
				label = s.Labels[i]
			}
			h.Write(binary.LittleEndian.AppendUint32(append([]byte(id), 0), uint32(label)))
			h.Write(sum[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Diagnose runs the rules on the network and its samples.
func (r *Run) Diagnose(ctx context.Context, o Options) (finding.Diagnosis, error) {
	d, err := Diagnose(ctx, r.Case, o)
	if err != nil {
		return d, err
	}
	d.Run = joined(r.Result, d.Run.Notes)
	reductions(&d, r.model.Graph, r.Case.Layers)
	return d, nil
}

// reductions says of every layer how its values become one row a sample.
func reductions(d *finding.Diagnosis, g *graph.Graph, layers []graph.Layer) {
	for i := range d.Layers {
		d.Layers[i].Reduce = string(live.RowReduction(g, finding.Site{Layer: layers[i].Name, Of: finding.Activation}))
	}
}

// Describe returns what is known before anything ran: the run and the layers.
func (r *Run) Describe() finding.Diagnosis {
	d := diagnosis.Diagnose(nil, r.Case.Layers)
	d.Run = r.Result
	return d
}

// Keep makes the run keep its rows in another keeper.
func (r *Run) Keep(k capture.Keeper) {
	r.Source = r.source(r.Samples, k)
	r.Case = r.caseOf(r.Source, r.Case.Splits)
	r.Case.Keeper = k
}

// Identity says what the run's states and rows depend on; settings are the caller's own.
func (r *Run) Identity(settings string) Identity {
	return Identity{Tool: Tool, Kernel: r.options.Engine.Name() + " " + r.options.Engine.Kernel(), Model: r.model.Name, SHA256: r.model.SHA256, Output: r.model.Output + "=" + string(r.model.Kind),
		Data: r.Result.Data.SHA256, Preprocess: fmt.Sprintf("%+v", r.options.Preprocess), Settings: settings}
}

// Pictures reports whether the network is fed pictures.
func (r *Run) Pictures() bool {
	for _, in := range r.model.Graph.Inputs {
		if len(in.Shape) == 4 && in.DType.IsFloat() {
			return true
		}
	}
	return false
}
