package similarity

import (
	"math/rand/v2"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
)

const (
	few        = 48 // directions that are all taken
	directions = 16 // of more, the leading ones that the third power of a Gram matrix is taken along
	probes     = 13 // of what is left of it; with directions and others as many as a panel has rows
	others     = 3  // vectors that the walks take along
)

// gramPowers is what four walks over a layer's rows, or its covariance, give: of the Gram matrix K = XX' with its
// diagonal, and of G, which is K with rows and columns centred. Along a few leading directions Q tr G^3 is |X'GQ|^2, X being the centred rows; the rest is estimated
// by random probes beside Q (Meyer et al. 2021, Hutch++), as a ratio to their second power, whose sum is known. A small
// covariance gives all of both instead, see covariancePowers.
type gramPowers struct {
	one, own, self        float64 // 1'Ku, own'Ku and u'Ku
	xu                    float64 // squared norm of the sum of centred rows, own_i times each
	leading, leadingCubes float64 // along Q
	squares, cubes        float64 // of the probes
}

// third is tr G^3, given that of G's square.
func (p gramPowers) third(second float64) float64 {
	if rest := second - p.leading; rest > drowned*second {
		return p.leadingCubes + rest*p.cubes/p.squares
	}
	return p.leadingCubes
}

// powersOf takes them from the layer's covariance, where that is small and values lie in parts, or from walks.
func (g *gram) powersOf(t *covariance, l int, u, own []float64, z func() []float32, seed uint64) (gramPowers, error) {
	if g.parts > 0 && covarianceShare*g.layers[l].D <= len(g.order) {
		return g.covariancePowers(t, l, u, own), nil
	}
	return g.walkPowers(l, u, own, z(), seed)
}

// walkPowers takes all walks with all vectors side by side. Products are float32.
func (g *gram) walkPowers(l int, u, own []float64, z []float32, seed uint64) (gramPowers, error) {
	x, err := g.panelRows(l)
	if err != nil {
		return gramPowers{}, err
	}
	w := min(x.d, x.n)
	if w > few {
		w = directions
	}
	y := x.times(normals(infer.Rand(seed, "similarity", "leading directions"), x.d*w), w)
	centreColumns(y, w, w)
	q, w := linalg.Orthonormal(y, x.n, w)
	inside := linalg.Mul32(1, false, false, x.n, probes, w, q, linalg.Mul32(1, true, false, w, probes, x.n, q, z))
	wide := w + probes
	b := make([]float32, x.n*(wide+others))
	for i := range x.n {
		row := b[i*(wide+others):][:wide+others]
		copy(row, q[i*w:(i+1)*w])
		kernel.Sub32(row[w:wide], z[i*probes:(i+1)*probes], inside[i*probes:(i+1)*probes])
		row[wide], row[wide+1], row[wide+2] = float32(u[i]), float32(own[i]), 1/float32(x.n)
	}
	sums := columnSums(b, wide+others)
	a := x.turned(b, wide+others)
	var p gramPowers
	along := make([]float32, x.d*wide)
	for k := range x.d {
		row := a[k*(wide+others):][:wide+others]
		mean := float64(row[wide+2])
		for j := range wide {
			along[k*wide+j] = float32(float64(row[j]) - mean*sums[j])
		}
		p.add(float64(row[wide]), float64(row[wide+1]), mean*float64(x.n), mean*sums[wide+1])
	}
	c := x.times(along, wide)
	centreColumns(c, wide, wide)
	p.leading, p.squares = squaresOf(c, wide, w, wide)
	p.leadingCubes, p.cubes = squaresOf(x.turned(c, wide), wide, w, wide)
	return p, nil
}

// add adds a unit's, of which X'u, X'own and X'1 are entries; mean is what centring takes off that of X'own.
func (p *gramPowers) add(u, own, one, mean float64) {
	p.one += one * u
	p.own += own * u
	p.self += u * u
	p.xu += (own - mean) * (own - mean)
}

func normals(random *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(random.NormFloat64())
	}
	return v
}

// columnSums are the sums of columns of v, in rows of width values.
func columnSums(v []float32, width int) []float64 {
	s := make([]float64, width)
	for ; len(v) > 0; v = v[width:] {
		kernel.AddTo64(s, v[:width])
	}
	return s
}

// centreColumns takes their means off the first columns.
func centreColumns(v []float32, width, first int) {
	s := columnSums(v, width)
	n := float64(len(v) / width)
	mean := make([]float32, first)
	for j := range mean {
		mean[j] = float32(s[j] / n)
	}
	for ; len(v) > 0; v = v[width:] {
		kernel.Sub32(v[:first], v[:first], mean)
	}
}

// squaresOf sums the squares of columns 0 to a and a to b.
func squaresOf(v []float32, width, a, b int) (left, right float64) {
	for ; len(v) > 0; v = v[width:] {
		for _, x := range v[:a] {
			left += float64(x) * float64(x)
		}
		for _, x := range v[a:b] {
			right += float64(x) * float64(x)
		}
	}
	return left, right
}

// panelRows are the rows of a layer, n x d, in panels; place says where each lies.
type panelRows struct {
	n, d, panels int
	v            []float32
	place        []int
}

func (g *gram) panelRows(l int) (x panelRows, err error) {
	x = panelRows{n: len(g.order), d: g.layers[l].D, panels: g.panels(len(g.spans)), v: g.packed[l]}
	if g.parts > 0 {
		if x.v, err = g.packLayer(l, 0); err != nil {
			return x, err
		}
	}
	for s, at := range g.spans {
		lo, hi := g.rows(at)
		for i := range hi - lo {
			x.place = append(x.place, g.panels(s)*kernel.PanelRows+i)
		}
	}
	return x, nil
}

// times returns X b, n x w; b is d x w.
func (x panelRows) times(b []float32, w int) []float32 {
	out := make([]float32, x.n*w)
	right, c := make([]float32, x.d*kernel.PanelRows), make([]float32, x.panels*kernel.PanelRows*kernel.PanelRows)
	for j := 0; j < w; j += kernel.PanelRows {
		n := min(kernel.PanelRows, w-j)
		for k := range x.d {
			copy(right[k*kernel.PanelRows:][:n], b[k*w+j:])
		}
		kernel.PanelsTimes32(x.panels, x.d, x.v, right, c)
		for i, at := range x.place {
			copy(out[i*w+j:][:n], c[at*kernel.PanelRows:])
		}
	}
	return out
}

// turned returns X' b, d x w; b is n x w.
func (x panelRows) turned(b []float32, w int) []float32 {
	out := make([]float32, x.d*w)
	right, c := make([]float32, x.panels*kernel.PanelRows*kernel.PanelRows), make([]float32, x.d*kernel.PanelRows)
	for j := 0; j < w; j += kernel.PanelRows {
		n := min(kernel.PanelRows, w-j)
		for i, at := range x.place {
			copy(right[at*kernel.PanelRows:][:n], b[i*w+j:])
		}
		kernel.TimesPanels32(x.panels, x.d, x.v, right, c)
		for k := range x.d {
			copy(out[k*w+j:][:n], c[k*kernel.PanelRows:])
		}
	}
	return out
}
