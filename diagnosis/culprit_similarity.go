package diagnosis

import (
	"context"
	"math"
	"slices"

	"github.com/stratascope/stratascope/cluster"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	edges "github.com/stratascope/stratascope/statistic/links"
	"github.com/stratascope/stratascope/statistic/pairs"
)

// likeness returns the similarity of layers by name, without the group that is left out.
func (w *witness) likeness() (func(a, b string) float64, bool) {
	p, err := pairs.Get(w.c, w.r)
	if err != nil {
		return nil, false
	}
	return func(a, b string) float64 {
		i, ok := p.Index[a]
		j, both := p.Index[b]
		if !ok || !both || p.Reason[i] != nil || p.Reason[j] != nil {
			return math.NaN()
		}
		if w.without >= 0 && w.without < p.Units {
			return p.LeaveOut(i, j)[w.without]
		}
		return p.Value[i*p.L+j]
	}, true
}

// neighbours returns the layer before and the one after, where all paths between them lead through l and the
// three are of one role (METHODS 5.6, e2).
func (w *witness) neighbours(l graph.Layer) (before, after graph.Layer, ok bool) {
	var next []graph.Layer
	readers := map[string]int{}
	for _, x := range w.all {
		for _, a := range x.After {
			readers[a]++
			if a == l.Name {
				next = append(next, x)
			}
		}
	}
	if len(l.After) != 1 || len(next) != 1 || readers[l.After[0]] != 1 || len(next[0].After) != 1 || next[0].Head {
		return before, after, false
	}
	i := slices.IndexFunc(w.all, func(x graph.Layer) bool { return x.Name == l.After[0] })
	if i < 0 || w.all[i].Role != l.Role || next[0].Role != l.Role {
		return before, after, false
	}
	return w.all[i], next[0], true
}

// bridgeDeficit is e2: B = s(l-1, l+1) - min(s(l-1, l), s(l, l+1)) against 0.02, by the group jackknife.
func bridgeDeficit(w *witness) []float64 {
	out := w.none()
	p, err := pairs.Get(w.c, w.r)
	s, ok := w.likeness()
	if err != nil || !ok {
		return out
	}
	of := func(bridge, in, out float64) float64 { return bridge - math.Min(in, out) }
	for i, l := range w.layers {
		before, after, ok := w.neighbours(l)
		b := math.NaN()
		if ok {
			b = of(s(before.Name, after.Name), s(before.Name, l.Name), s(l.Name, after.Name))
		}
		if math.IsNaN(b) {
			continue
		}
		x, y, z := p.Index[before.Name], p.Index[l.Name], p.Index[after.Name]
		bridge, in, next := p.LeaveOut(x, z), p.LeaveOut(x, y), p.LeaveOut(y, z)
		left := make([]float64, len(bridge))
		for g := range left {
			left[g] = of(bridge[g], in[g], next[g])
		}
		e, err := infer.Jackknife(b, left)
		if err != nil {
			continue
		}
		if e.SE == 0 {
			e.SE = 1e-9
		}
		if v, err := e.Above(0.02); err == nil {
			out[i] = v
		}
	}
	return out
}

// linkDeviation is e3: how far the link to what a layer reads lies below that of healthy networks where there are enough,
// or else, where a layer reads one of its role, below the other links; in similarity and in R^2.
func linkDeviation(w *witness) []float64 {
	out := w.none()
	k, err := edges.Get(w.c, w.r)
	if err != nil {
		return out
	}
	s, r2 := w.none(), w.none()
	ps := make([][]float64, len(w.layers))
	for i, l := range w.layers {
		for _, from := range l.After {
			x, ok := k.Between(from, l.Name)
			if !ok {
				continue
			}
			similarity, varied := math.NaN(), math.NaN()
			if x.NoSimilarity == nil {
				similarity = x.Similarity.Value
				if w.without >= 0 && w.without < len(x.Without) {
					similarity = x.Without[w.without]
				}
			}
			if x.NoR2 == nil {
				varied = x.R2.Value
			}
			for _, c := range []struct {
				value, se float64
				healthy   []float64
			}{{similarity, x.Similarity.SE, w.healthy.Similarity(from, l.Name)}, {varied, x.R2.SE, w.healthy.R2(from, l.Name)}} {
				if p, ok := belowHealthy(c.value, c.se, c.healthy); ok {
					ps[i] = append(ps[i], p)
				}
			}
			j := slices.IndexFunc(w.all, func(o graph.Layer) bool { return o.Name == from })
			if len(l.After) == 1 && !l.Head && j >= 0 && w.all[j].Role == l.Role {
				s[i], r2[i] = similarity, varied
			}
		}
	}
	for i := range out {
		for _, v := range [][]float64{s, r2} {
			if p, ok := below(v, i); ok && len(w.healthy) < LeastReferences {
				ps[i] = append(ps[i], p)
			}
		}
		if p, err := joined(ps[i]); err == nil {
			out[i] = p
		}
	}
	return out
}

