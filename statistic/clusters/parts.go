package clusters

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/cluster"
	"github.com/stratascope/stratascope/infer"
)

// Parts is one way to part points, and what it is worth.
type Parts struct {
	K          int
	Labels     []int    // of the points, from 0
	Isolated   int      // points without a neighbour, each a part of its own
	Silhouette *float64 // mean; nil for one part
	// Halves are the adjusted Rand indices of half-samples parted anew with these parts, HalfInformation
	// their agreement with the classes; none where half-samples were not parted.
	Halves, HalfInformation []float64
	Agreement               *Agreement // nil without classes
}

// Stability is the mean of Halves; ok is false if there are none.
func (p *Parts) Stability() (v float64, ok bool) {
	if len(p.Halves) == 0 {
		return 0, false
	}
	return infer.Total(p.Halves) / float64(len(p.Halves)), true
}

// Agreement is how far parts are the classes.
type Agreement struct {
	Rand, Information infer.Estimate // adjusted Rand index, adjusted mutual information
	P                 float64        // of the Rand index, classes being permuted
}

// permutations of the classes.
const permutations = 999

// neighbours is how many join each point to the graph (METHODS 5.1).
const neighbours = 10

// A task is points to part: directions, the class of each or nil, the group of each for the jackknife.
type task struct {
	z       cluster.Points
	classes []int
	groups  []int
	workers int
	seed    uint64
}

// kMeans parts the points by spherical k-means, and halves of them. Few starts serve a half: what differs
// between starts counts as instability.
func (t task) kMeans(ctx context.Context, k int) (*Parts, error) {
	products, err := cluster.NewProducts(t.workers, t.z, true)
	if err != nil {
		return nil, err
	}
	group := func(rows []int, starts int) ([]int, error) {
		return products.KMeans(ctx, t.workers, rows, k, cluster.KMeansOptions{Starts: starts, Seed: t.seed})
	}
	labels, err := group(nil, 0)
	if err != nil {
		return nil, err
	}
	out := &Parts{K: k, Labels: labels}
	var rand []float64
	out.Halves, err = cluster.Stability(ctx, labels, cluster.StabilityHalves, t.seed, func(_ context.Context, rows []int) ([]int, error) {
		own, err := group(rows, 2)
		if err != nil || t.classes == nil {
			return own, err
		}
		classes := make([]int, len(rows))
		for i, row := range rows {
			classes[i] = t.classes[row]
		}
		r, i, err := agreement(own, classes)
		rand, out.HalfInformation = append(rand, r), append(out.HalfInformation, i)
		return own, err
	})
	if err != nil || t.classes == nil {
		return out, err
	}
	return out, t.agree(ctx, out, func(r, i float64) (infer.Estimate, infer.Estimate, error) {
		return halved(r, rand), halved(i, out.HalfInformation), nil
	})
}

// spectral parts the points by the graph of their neighbours, into as many parts as the eigenvalues say if k is
// 0. Neighbours need not be mutual: mutual ones leave small groups that it would take for clusters.
func (t task) spectral(ctx context.Context, k int) (*Parts, error) {
	g, err := cluster.CosineGraph(ctx, t.workers, t.z, neighbours, false, t.seed)
	if err != nil {
		return nil, err
	}
	s, err := cluster.Spectral(ctx, t.workers, g, k, cluster.SpectralOptions{Seed: t.seed})
	if err != nil {
		return nil, err
	}
	out := &Parts{K: s.K, Labels: s.Labels, Isolated: len(s.Isolated)}
	for i, at := range s.Isolated {
		out.Labels[at] = s.K + i
	}
	if t.classes == nil {
		return out, nil
	}
	return out, t.agree(ctx, out, func(r, i float64) (rand, information infer.Estimate, err error) {
		left := [2][]float64{}
		for g := range infer.JackknifeGroups {
			var own, classes []int
			for row, of := range t.groups {
				if of != g {
					own, classes = append(own, out.Labels[row]), append(classes, t.classes[row])
				}
			}
			a, b, err := agreement(own, classes)
			if err != nil {
				return rand, information, err
			}
			left[0], left[1] = append(left[0], a), append(left[1], b)
		}
		if rand, err = infer.Jackknife(r, left[0]); err != nil {
			return rand, information, err
		}
		information, err = infer.Jackknife(i, left[1])
		return rand, information, err
	})
}

// agree compares parts with the classes; estimate gives the errors of the two indices.
func (t task) agree(ctx context.Context, p *Parts, estimate func(rand, information float64) (infer.Estimate, infer.Estimate, error)) error {
	r, i, err := agreement(p.Labels, t.classes)
	if err != nil {
		return err
	}
	p.Agreement = &Agreement{}
	if p.Agreement.Rand, p.Agreement.Information, err = estimate(r, i); err != nil {
		return err
	}
	p.Agreement.P, err = cluster.AgreementP(ctx, p.Labels, t.classes, permutations, t.seed)
	return err
}

func agreement(parts, classes []int) (rand, information float64, err error) {
	if rand, err = cluster.AdjustedRand(parts, classes); err != nil {
		return 0, 0, err
	}
	information, err = cluster.AdjustedMutualInformation(parts, classes)
	return rand, information, err
}

// silhouettes fills in how well points lie in their parts; there is none for one part, nor for one a point.
func silhouettes(ctx context.Context, workers int, dist []float64, n int, parts ...*Parts) error {
	for _, p := range parts {
		if p == nil {
			continue
		}
		_, mean, err := cluster.SilhouetteOf(ctx, workers, dist, n, p.Labels)
		if absent(err) {
			continue
		} else if err != nil {
			return fmt.Errorf("silhouette: %w", err)
		}
		p.Silhouette = &mean[0]
	}
	return nil
}

// halved is a value with the standard error of its values on half-samples, as infer.HalfSampling has it.
func halved(whole float64, halves []float64) infer.Estimate {
	squares := make([]float64, len(halves))
	for i, v := range halves {
		squares[i] = (v - whole) * (v - whole)
	}
	k := float64(len(halves))
	return infer.Estimate{Value: whole, SE: math.Sqrt(infer.Total(squares) / k), DF: k}
}

// absent reports whether an error says that these points cannot be parted so, not that something failed.
func absent(err error) bool {
	return slices.ContainsFunc([]error{infer.ErrTooFew, infer.ErrConstant, infer.ErrRange}, func(e error) bool { return errors.Is(err, e) })
}

// had takes parts that cannot be had for none.
func had(p *Parts, err error) (*Parts, error) {
	if absent(err) {
		return nil, nil
	}
	return p, err
}
