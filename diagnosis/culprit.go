package diagnosis

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
	edges "github.com/stratascope/stratascope/statistic/links"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/probe"
	"github.com/stratascope/stratascope/statistic/renorm"
	"github.com/stratascope/stratascope/statistic/singular"
	"github.com/stratascope/stratascope/statistic/spectrum"
	"github.com/stratascope/stratascope/statistic/twins"
)

// A Culprit is the answer to "which layer" (METHODS 5.6, 5.7).
type Culprit struct {
	// Suspects are ranked, the one that is named first; none where no layer's evidence stands.
	Suspects []finding.Suspect
	// Named says that the first suspect is the most upstream layer whose own evidence stands, and that it ranks
	// first in most repeats.
	Named bool
	// From and To are the last layer without evidence and the first with some where no layer can be named, ""
	// if one can; From alone is "" where the cause may lie anywhere before the head.
	From, To string
	Repeats  int
	Ranking  []string // of all layers that can be the cause, whether anything stands or not
	traits   []string // of the first suspect, in words

	own map[string]bool // layers whose own evidence stands

	// Of each layer by name, for a cause that patching finds.
	shares   map[string]float64
	evidence map[string]map[string]float64
	told     map[string][]string

	cause   *recovery // that patching found
	refuted bool      // no suspect's replacement brought accuracy back
}

// CulpritNeeds lists what the evidences are drawn from.
func CulpritNeeds() []statistic.Any {
	return []statistic.Any{prediction.Statistic, pairs.Statistic, edges.Statistic, moments.Statistic, renorm.Corrected, spectrum.Statistic,
		twins.Statistic, probe.Statistic, alignment.Statistic, singular.Statistic}
}

// settled is the share of repeats from which on one layer is named (METHODS 5.7).
const settled = 0.6

// listedSuspects is how many layers are told at most.
const listedSuspects = 3

// A testimony is what the evidences say of every layer that can be the cause.
type testimony struct {
	p    []map[string]float64 // by evidence; what is not to be had is not there
	q    []float64            // of the Cauchy combination of all (Liu & Xie 2020), Benjamini-Hochberg over layers
	own  []float64            // Cauchy combination of what is about the layer itself
	ownQ []float64            // likewise over layers
	sole []bool               // its weights or units are broken in a way that nothing upstream can cause
}

// NameCulprit weighs the evidences and repeats it without each group of samples in turn. healthy is what reference
// networks show, nil without them.
func NameCulprit(c statistic.Case, r *statistic.Results, healthy Population) Culprit {
	w := newWitness(c, r, healthy)
	if len(w.layers) < leastLayers {
		return Culprit{}
	}
	whole := w.testify()
	order := w.rank(whole)
	lead := order[0]
	out := Culprit{Repeats: infer.JackknifeGroups}
	for _, i := range order {
		out.Ranking = append(out.Ranking, clean(w.layers[i].Name))
	}
	if slices.Min(whole.q) > alpha && slices.Min(whole.ownQ) > alpha || whole.readingAlone(lead) && w.works() {
		return out
	}
	first := make([]int, len(w.layers))
	for g := range infer.JackknifeGroups {
		w.without = g
		first[w.rank(w.testify())[0]]++
	}
	for k, i := range order[:min(listedSuspects, len(order))] {
		if k == 0 || first[i] > 0 || whole.q[i] <= alpha || whole.ownQ[i] <= alpha {
			out.Suspects = append(out.Suspects, finding.Suspect{Layer: clean(w.layers[i].Name), Share: float64(first[i]) / infer.JackknifeGroups, Evidence: whole.p[i]})
		}
	}
	out.traits = w.words(lead, whole)
	out.shares, out.evidence, out.told, out.own = map[string]float64{}, map[string]map[string]float64{}, map[string][]string{}, map[string]bool{}
	for i, l := range w.layers {
		name := clean(l.Name)
		out.shares[name], out.evidence[name], out.told[name] = float64(first[i])/infer.JackknifeGroups, whole.p[i], w.words(i, whole)
		out.own[name] = whole.ownQ[i] <= alpha
	}
	if whole.ownQ[lead] > alpha {
		out.From, out.To = w.edge(whole)
	} else {
		out.Named = out.Suspects[0].Share >= settled
	}
	return out
}

// testify asks all evidences.
func (w *witness) testify() testimony {
	n := len(w.layers)
	t := testimony{p: make([]map[string]float64, n), sole: make([]bool, n)}
	all, own := make([][]float64, n), make([][]float64, n)
	for i := range t.p {
		t.p[i], t.sole[i] = map[string]float64{}, w.own[i] <= soleLevel
	}
	for _, e := range evidences() {
		for i, p := range e.ask(w) {
			if math.IsNaN(p) {
				continue
			}
			t.p[i][e.name] = p
			p = math.Max(p, e.least)
			all[i] = append(all[i], p)
			if e.local {
				own[i] = append(own[i], p)
			}
		}
	}
	_, t.q = combined(all)
	t.own, t.ownQ = combined(own)
	return t
}

// joined is the Cauchy combination of one layer's p-values. A p near 1 would silence all others: it counts as
// 1 - 1/d at most, or a half of one or two, as a p of exactly 1 does (Liu et al. 2019).
func joined(ps []float64) (float64, error) {
	most := 1 - 1/float64(max(2, len(ps)))
	kept := make([]float64, len(ps))
	for i, p := range ps {
		kept[i] = math.Min(p, most)
	}
	return infer.CauchyCombination(kept)
}

// combined joins the p-values of each layer, and corrects for the number of layers.
func combined(ps [][]float64) (p, q []float64) {
	p = slices.Repeat([]float64{1}, len(ps))
	for i, of := range ps {
		if v, err := joined(of); err == nil {
			p[i] = v
		}
	}
	q, err := infer.BH(p)
	if err != nil { // not a p-value: nothing is rejected
		q = slices.Repeat([]float64{1}, len(ps))
	}
	return p, q
}

// readingAlone reports whether a layer is accused by its read alignment and nothing else of its own. That is not enough
// where the network works (METHODS 5.5, trap d): the projections of healthy attentions may read at random.
func (t testimony) readingAlone(i int) bool {
	if t.ownQ[i] > alpha {
		return false
	}
	for name, p := range t.p[i] {
		if name != "e7" && slices.ContainsFunc(evidences(), func(e evidence) bool { return e.local && e.name == name }) && p <= localLevel {
			return false
		}
	}
	return true
}
