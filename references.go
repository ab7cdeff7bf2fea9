package stratascope

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/links"
	"github.com/stratascope/stratascope/statistic/patch"
)

// SameArchitecture returns how another network differs from m in its layers and their shapes, nil if it does not.
func SameArchitecture(m, other *graph.Graph) error {
	for i, l := range m.Layers[:min(len(m.Layers), len(other.Layers))] {
		if a, b := form(m, l), form(other, other.Layers[i]); a != b {
			return fmt.Errorf("layer %d %q is %s, want %s", i+1, other.Layers[i].Name, b, a)
		}
	}
	if a, b := len(m.Layers), len(other.Layers); a != b {
		return fmt.Errorf("%d layers, want %d", b, a)
	}
	return nil
}

// form says what has to be the same of a layer: what it computes, of which shape, from which layers.
func form(g *graph.Graph, l graph.Layer) string {
	s := l.Op
	if w := g.Weights[l.Weight]; w.Valid() {
		s += fmt.Sprintf(" with a weight of %v", w.Shape())
	}
	if l.Activation != "" {
		s += " and " + l.Activation
	}
	if len(l.Shape) > 0 {
		s += fmt.Sprintf(" giving %v", l.Shape)
	}
	var after []int
	for _, name := range l.After {
		after = append(after, slices.IndexFunc(g.Layers, func(o graph.Layer) bool { return o.Name == name })+1)
	}
	if len(after) > 0 {
		s += fmt.Sprintf(" from %v", after)
	}
	return s
}

// sameTensors is SameArchitecture of weights without a network: those of one name have as many values in both.
func sameTensors(m, other *graph.Graph) error {
	same := 0
	for _, name := range slices.Sorted(maps.Keys(m.Weights)) {
		o, ok := other.Weights[name]
		if !ok {
			continue
		}
		same++
		if w := m.Weights[name]; w.Len() != o.Len() {
			return fmt.Errorf("tensor %q has shape %v, want %v", name, o.Shape(), w.Shape())
		}
	}
	if same == 0 {
		return fmt.Errorf("no tensor of %q has a name of this one's", other.Name)
	}
	return nil
}

// renamed returns a network of the same architecture whose layers have the names of m's.
func renamed(m, other *graph.Graph) *graph.Graph {
	out := *other
	out.Layers = slices.Clone(other.Layers)
	for i := range out.Layers {
		out.Layers[i].Name, out.Layers[i].After = m.Layers[i].Name, m.Layers[i].After
	}
	return &out
}

// checkedInitial returns the network before training, which must be of the network's architecture.
func checkedInitial(name string, g *graph.Graph, initial *Model) (*graph.Graph, error) {
	if initial == nil {
		return nil, nil
	}
	if err := fits(name, g, initial.Name, initial.Graph); err != nil {
		return nil, err
	}
	return renamed(g, initial.Graph), nil
}

// fits names both networks where they are of different architectures.
func fits(name string, g *graph.Graph, other string, o *graph.Graph) error {
	if err := SameArchitecture(g, o); err != nil {
		return fmt.Errorf("%s is of another architecture than %s: %w", other, name, err)
	}
	return nil
}

// references are healthy networks for a case, which must be of the network's architecture.
func references(name string, g *graph.Graph, of []*Model) ([]*graph.Graph, error) {
	var out []*graph.Graph
	for _, r := range of {
		if err := fits(name, g, r.Name, r.Graph); err != nil {
			return nil, err
		}
		out = append(out, renamed(g, r.Graph))
	}
	return out, nil
}

// described says what the result file says of references.
func described(of []*Model) []finding.Model {
	var out []finding.Model
	for _, r := range of {
		out = append(out, finding.Model{Name: r.Name, SHA256: r.SHA256, Opset: r.Opset, Parameters: r.Parameters(), Output: string(r.Kind)})
	}
	return out
}

