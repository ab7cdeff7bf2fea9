package diagnosis

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/patch"
)

// leastRecovered is the share of samples that has to be answered rightly again for a layer to be the cause.
const leastRecovered = 0.02

// half of what a reference has over the network has to come back for a layer to be the cause: a broken layer says little of
// how its units correspond to another network's, and what is fitted to it gives back some points anywhere (docs/references.md).
const half = 0.5

// Shares of what a layer recovers: where what it reads recovers less than apart, the layer is the cause; where that
// recovers together or more, the cause lies before it. In between no one layer is.
const apart, together = 0.5, 0.8

// farthest is how many layers are gone back from a suspect at most.
const farthest = 16

// A recovery is what patching a layer brings back, with the 90 % interval in points.
type recovery struct {
	*patch.Recovery
	before  float64 // of the layer that it reads, the most
	points  finding.Ranged
	p       float64 // of no more coming back than from what it reads
	decided bool
}

// Confirm is e10: the values of a reference network are put in the place of each suspect, and of what it reads. The
// cause is the first layer on the way through the network whose replacement brings accuracy back; where what a suspect reads
// does so, too, the cause lies before it and is looked for there. collect runs the network with the layers named
// patched. It does nothing without references or suspects.
func (c *Culprit) Confirm(cs statistic.Case, collect func(layers []string) (statistic.Case, *statistic.Results, error)) error {
	if len(cs.References) == 0 || len(c.Suspects) == 0 {
		return nil
	}
	return c.confirm(&patching{layers: cs.Layers, collect: collect, known: map[string]*patch.Recovery{}})
}

func (c *Culprit) confirm(p *patching) error {
	vain := 0
	var from []string
	for _, s := range c.Suspects {
		from = append(from, s.Layer)
	}
	for _, name := range append(from, c.To) { // where it is seen to break it is looked for, too
		x, err := p.cause(name)
		switch {
		case err != nil:
			return err
		case x != nil && x.decided:
			c.settle(*x)
			return nil
		case x != nil && x.points.High < 100*leastRecovered:
			vain++
		}
	}
	c.refuted = vain >= len(c.Suspects)
	return nil
}

// settle makes a layer the cause.
func (c *Culprit) settle(x recovery) {
	name := clean(x.Layer)
	s := finding.Suspect{Layer: name, Share: c.shares[name], Evidence: map[string]float64{}}
	for e, p := range c.evidence[name] {
		s.Evidence[e] = p
	}
	s.Evidence["e10"], s.Verdict, s.Recovered = x.p, finding.Causal, &x.points
	rest := slices.DeleteFunc(c.Suspects, func(o finding.Suspect) bool { return o.Layer == name })
	c.Suspects = append([]finding.Suspect{s}, rest...)
	c.Suspects = c.Suspects[:min(listedSuspects, len(c.Suspects))]
	c.Named, c.From, c.To, c.cause, c.traits = true, "", "", &x, c.told[name]
}

// A patching remembers what each layer recovers.
type patching struct {
	layers  []graph.Layer
	collect func([]string) (statistic.Case, *statistic.Results, error)
	known   map[string]*patch.Recovery // nil where it cannot be had
}

// at returns what layers recover.
func (p *patching) at(layers ...string) ([]*patch.Recovery, error) {
	var missing []string
	for _, l := range layers {
		if _, ok := p.known[l]; !ok {
			missing = append(missing, l)
		}
	}
	if len(missing) > 0 {
		c, r, err := p.collect(missing)
		if err != nil {
			return nil, err
		}
		for _, l := range missing {
			if p.known[l], err = patch.At(c, r, l); err != nil {
				p.known[l] = nil // not to be had: nothing is said
			}
		}
	}
	var out []*patch.Recovery
	for _, l := range layers {
		if x := p.known[l]; x != nil {
			out = append(out, x)
		}
	}
	return out, nil
}

// cause goes back from a suspect, whose name is clean, to the first layer that recovers; nil where nothing could be
// measured.
func (p *patching) cause(suspect string) (*recovery, error) {
	at := slices.IndexFunc(p.layers, func(l graph.Layer) bool { return clean(l.Name) == suspect })
	if at < 0 {
		return nil, nil
	}
	layer := p.layers[at]
	if before := p.reads(layer); layer.Head && len(before) == 1 { // nothing reads it: what it reads is put in its place
		layer = p.named(before[0])
	}
	for range farthest {
		before := p.reads(layer)
		all, err := p.at(append([]string{layer.Name}, before...)...)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 || all[0].Layer != layer.Name {
			return nil, nil
		}
		x, err := judgeRecovery(all[0], all[1:])
		if err != nil || x.decided || x.points.Low < 100*leastRecovered || x.before < together*x.Gain.Value {
			return x, err
		}
		most := slices.MaxFunc(all[1:], func(a, b *patch.Recovery) int { return cmp.Compare(a.Gain.Value, b.Gain.Value) })
		layer = p.named(most.Layer)
	}
	return nil, nil
}

func (p *patching) named(name string) graph.Layer {
	return p.layers[slices.IndexFunc(p.layers, func(l graph.Layer) bool { return l.Name == name })]
}

// reads lists the layers that a layer reads.
func (p *patching) reads(l graph.Layer) []string {
	return slices.DeleteFunc(slices.Clone(l.After), func(name string) bool {
		return !slices.ContainsFunc(p.layers, func(o graph.Layer) bool { return o.Name == name })
	})
}

// judgeRecovery says whether a layer is the first that recovers: more than the floor, and more than the layers it reads.
func judgeRecovery(x *patch.Recovery, before []*patch.Recovery) (*recovery, error) {
	ci, err := x.Gain.Interval(level)
	if err != nil {
		return nil, err
	}
	out := &recovery{Recovery: x, points: finding.Ranged{Value: 100 * x.Gain.Value, Low: 100 * ci.Low, High: 100 * ci.High}, decided: ci.Low >= leastRecovered && x.Gain.Value >= half*x.Lost}
	if out.p, err = x.Gain.Above(0); err != nil {
		return nil, err
	}
	for _, b := range before {
		more, err := x.Minus(b)
		if err != nil {
			return nil, err
		}
		p, err := more.Above(0)
		if err != nil {
			return nil, err
		}
		out.p, out.before = math.Max(out.p, p), math.Max(out.before, b.Gain.Value)
		out.decided = out.decided && p <= alpha && b.Gain.Value < apart*x.Gain.Value
	}
	return out, nil
}

// patched says what patching found.
func (c Culprit) patched() string {
	x := c.cause
	text := fmt.Sprintf("with a reference network's values in its place accuracy rises by %.1f points (%.1f to %.1f)", x.points.Value, x.points.Low, x.points.High)
	if x.before > 0 {
		text += fmt.Sprintf(", in the place of what it reads by %.1f", 100*x.before)
	}
	return text
}
