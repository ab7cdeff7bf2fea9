// Package alignment says whether the weights of a layer have anything to do with the values they read:
// the variance of what they pick up against that of weights turned at random (METHODS 5.5). It needs
// neither labels nor gradients nor a reference.
package alignment

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
)

// Least is the smallest number of samples that alignment is computed on.
const Least = 100

// Narrowest is the smallest number of values read at once at which the cosine of an untrained layer and
// that of a trained one lie apart.
const Narrowest = 32

// Statistic computes the alignment of every reader on the samples held out.
var Statistic = &statistic.Replay[*Result]{
	Name: "alignment", Version: 3, Wide: true,
	Needs: []statistic.Any{Patches},
	Keys:  keys,
	Cost: func(e statistic.Env) statistic.Cost {
		r, err := readerAt(e.Case, e.Key)
		if err != nil || r == nil {
			return statistic.Cost{}
		}
		// Rows of one group of channels four times over, once in double precision, products of samples or of values,
		// and what the weights make of them.
		n, d := chosen(e), int64(r.width)
		k := min(n, d)
		return statistic.Cost{Bytes: 24*n*d + 8*k*k + 4*n*int64(r.layers[0].Units)}
	},
	Compute: compute,
}

// At returns the alignment of a layer, or why there is none; the projections of one attention share
// theirs.
func At(c statistic.Case, r *statistic.Results, layer string) (*Result, error) {
	all, err := keys(c, r)
	if err != nil {
		return nil, err
	}
	for i, ls := range readers(c.Graph.Layers) {
		for _, l := range ls {
			if l.Name == layer {
				return Statistic.Get(r, all[i])
			}
		}
	}
	return nil, statistic.Unavailable("no-weight", "layer %s has no weight that multiplies what it reads", layer)
}

// A Result is the alignment of one reader with what it reads. M is W'W and S the covariance of what one
// row of W reads, both less their mean eigenvalue times the identity; with several groups of channels
// their sums.
type Result struct {
	Layers []string // one, or the query, key and value projections of an attention
	N      int      // samples, read at one position each
	Rows   int      // rows of W
	Width  int      // values that a row reads
	Groups int      // groups of channels, each read by rows of its own
	// Gain is the variance that W picks up over that of a randomly turned W of the same spectrum: A of
	// METHODS 5.5, around 1 for an untrained layer.
	Gain infer.Estimate
	// Cosine is tr(MS) / (|M| |S|), from -1 to 1 and around 0 for an untrained layer; its error is that
	// of the jackknife over the groups of pairs.Statistic. It is 0 for a W that reads all directions alike.
	Cosine  infer.Estimate
	Spread  float64   // standard deviation of the cosine under turning W at random (Haar)
	Without []float64 // the cosine without each group of samples
	// Channels is how many of its spreads over permutations of what is read the agreement of two channels' weights with
	// their covariance lies above its mean: see channels. 0 for a weight of several groups of channels or of fewer than 3.
	Channels float64
	// Apart is what each of several layers is by itself, nil where one of them cannot be measured.
	Apart []*Result
}

// Z is the cosine over its spread under turning W at random.
func (r *Result) Z() float64 { return r.Cosine.Value / r.Spread }

// Random returns the probability that W turned at random picks up a variance at least as far from the
// mean, two-sided. What it picks up is a sum of squares: its law is taken as a gamma of the right mean and
// variance, whose cube root is nearly normal (Satterthwaite 1946; Wilson & Hilferty 1931). Weights that
// ignore the one direction in which almost all variance lies are no closer to random by this than they
// are, as they are by Z.
func (r *Result) Random() float64 {
	if r.Cosine.Value == 0 {
		return 1
	}
	v := (r.Gain.Value - 1) / r.Z() // standard deviation of the gain
	v *= v
	z := (math.Cbrt(r.Gain.Value) - (1 - v/9)) / math.Sqrt(v/9)
	return 2 * infer.NormalTail(math.Abs(z))
}

// LikeRandom reports that weights turned at random pick up a variance as far from the mean in 1 % of all cases or
// more.
func (r *Result) LikeRandom() bool { return r.Random() > 0.01 }

// Of returns the alignment of a weight, rows of d values, with samples of d values, each of a group from 0 to before
// infer.JackknifeGroups.
func Of(workers int, w, x []float32, groups []int, d int) (*Result, error) {
	if d < 1 || len(w)%d != 0 || len(x) != len(groups)*d {
		return nil, fmt.Errorf("%d weights and %d values of %d samples, want rows of %d: %w", len(w), len(x), len(groups), d, infer.ErrRange)
	}
	if len(groups) < Least || slices.Min(groups) < 0 || slices.Max(groups) >= infer.JackknifeGroups {
		return nil, fmt.Errorf("%d samples, want %d of groups 0 to %d: %w", len(groups), Least, infer.JackknifeGroups-1, infer.ErrRange)
	}
	out := &Result{Layers: []string{"weight"}, N: len(groups), Rows: len(w) / d, Width: d, Groups: 1}
	rows := make([][]float32, len(groups))
	for i := range rows {
		rows[i] = x[i*d : (i+1)*d]
	}
	return out, out.measure(workers, &reader{layers: []graph.Layer{{Units: out.Rows}}, groups: 1, width: d, matrix: true}, w, rows, groups)
}

