package similarity

import "github.com/stratascope/stratascope/internal/kernel"

// covarianceShare is how many samples there are at least for each unit of a layer whose covariance costs little beside
// the Gram matrix.
const covarianceShare = 4

// covariance is one worker's space.
type covariance struct {
	extra, panels, columns, beside []float32
	triangle, sums                 []float32
	square, rows, cube             []float32
}

// covariancePowers gives powers of G without an estimate: the traces of its square and cube are those of C = X'X, d x d,
// X being the centred rows. Values are rounded to bfloat16, for both powers alike.
func (g *gram) covariancePowers(t *covariance, l int, u, own []float64) gramPowers {
	const side = kernel.PanelRows
	n, d := len(g.order), g.layers[l].D
	units := (d + side - 1) / side
	wide := units * side
	zero := make([]float32, max(wide, side))
	t.extra = sized(t.extra, n*side) // beside X: u, own and 1; the rest stays 0
	for i := range n {
		t.extra[i*side], t.extra[i*side+1], t.extra[i*side+2] = float32(u[i]), float32(own[i]), 1
	}
	t.triangle, t.sums = sized(t.triangle, wide*(wide+side)/2), sized(t.sums, wide*side)
	clear(t.sums)
	for s, at := range g.spans {
		lo, hi := g.rows(at)
		count := g.panels(s+1) - g.panels(s)
		t.columns, t.beside, t.panels = sized(t.columns, wide*count*side), sized(t.beside, side*count*side), sized(t.panels, max(count, units)*side*side)
		kernel.PanelsBF16(1, t.panels, t.extra, upTo(n)[lo:hi], side, zero, 1)
		kernel.ColumnsBF16(t.beside, 1, count, side, t.panels)
		kernel.ColumnsBF16(t.columns, g.parts, count, d, g.span(l, s))
		kernel.TriangleBF16(s > 0, 1, units, count*side, t.columns, t.triangle)
		kernel.ProductsBF16(1, false, units, 1, count*side, t.columns, t.beside, t.panels, side)
		kernel.Add32(t.sums, t.sums, t.panels[:wide*side])
	}
	var p gramPowers
	v, of := make([]float32, d), make([]float32, wide) // X'u and X'1, X not centred
	ofOwn := 0.0
	for _, w := range own {
		ofOwn += w
	}
	for k := range d {
		row := t.sums[k*side:]
		v[k], of[k] = row[0], row[2]
		xu := float64(row[1]) - float64(row[2])/float64(n)*ofOwn
		p.xu += xu * xu
	}
	p.ku = g.alongRows(t, l, v)
	t.square = sized(t.square, wide*wide)
	for j := range units {
		for i := range j + 1 {
			block := t.triangle[(j*(j+1)/2+i)*side*side:][:side*side]
			sums := of[j*side : (j+1)*side]
			for r := range side {
				mean, row := of[i*side+r]/float32(n), block[r*side:(r+1)*side]
				for c := range row {
					row[c] -= mean * sums[c]
				}
				copy(t.square[(i*side+r)*wide+j*side:], row)
			}
			for c := range side { // the same below the diagonal
				to := t.square[(j*side+c)*wide+i*side:][:side]
				if i == j {
					to = to[:c]
				}
				for r := range to {
					to[r] = block[r*side+c]
				}
			}
		}
	}
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

// alongRows returns X v of rows that lie in parts.
func (g *gram) alongRows(t *covariance, l int, v []float32) []float64 {
	const side = kernel.PanelRows
	d := len(v)
	panel := make([]float32, side*kernel.SizeBF16(g.parts, d))
	kernel.PanelsBF16(g.parts, panel, v, []int{0}, d, make([]float32, d), 1)
	out := make([]float64, 0, len(g.order))
	for s, at := range g.spans {
		lo, hi := g.rows(at)
		count := g.panels(s+1) - g.panels(s)
		t.panels = sized(t.panels, count*side*side)
		kernel.ProductsBF16(g.parts, false, count, 1, d, g.span(l, s), panel, t.panels, side)
		for i := range hi - lo {
			out = append(out, float64(t.panels[i*side]))
		}
	}
	return out
}