// patcher returns what runs the network with layers of the references in place of its own.
func patcher(ctx context.Context, c statistic.Case, o Options) func([]string) (statistic.Case, *statistic.Results, error) {
	runs := 0
	return func(layers []string) (statistic.Case, *statistic.Results, error) {
		runs++
		x := c
		x.Patched = layers
		x.Networks = maps.Clone(c.Networks)
		maps.Copy(x.Networks, patch.Networks(x))
		s := statistic.Options{Memory: o.Memory, Progress: o.Progress}
		if o.Store != nil {
			s.Store = partOf{o.Store, fmt.Sprintf("patch-%d-", runs)}
		}
		r, err := statistic.Collect(ctx, x, []statistic.Any{patch.Outputs}, s)
		return x, r, err
	}
}

// comparable lists the rules whose measurements a population of networks says something about.
func (o Options) comparable() []*detector.Detector {
	return slices.DeleteFunc(o.detectors(), func(d *detector.Detector) bool { return !diagnosis.Comparable(d) })
}

// needed returns what a diagnosis of a case collects: beside references how strong links are, too.
func (o Options) needed(c statistic.Case) []statistic.Any {
	if len(c.References) == 0 {
		return o.Needs()
	}
	return append(o.Needs(), links.Statistic)
}

// population examines each reference network on the same samples: by the rules and by what names a cause where there
// are enough of them, else its links alone. Notes say what could not be done.
func population(ctx context.Context, c statistic.Case, o Options) (out diagnosis.Population, notes []string, err error) {
	var rules []*detector.Detector
	needs := []statistic.Any{links.Statistic}
	if len(c.References) >= diagnosis.LeastReferences {
		rules = o.comparable()
		if o.culprit() {
			needs = append(needs, diagnosis.CulpritNeeds()...)
		}
	}
	for _, d := range rules {
		needs = append(needs, d.Needs...)
	}
	failed, why := 0, ""
	for k := range c.References {
		x := c.OfReference(k)
		if err := offered(x); err != nil {
			_, why = statistic.Reason(err)
			failed++
			continue
		}
		x.Networks = networks(x.Graph, x)
		s := statistic.Options{Memory: o.Memory}
		if o.Progress != nil {
			s.Progress = func(stage string, done, total int) { o.Progress(statistic.Reference(k)+"/"+stage, done, total) }
		}
		if o.Store != nil {
			s.Store = partOf{o.Store, statistic.Reference(k) + "-"}
		}
		r, err := statistic.Collect(ctx, x, needs, s)
		if err != nil {
			return nil, nil, err
		}
		var of []detector.Outcome
		for _, d := range rules {
			of = append(of, detector.Run(d, x, r, o.Settings[d.Name]))
		}
		out = append(out, diagnosis.NewMember(x, r, of))
	}
	switch n := len(c.References); {
	case failed > 0:
		notes = append(notes, fmt.Sprintf("%d of %d references could not be examined: %s", failed, n, why))
	case n > 0 && n < diagnosis.LeastReferences:
		notes = append(notes, fmt.Sprintf("%d of %d references: too few to be what healthy networks are like, so rules keep their defaults", n, diagnosis.LeastReferences))
	}
	return out, notes, nil
}

// offered returns why the layers of a case cannot be shown, nil if they can.
func offered(c statistic.Case) error {
	split, _ := c.Held()
	if len(c.Layers) == 0 {
		return nil
	}
	return c.Source.Offers(capture.View{Split: split, Reduce: capture.Row}, finding.Site{Layer: c.Layers[0].Name, Of: finding.Activation})
}

// partOf keeps the states of one of a run's collections under names of its own.
type partOf struct {
	statistic.Store
	name string
}

// Load returns a state.
func (s partOf) Load(name string) ([]byte, error) { return s.Store.Load(s.name + name) }

// Save keeps a state.
func (s partOf) Save(name string, write func(io.Writer) error) error {
	return s.Store.Save(s.name+name, write)
}
