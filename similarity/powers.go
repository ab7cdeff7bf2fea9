package similarity

import "github.com/stratascope/stratascope/internal/kernel"

// powers adds up squares by row and column, and cubes, of layer l's entries in t.product, of which it clears those on
// the diagonal and below.
func (g *gram) powers(t *tile, l int, at [2]int, ld int) {
	i0, i1 := g.rows(g.spans[at[0]])
	j0, j1 := g.rows(g.spans[at[1]])
	wide := i1 - i0 + j1 - j0
	if l == 0 {
		t.square, t.cube = cleared(t.square, len(g.layers)*wide), cleared(t.cube, len(g.layers))
	}
	square := t.square[l*wide : (l+1)*wide]
	var cubes float64
	t.columns = cleared(t.columns, ld)
	for i := range i1 - i0 {
		row := t.product[i*ld : (i+1)*ld]
		if i0 == j0 {
			clear(row[:i+1])
		}
		s, c := kernel.PanelPowers32(row, t.columns, &t.lanes)
		square[i] += s
		cubes += c
	}
	kernel.AddTo64(square[i1-i0:], t.columns[:j1-j0])
	t.cube[l] = 2 * cubes
}

// addPowers adds a tile's to those of all.
func (g *gram) addPowers(t *tile, at [2]int) {
	if g.square == nil {
		return
	}
	i0, i1 := g.rows(g.spans[at[0]])
	j0, j1 := g.rows(g.spans[at[1]])
	wide := i1 - i0 + j1 - j0
	for l := range g.layers {
		part := t.square[l*wide : (l+1)*wide]
		addTo(g.square[l][i0:i1], part[:i1-i0], 1)
		addTo(g.square[l][j0:j1], part[i1-i0:], 1)
		g.cube[l] += t.cube[l]
	}
}

func cleared[T float32 | float64](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}