// belowHealthy is the one-sided p of a value being no smaller than healthy networks'; ok is false where those are too few.
func belowHealthy(value, se float64, healthy []float64) (p float64, ok bool) {
	if math.IsNaN(value) {
		return 0, false
	}
	negative := make([]float64, len(healthy))
	for i, v := range healthy {
		negative[i] = -v
	}
	_, p, ok = beyondHealthy(-value, se, negative)
	return p, ok
}

// below is the one-sided p of a value being no smaller than its siblings' (METHODS 3.7, R4).
func below(values []float64, i int) (float64, bool) {
	rest := siblings(values, i)
	if math.IsNaN(values[i]) || len(rest) < 3 {
		return 0, false
	}
	z, p, err := infer.Deviation(values[i], rest)
	if err != nil {
		return 0, false
	}
	if z > 0 {
		return 1 - p/2, true
	}
	return p / 2, true
}

// stream lists the layers of the main stream that have a similarity, with the matrix of all of them.
func (w *witness) stream() (names []string, s []float64) {
	like, ok := w.likeness()
	if !ok {
		return nil, nil
	}
	for _, l := range w.all {
		if l.Role == graph.Stream && !l.Head && !math.IsNaN(like(l.Name, l.Name)) {
			names = append(names, l.Name)
		}
	}
	for _, a := range names {
		for _, b := range names {
			s = append(s, like(a, b))
		}
	}
	return names, s
}

// changePoint is e4: the layers at which a segment of the stream begins (Arlot 2019), by how much the layers
// behind are less like those before than other neighbours are.
func changePoint(w *witness) []float64 {
	names, s := w.stream()
	out, n := w.none(), len(names)
	cuts, err := cluster.ChangePoints(context.Background(), s, n, cluster.ChangeOptions{})
	if err != nil {
		return out
	}
	steps := make([]float64, n) // similarity of each layer with the one before
	steps[0] = math.NaN()
	for i := 1; i < n; i++ {
		steps[i] = s[(i-1)*n+i]
	}
	for _, end := range cuts.Best() {
		if end >= n {
			continue
		}
		if p, ok := below(steps, end); ok {
			w.set(out, names[end], p)
		}
	}
	return out
}

func (w *witness) set(out []float64, name string, p float64) {
	if i := slices.IndexFunc(w.layers, func(l graph.Layer) bool { return l.Name == name }); i >= 0 {
		out[i] = p
	}
}

// layerOutlier is e5: the silhouette of each layer as a cluster member of the two layers on either side
// against all others, compared with the other layers' silhouettes.
func layerOutlier(w *witness) []float64 {
	names, s := w.stream()
	out, n := w.none(), len(names)
	silhouettes := make([]float64, n)
	for i := range n {
		var near, far, nears, fars float64
		for j := range n {
			d := 1 - s[i*n+j]
			switch {
			case i == j:
			case j >= i-2 && j <= i+2:
				near, nears = near+d, nears+1
			default:
				far, fars = far+d, fars+1
			}
		}
		silhouettes[i] = math.NaN()
		if nears > 0 && fars > 0 && math.Max(near/nears, far/fars) > 0 {
			silhouettes[i] = (far/fars - near/nears) / math.Max(near/nears, far/fars)
		}
	}
	for i, v := range silhouettes {
		if p, ok := below(silhouettes, i); ok && v < 0 {
			w.set(out, names[i], p)
		}
	}
	return out
}

// leaveOneOut is e6: how much the mean similarity of all rises without a layer, against the other layers.
func leaveOneOut(w *witness) []float64 {
	names, s := w.stream()
	out, n := w.none(), len(names)
	own := make([]float64, n) // mean similarity to all others: what leaving a layer out takes away
	for i := range n {
		for j := range n {
			if j != i {
				own[i] += s[i*n+j] / float64(n-1)
			}
		}
	}
	for i := range own {
		if p, ok := below(own, i); ok {
			w.set(out, names[i], p)
		}
	}
	return out
}
