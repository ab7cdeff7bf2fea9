package similarity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/stratascope/stratascope/infer"
)

// PermutationOptions sets a test of "no relation"; the zero value tests debiased CKA in closed form.
type PermutationOptions struct {
	Biased bool // the biased CKA, which is RV
	Draws  int  // permutations of all layers for P values that hold for all pairs at once; 0: none
	Seed   uint64
}

// Permuted is the test of all pairs of layers. Matrices are L x L, row after row; entries of a layer with a Reason,
// and the diagonal, are P = 1 and Z = 0.
type Permuted struct {
	L, N     int
	P        []float64 // one-sided, of each pair alone
	Drawn    []float64 // of each pair alone, by counting, with Draws
	Adjusted []float64 // of the family of all pairs, with Draws
	Z        []float64 // standard deviations above the permutations' mean
	Reason   []error   // per layer
}

// leastP is the smallest p that n! permutations can give, and above 0 where that is too small to write down.
func leastP(n int) float64 {
	return math.Max(math.Exp(-lgamma(float64(n)+1)), math.SmallestNonzeroFloat64)
}

// Permutation tests for all pairs of layers whether samples that are alike in one are alike in the other
// more than if its rows were permuted. The first three moments of CKA's numerator over all n! permutations
// are exact, from seven sums a layer (Kazi-Aoual et al. 1995, with Heo & Gabriel 1998), and P is the tail
// of the Pearson III distribution that has them (Josse et al. 2008), never below 1/n!. With Draws all
// layers are permuted independently, as often: Drawn is the share of draws, with what was seen, in which
// the pair is as much alike (Phipson & Smyth 2010), and Adjusted that of draws whose smallest P is as
// small (Westfall & Young 1993, single step): at a level of 5 % the chance of any false relation is 5 %.
//
// Samples must be exchangeable: frames of one film are not. The cost is n^3 a layer, n at most GramSamples,
// and n^2 L^2 / 2 a draw; 4 n^2 L bytes are held.
func Permutation(ctx context.Context, workers int, layers []Matrix, opt PermutationOptions) (*Permuted, error) {
	n, err := common(layers, nil, Options{Level: 0.95, Exact: GramSamples})
	if err != nil {
		return nil, err
	}
	if n < 6 || n > GramSamples || opt.Draws < 0 {
		return nil, fmt.Errorf("%d samples, %d draws, want 6 to %d samples and 0 draws or more: %w", n, opt.Draws, GramSamples, infer.ErrRange)
	}
	L := len(layers)
	r := &Permuted{L: L, N: n, P: make([]float64, L*L), Z: make([]float64, L*L), Reason: make([]error, L)}
	all := make([]permutable, L)
	err = each(ctx, workers, L, func(l int) { all[l], r.Reason[l] = newPermutable(layers[l], opt.Biased) })
	if err != nil {
		return nil, err
	}
	t := &permuter{n: n, moments: newMoments(n), least: leastP(n)}
	for l, p := range all {
		if r.Reason[l] == nil {
			t.layers, t.at = append(t.layers, p), append(t.at, l)
		}
	}
	t.standardise()
	seen := t.products(t.identity())
	for i := range r.P {
		r.P[i] = 1
	}
	t.pairs(func(a, b, k int) {
		i, j := t.at[a], t.at[b]
		z := seen[k] / t.sd[k]
		r.Z[i*L+j], r.Z[j*L+i] = z, z
		p := t.tail(seen[k], k)
		r.P[i*L+j], r.P[j*L+i] = p, p
	})
	if opt.Draws == 0 {
		return r, nil
	}
	return r, t.adjust(ctx, workers, r, opt)
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// permuter measures all pairs of the layers that can be.
type permuter struct {
	n        int
	layers   []permutable
	at       []int
	moments  moments
	sd, skew []float64 // per pair
	least    float64
}

// pairs calls use for every pair a < b with its place in the order of triangle.
func (t *permuter) pairs(use func(a, b, k int)) {
	G := len(t.layers)
	for a := range G {
		for b := a + 1; b < G; b++ {
			use(a, b, triangle(a, b, G))
		}
	}
}

func (t *permuter) standardise() {
	G := len(t.layers)
	t.sd, t.skew = make([]float64, G*(G+1)/2), make([]float64, G*(G+1)/2)
	t.pairs(func(a, b, k int) {
		x, y := t.layers[a].sums[:], t.layers[b].sums[:]
		t.sd[k], t.skew[k] = math.Sqrt(t.moments.variance(x, y)), t.moments.skewness(x, y)
	})
}

func (t *permuter) tail(product float64, k int) float64 {
	return math.Max(t.least, pearsonTail(product/t.sd[k], t.skew[k]))
}

func (t *permuter) identity() [][]int {
	p := make([]int, t.n)
	for i := range p {
		p[i] = i
	}
	all := make([][]int, len(t.layers))
	for l := range all {
		all[l] = p
	}
	return all
}

// products returns sum A_ij B_ij of all pairs, each layer's samples taken in its order.
func (t *permuter) products(order [][]int) []float64 {
	const band = 1 << 15 // entries of a layer at a time
	n, G := t.n, len(t.layers)
	sum := make([]float64, G*(G+1)/2)
	v := make([]float32, G*(band+n))
	var dots []float64
	for lo := 0; lo < n; {
		hi, size := lo, 0
		for ; hi < n && size < band; hi++ {
			size += n - hi
		}
		for l, p := range t.layers {
			out := v[l*(band+n):]
			for i := lo; i < hi; i++ {
				row := p.k[order[l][i]*n:]
				out[0] = row[order[l][i]] * math.Sqrt2 / 2 // once in the sum, where the others are twice
				for j, at := range order[l][i+1:] {
					out[1+j] = row[at]
				}
				out = out[n-i:]
			}
		}
		dots = pairProducts(dots, v, band+n, G, size, sum)
		lo = hi
	}
	for k := range sum {
		sum[k] *= 2
	}
	return sum
}

func (t *permuter) adjust(ctx context.Context, workers int, r *Permuted, opt PermutationOptions) error {
	G := len(t.layers)
	seen := make([]float64, G*(G+1)/2)
	t.pairs(func(a, b, k int) { seen[k] = r.P[t.at[a]*r.L+t.at[b]] })
	alone, family := make([]atomic.Int64, len(seen)), make([]atomic.Int64, len(seen))
	err := each(ctx, workers, opt.Draws, func(d int) {
		random := infer.Rand(opt.Seed, "similarity", "permutation", fmt.Sprint(d))
		order := make([][]int, G)
		for l := range order {
			order[l] = random.Perm(t.n)
		}
		least, drawn := 1.0, t.products(order)
		t.pairs(func(_, _, k int) {
			p := t.tail(drawn[k], k)
			if p <= seen[k] {
				alone[k].Add(1)
			}
			least = math.Min(least, p)
		})
		t.pairs(func(_, _, k int) {
			if least <= seen[k] {
				family[k].Add(1)
			}
		})
	})
	if err != nil {
		return err
	}
	if r.Drawn, err = t.shares(r, alone, opt.Draws); err != nil {
		return err
	}
	r.Adjusted, err = t.shares(r, family, opt.Draws)
	return err
}

// shares are the p of counts of draws.
func (t *permuter) shares(r *Permuted, extreme []atomic.Int64, draws int) ([]float64, error) {
	out := make([]float64, r.L*r.L)
	for i := range out {
		out[i] = 1
	}
	var err error
	t.pairs(func(a, b, k int) {
		p, failed := infer.PermutationP(int(extreme[k].Load()), draws)
		err = cmp.Or(err, failed)
		i, j := t.at[a], t.at[b]
		out[i*r.L+j], out[j*r.L+i] = p, p
	})
	return out, err
}
