package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// Batches is the mergeable state of minibatch CKA: HSIC_u of each batch of samples, with kernels of fixed
// widths (Nguyen et al. 2021, eq. 4). Batches are the units of its jackknife. For whole layers in memory
// use AllPairs or RBF; this is for samples that pass by once. A batch costs b^2 d.
type Batches struct {
	widthX, widthY float64
	hsic           [][]float64 // per batch: of x with itself, of both, of y with itself
}

// NewBatches starts a state with Gaussian kernels exp(-|x-x'|^2 / (2 width^2)); a width of 0 is the linear kernel.
func NewBatches(widthX, widthY float64) (*Batches, error) {
	for _, w := range []float64{widthX, widthY} {
		if !(w >= 0) || math.IsInf(w, 1) {
			return nil, fmt.Errorf("width of a kernel is %v, want 0 or more: %w", w, infer.ErrRange)
		}
	}
	return &Batches{widthX: widthX, widthY: widthY}, nil
}

// MedianDistance returns the median distance of two samples, of which a share makes a width for NewBatches.
func MedianDistance(x Matrix) (float64, error) {
	f, err := frameOf(x)
	if err != nil {
		return 0, err
	}
	r, err := framed(x)
	if err != nil {
		return 0, err
	}
	k, err := r.squares()
	if err != nil {
		return 0, err
	}
	median, err := infer.Quantile(upper(k, r.n), 0.5)
	return math.Sqrt(median) / f.scale, err
}

// Add adds one batch of at least 4 samples. Nothing is added if it fails.
func (b *Batches) Add(x, y Matrix) error {
	k, l, err := b.kernels(x, y)
	if err != nil {
		return err
	}
	b.hsic = append(b.hsic, kernelHSIC(k, l, x.N, false))
	return nil
}

func (b *Batches) kernels(x, y Matrix) (k, l []float64, err error) {
	if x.N != y.N {
		return nil, nil, fmt.Errorf("%d and %d samples, want as many: %w", x.N, y.N, infer.ErrRange)
	}
	if k, err = kernelOf(x, b.widthX); err != nil {
		return nil, nil, fmt.Errorf("first layer: %w", err)
	}
	if l, err = kernelOf(y, b.widthY); err != nil {
		return nil, nil, fmt.Errorf("second layer: %w", err)
	}
	return k, l, nil
}

// kernelOf returns a batch's kernel matrix. Batches are not scaled to unit size: they add up.
func kernelOf(m Matrix, width float64) ([]float64, error) {
	in, err := inMemory([]Matrix{m})
	if err != nil {
		return nil, err
	}
	m = in[0]
	f, err := frameOf(m)
	if err != nil {
		return nil, err
	}
	r := rows{m.N, m.D, shifted(nil, m, f.shift)}
	if width == 0 {
		return r.gram()
	}
	k, err := r.squares()
	gaussian(k, width*width)
	return k, err
}

// Merge adds the batches of another state with the same kernels.
func (b *Batches) Merge(o *Batches) error {
	if b.widthX != o.widthX || b.widthY != o.widthY {
		return fmt.Errorf("kernels of widths %v and %v, want %v and %v: %w", o.widthX, o.widthY, b.widthX, b.widthY, infer.ErrRange)
	}
	b.hsic = append(b.hsic, o.hsic...)
	return nil
}

// CKA returns sum HSIC_u(K,L) / sqrt(sum HSIC_u(K,K) sum HSIC_u(L,L)) over the batches.
func (b *Batches) CKA() (float64, error) { return b.without(-1) }

// Estimate is CKA with the jackknife over batches, whose interval is right from 16 batches on.
func (b *Batches) Estimate() (infer.Estimate, error) {
	value, err := b.CKA()
	if err != nil {
		return infer.Estimate{}, err
	}
	leave := make([]float64, len(b.hsic))
	for u := range leave {
		if leave[u], err = b.without(u); err != nil {
			return infer.Estimate{}, fmt.Errorf("without batch %d: %w", u, err)
		}
	}
	return infer.Jackknife(value, leave)
}

func (b *Batches) without(u int) (float64, error) {
	var s [3]infer.Sum
	for at, h := range b.hsic {
		for i, v := range h {
			if at != u {
				s[i].Add(v)
			}
		}
	}
	return ratio(s[1].Value(), s[0].Value(), s[2].Value())
}
