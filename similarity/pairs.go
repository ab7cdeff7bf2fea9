package similarity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// ErrDominated is the reason of a layer whose variation lies in so few samples that no
// similarity can be told from the rest.
var ErrDominated = errors.New("few samples carry all variation")

// ExactSamples is the largest sample whose Gram matrices are walked in full by default.
const ExactSamples = 4096

// Options of AllPairs; the zero value is debiased CKA with 95 % intervals.
type Options struct {
	Biased bool    // the biased estimate of Kornblith et al. 2019; only for samples walked in full
	Level  float64 // of the intervals; 0: 0.95
	Exact  int     // largest sample walked in full; 0: ExactSamples
	Fast   bool    // values rounded to bfloat16 where that costs no more than FastError, which a processor with AMX multiplies faster
	Test   bool    // gives P; only for debiased CKA
	Seed   uint64  // of the order in which larger samples are dealt to blocks, and of the test's directions
}

// Pairs is the similarity of all pairs of L layers. Matrices are L x L, row after row, and
// symmetric. An entry of a layer with a Reason is 0 and means nothing.
type Pairs struct {
	L, N                 int
	Exact                bool    // all pairs of samples were used, else pairs inside blocks
	Units                int     // jackknife units: sample groups, or blocks
	Reduced              string  // what multiplied values rounded to bfloat16, such as "amx"; empty for float32
	Split                bool    // float32 values were multiplied in two bfloat16 parts of 16 bits together, where that changes no more than SplitError
	Error                float64 // largest change of a similarity by rounding or splitting, measured on some samples; 0 where neither was tried
	Value, Low, High, SE []float64
	P                    []float64 // one-sided p of "no relation", of each pair alone; nil where it was not tested
	Reason               []error   // per layer, nil where it could be measured

	parts    int                      // bfloat16 parts of a value; 0: float32
	leaveOut [][]float64              // per pair i <= j, without each unit in turn
	together func(i, j int) []float64 // what each two units add to a pair; nil where that is nothing
	shape    []shape                  // per layer, for exact ones
	level    float64
	biased   bool
}

// shape holds the participation ratio of a layer, whole and without each unit.
type shape struct {
	value    float64
	leaveOut []float64
}

