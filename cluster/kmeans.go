package cluster

import (
	"context"
	"fmt"
	"strconv"

	"github.com/stratascope/stratascope/infer"
)

// A Partition is what k-means found.
type Partition struct {
	Labels  []int
	Centres []float64 // k x D
	Inertia float64   // sum of the squared distances of the points from their centres
	Rounds  int       // of the best start
	Rest    bool      // no point would move; false after 300 rounds
}

// KMeansOptions are the settings of KMeans; their zero value works.
type KMeansOptions struct {
	Starts int    // the best of so many is kept; 0 means 10
	Seed   uint64 // of the starts
	// Spherical clusters directions: rows are divided by their lengths, and so are the means
	// (Dhillon & Modha 2001). The inertia is then 2 sum (1 - cosine).
	Spherical bool
}

func (o *KMeansOptions) fill() error {
	if o.Starts == 0 {
		o.Starts = 10
	}
	if o.Starts < 0 {
		return fmt.Errorf("%d starts, want at least 1: %w", o.Starts, infer.ErrRange)
	}
	return nil
}

// KMeans finds k clusters with a small sum of squared distances from their centres: Lloyd's rounds
// from several starts of greedy k-means++, run until no point moves. Points are shifted by their
// mean and distances below 1/16 of the points' lengths taken term by term, so an offset costs no
// digits. For n points of d values it takes about starts x rounds x 2nkd operations and, beside the
// points, 4nd bytes and starts x 8n (5 + ln k). Up to 2,048 points of many values for their number go by
// their Products.
//
// There is no answer for fewer distinct points than clusters, nor, if Spherical, for a row of length
// zero.
func KMeans(ctx context.Context, workers int, p Points, k int, opt KMeansOptions) (Partition, error) {
	if err := opt.fill(); err != nil {
		return Partition{}, err
	}
	if p.N*(p.D+3*opt.Starts) < 12*opt.Starts*k*p.D && p.N <= mostProducts && checkCount(p.N, k) == nil {
		q, err := NewProducts(workers, p, opt.Spherical)
		if err != nil {
			return Partition{}, err
		}
		if part, ok, err := q.partition(ctx, workers, k, opt); ok || err != nil {
			return part, err
		}
	}
	runs := make([]*run, opt.Starts)
	for r := range runs {
		runs[r] = &run{random: infer.Rand(opt.Seed, "k-means", strconv.Itoa(r))}
	}
	return kMeans(ctx, workers, p, k, opt, runs)
}

// kMeans finishes runs; those without centres are seeded. Centres of directions have length 1.
func kMeans(ctx context.Context, workers int, p Points, k int, opt KMeansOptions, runs []*run) (Partition, error) {
	if err := checkCount(p.N, k); err != nil {
		return Partition{}, err
	}
	if opt.Spherical {
		z, err := p.unit()
		if err != nil {
			return Partition{}, err
		}
		p = z
	}
	f, err := newFrame(ctx, workers, p)
	if err != nil {
		return Partition{}, err
	}
	if runs[0].centres == nil {
		if err := f.seed(ctx, runs, k); err != nil {
			return Partition{}, err
		}
	}
	for _, s := range runs {
		s.sphere = opt.Spherical
	}
	if err := f.lloyd(ctx, runs); err != nil {
		return Partition{}, err
	}
	return f.best(ctx, runs)
}

// best is the partition of the run with the smallest inertia, the first of several.
func (f *frame) best(ctx context.Context, runs []*run) (Partition, error) {
	inertia := make([]float64, len(runs)*len(f.blocks))
	err := f.each(ctx, func(b, lo, hi int) {
		for r, s := range runs {
			for i := lo; i < hi; i++ {
				c := s.labels[i]
				inertia[r*len(f.blocks)+b] += f.exact(i, s.centres[c*f.D:(c+1)*f.D])
			}
		}
	})
	if err != nil {
		return Partition{}, err
	}
	best, least := 0, 0.0
	for r := range runs {
		if sum := infer.Total(inertia[r*len(f.blocks) : (r+1)*len(f.blocks)]); r == 0 || sum < least {
			best, least = r, sum
		}
	}
	s := runs[best]
	labels, from := inOrder(s.labels)
	out := Partition{Labels: labels, Inertia: least, Rounds: s.rounds, Rest: s.rest}
	for _, c := range from {
		out.Centres = append(out.Centres, s.centres[c*f.D:(c+1)*f.D]...)
	}
	return out, nil
}
