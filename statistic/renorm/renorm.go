// Package renorm measures what re-estimating batch normalisation would change: the moments each
// normalisation would read if those before it were right, and the outputs of the network with all
// statistics re-estimated. It runs the network again, so it does so only where stored statistics differ
// from the data's.
package renorm

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/tensor"
)

// The networks this package's statistics run.
const (
	BatchNorm    = "batch-norm"   // normalises by the statistics of each batch
	Renormalised = "renormalised" // the stored statistics are those of the data
)

// Floor is the size of a mismatch from which on the network is run again (METHODS 9.4).
const Floor = 0.15

// Mismatch is how far the stored statistics of one normalisation lie from the data's.
type Mismatch struct {
	Mean     []float64 // (mu_data - mu_stored) / sigma_stored, by unit
	Spread   []float64 // ln(sigma_data / sigma_stored), by unit
	RMS      float64   // root mean square of Mean
	Absolute float64   // mean of |Spread|
	Samples  int64
}

// Size is how far off the statistics are: the larger of the shift of the means, in stored standard
// deviations, and the spread, which is the same share of a deviation while it is small.
func (m *Mismatch) Size() float64 { return max(m.RMS, m.Absolute) }

// Compare returns the mismatch between the stored statistics of a layer's normalisation and moments of
// what it reads.
func Compare(g *graph.Graph, n *graph.Norm, m *moments.State) (*Mismatch, error) {
	mean, ok := g.Weights[n.Mean]
	variance, ok2 := g.Weights[n.Variance]
	if !ok || !ok2 || mean.Len() != len(m.Units) || variance.Len() != len(m.Units) || mean.DType() != tensor.Float32 || variance.DType() != tensor.Float32 {
		return nil, fmt.Errorf("normalisation %s: stored statistics do not fit %d units", n.Node, len(m.Units))
	}
	if m.Positions == 0 {
		return nil, statistic.Unavailable("too-few-samples", "normalisation %s reads no finite sample", n.Node)
	}
	out := &Mismatch{Samples: m.Samples}
	for u, x := range m.Units {
		v := math.Max(0, float64(variance.Float32s()[u])) + n.Epsilon
		sd := math.Sqrt(v)
		d := (x.Mean(m.Positions) - float64(mean.Float32s()[u])) / sd
		s := 0.5 * math.Log((x.Variance(m.Positions)+n.Epsilon)/v)
		if d-d != 0 || s-s != 0 {
			return nil, statistic.Unavailable("not-finite", "normalisation %s: unit %d has the stored mean %g and variance %g", n.Node, u, mean.Float32s()[u], variance.Float32s()[u])
		}
		out.Mean, out.Spread = append(out.Mean, d), append(out.Spread, s)
		out.RMS += d * d
		out.Absolute += math.Abs(s)
	}
	out.RMS = math.Sqrt(out.RMS / float64(len(m.Units)))
	out.Absolute /= float64(len(m.Units))
	return out, nil
}

// Split is the split the stored statistics are held against: the training data, which they describe;
// without it the samples held out.
func Split(c statistic.Case) (dataset.Split, bool) {
	if c.Has(dataset.Train) {
		return dataset.Train, true
	}
	return c.Held()
}

// shifted reports whether some normalisation is off by the floor or more.
func shifted(c statistic.Case, r *statistic.Results) bool {
	split, ok := Split(c)
	if !ok || c.Graph == nil {
		return false
	}
	for _, l := range c.Layers {
		if l.Norm == nil {
			continue
		}
		m, err := moments.Statistic.At(r, moments.View(split), finding.Site{Layer: l.Name, Of: finding.PreNorm})
		if err != nil {
			continue
		}
		if x, err := Compare(c.Graph, l.Norm, m); err == nil && x.Size() >= Floor {
			return true
		}
	}
	return false
}

// Corrected sums what each normalisation reads when those before it normalise by the data.
var Corrected = &statistic.Live[*moments.State]{
	Name: "corrected-moments", Version: 2,
	Needs: []statistic.Any{moments.Statistic},
	Keys: func(c statistic.Case, r *statistic.Results) ([]statistic.Key, error) {
		if !shifted(c, r) {
			return nil, statistic.Unavailable("not-needed", "no stored statistics are off by %g standard deviations or that share of one", Floor)
		}
		split, _ := Split(c)
		var out []statistic.Key
		for _, l := range c.Layers {
			if l.Norm != nil {
				out = append(out, statistic.At(CorrectedView(split), finding.Site{Layer: l.Name, Of: finding.PreNorm}))
			}
		}
		return out, nil
	},
	New: func(statistic.Env) (*moments.State, error) { return &moments.State{}, nil },
}