func compute(_ context.Context, e statistic.Env) (*Result, error) {
	seen, err := Patches.Get(e.Results, e.Key)
	if err != nil {
		return nil, err
	}
	r, err := readerAt(e.Case, e.Key)
	if err != nil {
		return nil, err
	}
	w, err := r.weight(e.Case.Graph)
	if err != nil {
		return nil, err
	}
	if l := r.layers[0]; l.Head && shiftless(e.Case.Output) {
		w = centred(w, r.width)
	}
	group := map[int]int{} // by the row of a sample
	for row, g := range infer.Groups(infer.Seed(e.Case.Seed, "pairs"), e.Samples().Hashes, infer.JackknifeGroups) {
		group[row] = g
	}
	at, rows, err := seen.finite()
	if err != nil {
		return nil, err
	}
	groups := make([]int, len(at))
	for i, row := range at {
		groups[i] = group[row]
	}
	if len(rows) < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d finite samples, alignment needs %d", len(rows), Least)
	}
	out := &Result{N: len(rows), Rows: len(w) / r.width, Width: r.width, Groups: r.groups}
	for _, l := range r.layers {
		out.Layers = append(out.Layers, l.Name)
	}
	return out, out.measure(e.Workers, r, w, rows, groups)
}

// shiftless reports whether what is added to all values of an output changes nothing, as a softmax
// follows.
func shiftless(output string) bool {
	return output == "logits" || output == "probabilities" || output == "log-probabilities"
}

// centred returns rows less their mean.
func centred(w []float32, width int) []float32 {
	mean := make([]float64, width)
	n := len(w) / width
	for i, x := range w {
		mean[i%width] += float64(x) / float64(n)
	}
	out := make([]float32, len(w))
	for i, x := range w {
		out[i] = float32(float64(x) - mean[i%width])
	}
	return out
}

func finite(v []float32) bool {
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}

// measure sums over the groups of channels and forms gain and cosine, of all layers together and of each.
func (out *Result) measure(workers int, r *reader, w []float32, rows [][]float32, groups []int) error {
	n, d := len(rows), r.width
	if d < 2 {
		return statistic.Unavailable("too-narrow", "the weight reads %d value at once, alignment needs 2", d)
	}
	x := make([]float32, n*d)
	total := newSums(infer.JackknifeGroups + 1)
	var apart []*sums
	per := len(w) / r.groups
	for g := range r.groups {
		for i, row := range rows {
			copy(x[i*d:(i+1)*d], row[g*d:(g+1)*d])
		}
		in := newInputs(workers, x, groups, n, d, infer.JackknifeGroups)
		total.add(workers, w[g*per:(g+1)*per], in)
		for at, k := 0, 0; len(r.layers) > 1 && k < len(r.layers); k++ { // linear maps, which have one group
			size := r.layers[k].Units * d
			apart = append(apart, newSums(infer.JackknifeGroups+1))
			apart[k].add(workers, w[at:at+size], in)
			at += size
		}
	}
	if err := out.take(total, d); err != nil {
		return err
	}
	if r.groups == 1 {
		out.Channels = channels(workers, w, x, n, d, r.taps())
	}
	for k, s := range apart {
		one := &Result{Layers: []string{r.layers[k].Name}, N: n, Rows: r.layers[k].Units, Width: d, Groups: 1}
		if one.take(s, d) != nil {
			out.Apart = nil
			return nil
		}
		out.Apart = append(out.Apart, one)
	}
	return nil
}

// take forms gain and cosine from sums, of all samples and without each group of them.
func (out *Result) take(total *sums, d int) error {
	isotropic := total.weights <= total.rounding
	gain, cosine := make([]float64, len(total.parts)), make([]float64, len(total.parts))
	for k, p := range total.parts {
		if p.values <= 0 || p.spread <= 0 {
			return statistic.Unavailable("constant-input", "what layer %s reads has no direction of its own", out.Layers[0])
		}
		if p.turned <= 0 {
			return statistic.Unavailable("zero-weight", "the weight of layer %s is zero", out.Layers[0])
		}
		gain[k] = p.read / p.turned
		if !isotropic {
			cosine[k] = (p.read - p.turned) / math.Sqrt(total.weights*p.spread)
		}
	}
	out.Spread = math.Sqrt(turnedVariance(1, 1, d))
	if !isotropic {
		out.Spread = math.Sqrt(total.null / (total.weights * total.parts[0].spread))
	}
	out.Without = cosine[1:]
	var err error
	if out.Gain, err = infer.Jackknife(gain[0], gain[1:]); err != nil {
		return fmt.Errorf("gain: %w", err)
	}
	if out.Cosine, err = infer.Jackknife(cosine[0], cosine[1:]); err != nil {
		return fmt.Errorf("cosine: %w", err)
	}
	return nil
}
