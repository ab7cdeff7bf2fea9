package similarity

import (
	"sync"

	"github.com/stratascope/stratascope/internal/kernel"
)

// covarianceShare is how many samples there are at least for each unit of a layer whose covariance costs little beside
// the Gram matrix.
const covarianceShare = 4

// covariance is one worker's space.
type covariance struct {
	vectors                        []float64
	extra, panels, columns, beside []float32
	triangle, sums                 []float32
	square, rows, cube             []float32
}

// covariances are used again and again, as tiles are.
var covariances = sync.Pool{New: func() any { return &covariance{} }}

// covariancePowers gives powers of G without an estimate: the traces of its square and cube are those of C = X'X, d x d,
// X being the centred rows. Values are rounded to bfloat16, for both powers alike.
func (g *gram) covariancePowers(t *covariance, l int, u, own []float64) gramPowers {
	const side = kernel.PanelRows
	n, d := len(g.order), g.layers[l].D
	units := (d + side - 1) / side
	wide := units * side
	zero := make([]float32, max(wide, segmentRows))
	t.triangle, t.sums = sized(t.triangle, wide*(wide+side)/2), cleared(t.sums, wide*side)
	for s, at := range g.spans {
		lo, hi := g.rows(at)
		count := g.panels(s+1) - g.panels(s)
		deep := count * side
		t.columns, t.beside, t.panels = sized(t.columns, wide*deep), sized(t.beside, side*deep), sized(t.panels, wide*side)
		t.extra = cleared(t.extra, 3*deep) // beside X: u, own and 1
		for i := range hi - lo {
			t.extra[i], t.extra[deep+i], t.extra[2*deep+i] = float32(u[lo+i]), float32(own[lo+i]), 1
		}
		kernel.PanelsBF16(1, t.beside, t.extra, []int{0, 1, 2}, deep, zero, 1)
		kernel.ColumnsBF16(t.columns, g.parts, count, d, g.span(l, s))
		kernel.TriangleBF16(s > 0, 1, units, deep, t.columns, t.triangle)
		kernel.ProductsBF16(1, false, units, 1, deep, t.columns, t.beside, t.panels, side)
		kernel.Add32(t.sums, t.sums, t.panels)
	}
	var p gramPowers
	one, ofOwn := make([]float32, wide), sum(own)
	for k := range d {
		row := t.sums[k*side:]
		one[k] = row[2]
		p.add(float64(row[0]), float64(row[1]), float64(row[2]), float64(row[2])/float64(n)*ofOwn)
	}
	t.square = sized(t.square, wide*wide)
	centreSquare(t.square, t.triangle, one, n)
	t.rows, t.cube = sized(t.rows, wide*kernel.SizeBF16(2, wide)), sized(t.cube, wide*wide)
	kernel.PanelsBF16(2, t.rows, t.square, upTo(wide), wide, zero, 1)
	kernel.ProductsBF16(2, true, units, units, wide, t.rows, t.rows, t.cube, wide)
	for i := range wide {
		c, s := t.square[i*wide+i:(i+1)*wide], t.cube[i*wide+i:(i+1)*wide]
		own, other := float64(c[0]), float64(s[0])
		p.squares += 2*kernel.SumSq64(c) - own*own
		p.cubes += 2*kernel.Dot64(c, s) - own*other
	}
	return p
}

// centreSquare sets a square matrix to X'X of centred rows, of which triangle has the panels of rows as they are, n of
// them, whose sum is one.
func centreSquare(square, triangle, one []float32, n int) {
	const side = kernel.PanelRows
	wide := len(one)
	var below [side * side]float32
	mean := make([]float32, side)
	for j := 0; j < wide; j += side {
		for i := 0; i <= j; i += side {
			block := triangle[(j/side*(j/side+1)/2+i/side)*side*side:][:side*side]
			for r := range side {
				row := block[r*side : (r+1)*side]
				kernel.Scale32(mean, one[j:j+side], one[i+r]/float32(n))
				kernel.Sub32(row, row, mean)
				copy(square[(i+r)*wide+j:], row)
			}
			kernel.Transpose32(below[:], block, side, side)
			for r := range side {
				m := side
				if i == j {
					m = r
				}
				copy(square[(j+r)*wide+i:][:m], below[r*side:])
			}
		}
	}
}
