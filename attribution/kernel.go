package attribution

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// KernelOptions say how many coalitions are looked at; the zero value is as many as shap looks at.
type KernelOptions struct {
	Coalitions int    // beside the empty and the full one; 0: 2,048 and two for each player
	Seed       uint64 // of those that are drawn
}

// groups is into how many groups drawn coalitions are dealt, of which each is left out for the error.
const groups = 10

// Kernel returns Shapley values as the solution of a weighted least-squares problem: the additive game that
// is nearest to the given one, coalitions of k of M players weighing (M-1) / (C(M,k) k (M-k)), among those
// that agree with it on the empty and the full coalition (Lundberg & Lee 2017, theorem 2; Covert & Lee 2021,
// eq. 7). Small and large coalitions weigh most and are all evaluated, as far as they go; of the others pairs
// that share the players between them are drawn. With all evaluated the values are exact; else their
// standard errors leave out a tenth of the pairs at a time.
func Kernel(ctx context.Context, g Game, players int, o KernelOptions) (*Shapley, error) {
	if players < 1 || o.Coalitions < 0 {
		return nil, fmt.Errorf("%d players and %d coalitions: %w", players, o.Coalitions, infer.ErrRange)
	}
	if o.Coalitions == 0 {
		o.Coalitions = 2048 + 2*players
	}
	c, err := choose(players, o)
	if err != nil {
		return nil, err
	}
	full := make([]bool, 2*players)
	for p := range players {
		full[players+p] = true
	}
	n := len(c.members) / players
	worth, err := g.worths(ctx, append(full, c.members...), n+2)
	if err != nil {
		return nil, err
	}
	out := &Shapley{Empty: worth[0], Full: worth[1], Coalitions: n + 2}
	values, err := c.solve(worth[2:], out.Empty, out.Full, -1)
	if err != nil {
		return nil, err
	}
	left := make([][]float64, 0, groups)
	for k := 0; k < groups && len(c.pairs) > 0; k++ {
		v, err := c.solve(worth[2:], out.Empty, out.Full, k)
		if err != nil {
			return nil, err
		}
		left = append(left, v)
	}
	for p, v := range values {
		e := infer.Normal(v, 0)
		if len(left) > 0 {
			without := make([]float64, groups)
			for k := range without {
				without[k] = left[k][p]
			}
			if e, err = infer.Jackknife(v, without); err != nil {
				return nil, err
			}
		}
		out.Values = append(out.Values, e)
	}
	return out, nil
}

// coalitions are those that are evaluated.
type coalitions struct {
	players int
	members []bool
	weight  []float64 // of those that stand for themselves, which come first
	pairs   [][2]int  // drawn, as places among all; one can be drawn twice
	rest    float64   // the weight that these share
}

// choose takes all coalitions of the smallest and largest sizes that the budget is enough for and draws others.
func choose(players int, o KernelOptions) (*coalitions, error) {
	c := &coalitions{players: players}
	half := players / 2
	both := func(k int) float64 { // coalitions of k and of all but k players
		if 2*k == players {
			return 1
		}
		return 2
	}
	for k := 1; k <= half; k++ {
		c.rest += both(k) * sizeWeight(players, k)
	}
	left, k := float64(o.Coalitions), 1
	for ; k <= half; k++ {
		count := both(k) * binomial(players, k)
		share := both(k) * sizeWeight(players, k)
		// Sizes that would all be drawn once on average are taken whole, and single players in any case.
		if k > 1 && left*share < count*c.rest || left < count {
			break
		}
		left -= count
		c.rest -= share
		c.enumerate(k)
	}
	if k > half {
		c.rest = 0
		return c, nil
	}
	pairs := int(left) / 2
	if k == 1 || pairs < 2*groups {
		return nil, fmt.Errorf("%d coalitions of %d players, want at least %d: %w", o.Coalitions, players, enough(players), infer.ErrTooFew)
	}
	c.draw(k, pairs, o.Seed)
	return c, nil
}

// enough is how many coalitions do: all of them, or those of one player and of all but one and some pairs.
func enough(players int) int {
	if players < 7 {
		return 1<<players - 2
	}
	return 2*players + 4*groups
}

