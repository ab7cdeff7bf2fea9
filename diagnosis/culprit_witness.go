package diagnosis

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
)

// A witness holds what the evidences are drawn from.
type witness struct {
	c       statistic.Case
	r       *statistic.Results
	all     []graph.Layer
	layers  []graph.Layer // with weights: those that can be the cause, in order
	healthy Population    // reference networks
	without int           // group of samples that is left out, -1 for none
	groups  []int         // of the samples held out, by row

	read  []*alignment.Result  // nil where there is none
	state []float64            // e1, which no group changes
	own   []float64            // of it the smallest p that nothing upstream can cause
	marks []map[string]float64 // p by trait
	drawn []float64            // e9 without the network before training
}

// leastLayers is how many layers with weights are compared with one another at least.
const leastLayers = 4

func newWitness(c statistic.Case, r *statistic.Results, healthy Population) *witness {
	w := &witness{c: c, r: r, all: c.Layers, healthy: healthy, without: -1}
	for _, l := range c.Layers {
		if l.Weight != "" && (l.Op == "Conv" || l.Op == "ConvTranspose" || l.Op == "Linear") {
			w.layers = append(w.layers, l)
		}
	}
	if len(w.layers) >= leastLayers {
		w.read = make([]*alignment.Result, len(w.layers))
		for i, l := range w.layers { // once: finding a layer's takes looking at all of them
			if x, err := alignment.At(c, r, l.Name); err == nil {
				w.read[i] = x
			}
		}
		if split, ok := c.Held(); ok { // those of pairs.Statistic and alignment.Statistic
			w.groups = infer.Groups(infer.Seed(c.Seed, "pairs"), c.Source.Samples(capture.View{Split: split}).Hashes, infer.JackknifeGroups)
		}
		w.examineStates()
		w.examineInitial()
	}
	return w
}

// An evidence gives each layer a p-value, NaN where there is none.
type evidence struct {
	name  string
	words string
	local bool // it is about the layer itself, not about its neighbours or what comes later
	// least is the smallest p that counts: where few siblings are the reference an evidence supports, it does
	// not accuse.
	least float64
	ask   func(*witness) []float64
}

// evidences lists those of METHODS 5.6. e10, patching, needs a reference network (Confirm).
func evidences() []evidence {
	return []evidence{
		{"e1", "its own state", true, 0, localState},
		{"e2", "its neighbours agree without it", false, 0.01, bridgeDeficit},
		{"e3", "a weak link to what it reads", false, 0.01, linkDeviation},
		{"e4", "a block of similar layers begins there", false, 0.01, changePoint},
		{"e5", "it is unlike the layers around it", false, 0.01, layerOutlier},
		{"e6", "it lowers the similarity of all", false, 0.01, leaveOneOut},
		{"e7", "its weights do not fit what they read", true, 0, readAlignment},
		{"e8", "labels can be read before it and not behind it", false, 0, probeStep},
		{"e9", "training hardly moved it", true, 0, initialTwin},
	}
}

// none is an evidence that nobody gives.
func (w *witness) none() []float64 { return slices.Repeat([]float64{math.NaN()}, len(w.layers)) }

// above is the one-sided p of x being no larger than healthy layers are, whose values spread like Student's t
// with 20 degrees of freedom about middle.
func above(x, middle, spread float64) float64 { return infer.StudentTail((x-middle)/spread, 20) }

// median of values; NaN of none.
func median(v []float64) float64 {
	m, err := infer.Quantile(v, 0.5)
	if err != nil {
		return math.NaN()
	}
	return m
}