// CorrectedView is the view under which Corrected is summed.
func CorrectedView(s dataset.Split) capture.View { return capture.View{Network: BatchNorm, Split: s} }

// Outputs are the outputs of the renormalised network on the samples held out.
var Outputs = &statistic.Replay[*prediction.Result]{
	Name: "renormalised-outputs", Version: 1, Staged: true,
	Needs: []statistic.Any{Corrected, prediction.Statistic},
	Reads: func(c statistic.Case, r *statistic.Results) []capture.Request {
		held, ok := c.Held()
		if !ok || len(r.Keys(Corrected)) == 0 {
			return nil
		}
		return []capture.Request{{View: OutputsView(held), Site: prediction.Site}}
	},
	Keys: func(c statistic.Case, r *statistic.Results) ([]statistic.Key, error) {
		if err := prediction.Classifies(c); err != nil {
			return nil, err
		}
		held, ok := c.Held()
		if !ok || len(r.Keys(Corrected)) == 0 {
			return nil, statistic.Unavailable("not-needed", "no normalisation was re-estimated")
		}
		return []statistic.Key{statistic.At(OutputsView(held), prediction.Site)}, nil
	},
	Compute: func(_ context.Context, e statistic.Env) (*prediction.Result, error) {
		return prediction.From(e.Case, e.Key.View)
	},
}

// OutputsView is the view under which Outputs are read.
func OutputsView(s dataset.Split) capture.View {
	return capture.View{Network: Renormalised, Split: s, Reduce: capture.Row}
}

// Networks returns the builders of both networks, for a case whose network can be run.
func Networks(g *graph.Graph, c statistic.Case) map[string]func(*statistic.Results) (*graph.Graph, error) {
	return map[string]func(*statistic.Results) (*graph.Graph, error){
		BatchNorm: func(*statistic.Results) (*graph.Graph, error) { return g.TrainingNorm(), nil },
		Renormalised: func(r *statistic.Results) (*graph.Graph, error) {
			split, _ := Split(c)
			w := map[string]tensor.Tensor{}
			for _, l := range g.Layers {
				if l.Norm == nil {
					continue
				}
				m, err := Corrected.At(r, CorrectedView(split), finding.Site{Layer: l.Name, Of: finding.PreNorm})
				if err != nil {
					return nil, err
				}
				w[l.Norm.Mean], w[l.Norm.Variance] = stored(m)
			}
			return g.ReplaceWeights(w)
		},
	}
}

func stored(m *moments.State) (mean, variance tensor.Tensor) {
	mean, variance = tensor.New(tensor.Float32, len(m.Units)), tensor.New(tensor.Float32, len(m.Units))
	for u, x := range m.Units {
		mean.Float32s()[u] = float32(x.Mean(m.Positions))
		variance.Float32s()[u] = float32(x.Variance(m.Positions))
	}
	return mean, variance
}

// Gain is the accuracy of the renormalised network on the samples held out, less that of the network as
// it is, paired by sample, in points, with its 90 % interval.
func Gain(c statistic.Case, r *statistic.Results) (*finding.Estimate, error) {
	held, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	before, err := prediction.Statistic.At(r, prediction.View(held), prediction.Site)
	if err != nil {
		return nil, err
	}
	after, err := Outputs.At(r, OutputsView(held), prediction.Site)
	if err != nil {
		return nil, err
	}
	var a, b []bool
	for i := range before.N {
		if before.Label[i] >= 0 && before.Finite[i] && after.Finite[i] {
			a = append(a, after.Predicted[i] == before.Label[i])
			b = append(b, before.Predicted[i] == before.Label[i])
		}
	}
	table, err := infer.Pair(a, b)
	if err != nil {
		return nil, err
	}
	value, err := table.Difference()
	if err != nil {
		return nil, err
	}
	ci, err := infer.Tango(table, 0.9)
	if err != nil {
		return nil, err
	}
	return &finding.Estimate{Value: 100 * value, Low: 100 * ci.Low, High: 100 * ci.High, N: table.N()}, nil
}