// AllPairs returns the linear CKA of all pairs of layers on the same samples, each with the
// interval of a group jackknife. groups gives each sample's group and nil deals them to
// infer.JackknifeGroups groups; more than 64 are dealt to 64. Samples of one source, such as frames of one film,
// belong in one group. Errors do not count twice what two groups do
// together (infer.JackknifePairs), to first order in the HSIC. Up to Options.Exact samples the estimate is exact: HSIC_u(K,L) / sqrt(HSIC_u(K,K)
// HSIC_u(L,L)) (Song et al. 2012, eq. 5; Nguyen et al. 2021, eq. 3), and so are all its
// leave-one-group-out values. Above, HSIC_u is summed over blocks of 256 samples (Nguyen et al.
// 2021, eq. 4), blocks are the jackknife's units, and groups are not used.
//
// The numbers are the same bits for any number of workers. Products are float32, by tile registers where the processor
// has them and values in two parts will do (Pairs.Split). Layers that are Stored are read one by one up to
// Options.Exact samples, and block by block above. Memory is, per worker, a tile of 256 x 256
// for each layer and two strips of the widest; for samples walked in full also a copy of all layers, with 21
// partial row sums a sample and layer.
func AllPairs(ctx context.Context, workers int, layers []Matrix, groups []int, opt Options) (*Pairs, error) {
	if opt.Level == 0 {
		opt.Level = 0.95
	}
	if opt.Exact == 0 {
		opt.Exact = ExactSamples
	}
	n, err := common(layers, groups, opt)
	if err != nil {
		return nil, err
	}
	p := newPairs(len(layers), n, opt)
	frames := make([]frame, len(layers))
	if p.Exact {
		err = each(ctx, workers, len(layers), func(l int) {
			frames[l], p.Reason[l] = frameOf(layers[l])
			frames[l] = frames[l].rounded()
		})
		if err != nil {
			return nil, err
		}
	}
	var good []source
	for l, m := range layers {
		if p.Reason[l] == nil {
			good = append(good, source{m, frames[l], l})
		}
	}
	if len(good) == 0 {
		return p, nil
	}
	if p.Exact {
		err = p.exact(ctx, max(1, workers), good, groups, opt)
	} else {
		err = p.blocks(ctx, max(1, workers), good, opt)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

func inMemory(layers []Matrix) ([]Matrix, error) {
	out := slices.Clone(layers)
	for l, m := range out {
		if m.gather == nil {
			continue
		}
		out[l] = Matrix{X: make([]float32, 0, m.N*m.D), N: m.N, D: m.D}
		if err := m.strips(func(_ int, x Matrix) { out[l].X = append(out[l].X, x.X...) }); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// source is a layer with its frame, if it has one for all samples, and its place among all layers.
type source struct {
	Matrix
	frame
	at int
}

func common(layers []Matrix, groups []int, opt Options) (n int, err error) {
	if len(layers) == 0 {
		return 0, fmt.Errorf("no layers to compare: %w", infer.ErrTooFew)
	}
	if !(opt.Level > 0 && opt.Level < 1) {
		return 0, fmt.Errorf("confidence level is %v, want between 0 and 1: %w", opt.Level, infer.ErrRange)
	}
	n = layers[0].N
	for l, m := range layers {
		if m.N != n {
			return 0, fmt.Errorf("layer %d has %d samples, want %d as layer 0 has: %w", l, m.N, n, infer.ErrRange)
		}
		if err := m.check(); err != nil {
			return 0, fmt.Errorf("layer %d: %w", l, err)
		}
	}
	if groups != nil && len(groups) != n {
		return 0, fmt.Errorf("%d group numbers for %d samples: %w", len(groups), n, infer.ErrRange)
	}
	if opt.Biased && n > opt.Exact {
		return 0, fmt.Errorf("biased similarity of %d samples, want at most %d: %w", n, opt.Exact, infer.ErrRange)
	}
	return n, nil
}

func newPairs(L, n int, opt Options) *Pairs {
	return &Pairs{
		L: L, N: n, Exact: n <= opt.Exact,
		Value: make([]float64, L*L), Low: make([]float64, L*L), High: make([]float64, L*L), SE: make([]float64, L*L),
		Reason: make([]error, L), leaveOut: make([][]float64, L*(L+1)/2), shape: make([]shape, L),
		level:  opt.Level,
		biased: opt.Biased,
	}
}

// LeaveOut returns the similarity of layers i and j without each jackknife unit in turn, so that
// a function of several pairs can be given its own jackknife. It is nil if a layer has a Reason.
func (p *Pairs) LeaveOut(i, j int) []float64 { return p.leaveOut[triangle(min(i, j), max(i, j), p.L)] }

// Estimate returns the similarity of layers i and j with its jackknife error, or the reason why
// there is none.
func (p *Pairs) Estimate(i, j int) (infer.Estimate, error) {
	for _, l := range []int{i, j} {
		if err := p.Reason[l]; err != nil {
			return infer.Estimate{}, fmt.Errorf("layer %d: %w", l, err)
		}
	}
	return infer.Estimate{Value: p.Value[i*p.L+j], SE: p.SE[i*p.L+j], DF: float64(p.Units - 1)}, nil
}

// Participation returns the participation ratio of layer l's covariance,
// (sum lambda)^2 / sum lambda^2, with its jackknife error and leave-one-group-out values. The sums
// of the Gram walk hold it, so it is there only for samples walked in full.
func (p *Pairs) Participation(l int) (infer.Estimate, []float64, error) {
	if err := p.Reason[l]; err != nil {
		return infer.Estimate{}, nil, fmt.Errorf("layer %d: %w", l, err)
	}
	if !p.Exact {
		return infer.Estimate{}, nil, fmt.Errorf("participation ratio of %d samples in blocks: %w", p.N, infer.ErrRange)
	}
	s := p.shape[l]
	e, err := infer.Jackknife(s.value, s.leaveOut)
	return e, s.leaveOut, err
}

// sums is one HSIC per pair of the good layers, in the order of triangle, and enough to see
// whether a layer's own one is more than rounding.
type sums struct {
	hsic  []float64
	bulk  []float64 // per layer: mean square of the off-diagonal Gram, the scale of hsic
	shape []float64 // per layer: participation ratio
}

// dominated is the share of a layer's mean squared Gram below which its own HSIC drowns in float32 rounding.
const dominated = 1e-4

// finish turns the HSIC of the whole sample, and of the sample without each unit, into CKA. together gives what each
// two units add to a pair's, and is nil where units have nothing together.
func (p *Pairs) finish(good []source, whole sums, without []sums, together func(a, b int) []float64) error {
	p.Units = len(without)
	G := len(good)
	if place := map[int]int{}; together != nil {
		for a, s := range good {
			place[s.at] = a
		}
		p.together = func(i, j int) []float64 { return together(min(place[i], place[j]), max(place[i], place[j])) }
	}
	quantile := infer.StudentQuantile(1-(1-p.level)/2, float64(p.Units-1)) // once: it costs more than a pair's jackknife
	for a, s := range good {
		if p.Reason[s.at] != nil {
			continue
		}
		self := triangle(a, a, G)
		for u := -1; u < len(without); u++ {
			h := whole
			if u >= 0 {
				h = without[u]
			}
			if !(h.hsic[self] > dominated*h.bulk[a]) {
				p.Reason[s.at] = ErrDominated
			}
		}
	}
	for a, s := range good {
		for b := a; b < G; b++ {
			if p.Reason[s.at] != nil || p.Reason[good[b].at] != nil {
				continue
			}
			leave := make([]float64, len(without))
			for u, h := range without {
				leave[u] = h.cka(a, b, G)
			}
			var both []float64
			if together != nil {
				both = together(a, b)
			}
			if err := p.set(s.at, good[b].at, whole.cka(a, b, G), leave, both, quantile); err != nil {
				return err
			}
		}
		if p.Exact && p.Reason[s.at] == nil {
			p.shape[s.at] = shape{whole.shape[a], make([]float64, len(without))}
			for u, h := range without {
				p.shape[s.at].leaveOut[u] = h.shape[a]
			}
		}
	}
	return nil
}

// set fills in a pair; together is nil for the plain jackknife.
func (p *Pairs) set(i, j int, value float64, leave, together []float64, quantile float64) error {
	e, err := jackknife(value, leave, together)
	if err != nil {
		return fmt.Errorf("layers %d and %d: %w", i, j, err)
	}
	half := e.SE * quantile
	p.leaveOut[triangle(i, j, p.L)] = leave
	for _, at := range []int{i*p.L + j, j*p.L + i} {
		p.Value[at], p.SE[at], p.Low[at], p.High[at] = value, e.SE, value-half, value+half
	}
	return nil
}

// jackknife is the plain one where together is nil.
func jackknife(value float64, leave, together []float64) (infer.Estimate, error) {
	if together == nil {
		return infer.Jackknife(value, leave)
	}
	return infer.JackknifePairs(value, leave, together)
}

func (s sums) cka(a, b, layers int) float64 {
	if a == b {
		return 1
	}
	return s.hsic[triangle(a, b, layers)] / math.Sqrt(s.hsic[triangle(a, a, layers)]*s.hsic[triangle(b, b, layers)])
}

// triangle returns the place of entry i <= j of an n x n upper triangle kept row after row.
func triangle(i, j, n int) int { return i*n - i*(i-1)/2 + j - i }