// sizeWeight is the weight of all coalitions of k players.
func sizeWeight(players, k int) float64 {
	return float64(players-1) / float64(k*(players-k))
}

func binomial(n, k int) float64 {
	b := 1.0
	for i := range k {
		b *= float64(n-i) / float64(i+1)
	}
	return b
}

// enumerate takes every coalition of k players and every one of all but k.
func (c *coalitions) enumerate(k int) {
	w := sizeWeight(c.players, k) / binomial(c.players, k)
	at := make([]int, k)
	for i := range at {
		at[i] = i
	}
	for {
		c.add(at, true)
		c.weight = append(c.weight, w)
		if 2*k != c.players {
			c.add(at, false)
			c.weight = append(c.weight, w)
		}
		i := k - 1
		for i >= 0 && at[i] == c.players-k+i {
			i--
		}
		if i < 0 {
			return
		}
		at[i]++
		for j := i + 1; j < k; j++ {
			at[j] = at[j-1] + 1
		}
	}
}

// add takes the coalition of some players, or of all others, and returns its place.
func (c *coalitions) add(some []int, in bool) int {
	row := make([]bool, c.players)
	for p := range row {
		row[p] = !in
	}
	for _, p := range some {
		row[p] = in
	}
	c.members = append(c.members, row...)
	return len(c.members)/c.players - 1
}

// draw takes pairs of coalitions of at least k players each, sizes by their weight.
func (c *coalitions) draw(k, pairs int, seed uint64) {
	r := infer.Rand(seed, "kernel-shap")
	deck := make([]int, c.players)
	for p := range deck {
		deck[p] = p
	}
	known := map[string][2]int{}
	for range pairs {
		some := deck[:c.drawSize(r, k)]
		for i := range some {
			j := i + r.IntN(len(deck)-i)
			deck[i], deck[j] = deck[j], deck[i]
		}
		key := make([]byte, c.players)
		for _, p := range some {
			key[p] = 1
		}
		pair, ok := known[string(key)]
		if !ok {
			pair = [2]int{c.add(some, true), c.add(some, false)}
			known[string(key)] = pair
		}
		c.pairs = append(c.pairs, pair)
	}
}

func (c *coalitions) drawSize(r *rand.Rand, least int) int {
	at := r.Float64() * c.rest
	k := least
	for ; 2*k < c.players-1; k++ {
		if at -= 2 * sizeWeight(c.players, k); at < 0 {
			break
		}
	}
	return k
}

// solve returns the values without one group of the drawn pairs, -1 for none.
func (c *coalitions) solve(worth []float64, empty, full float64, without int) ([]float64, error) {
	m := c.players
	if m == 1 {
		return []float64{full - empty}, nil
	}
	a, b := make([]float64, m*m), make([]float64, 2*m)
	var in []int
	add := func(row int, weight float64) {
		in = in[:0]
		for p, yes := range c.members[row*m : (row+1)*m] {
			if yes {
				in = append(in, p)
			}
		}
		for _, p := range in {
			b[2*p] += weight * (worth[row] - empty)
			for _, q := range in {
				a[p*m+q] += weight
			}
		}
	}
	for row, w := range c.weight {
		add(row, w)
	}
	used := 0
	for i := range c.pairs {
		if i%groups != without {
			used++
		}
	}
	for i, pair := range c.pairs {
		if i%groups != without {
			add(pair[0], c.rest/float64(2*used))
			add(pair[1], c.rest/float64(2*used))
		}
	}
	// With a Lagrange multiplier for "they add up": beside b stands a column of ones.
	for p := range m {
		b[2*p+1] = 1
	}
	if err := linalg.Cholesky(1, a, m); err != nil {
		return nil, fmt.Errorf("coalitions do not tell players apart: %w", infer.ErrTooFew)
	}
	linalg.SolveCholesky(1, a, m, b, 2)
	var sum, ones infer.Sum
	for p := range m {
		sum.Add(b[2*p])
		ones.Add(b[2*p+1])
	}
	excess := (sum.Value() - (full - empty)) / ones.Value()
	out := make([]float64, m)
	for p := range m {
		out[p] = b[2*p] - excess*b[2*p+1]
	}
	return out, nil
}
