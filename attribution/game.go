package attribution

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// A Game returns the worth of each of n coalitions, which lie in members one after another: of each player
// whether it takes part.
type Game func(ctx context.Context, members []bool, n int) ([]float64, error)

// worths evaluates a game and checks what it gave.
func (g Game) worths(ctx context.Context, members []bool, n int) ([]float64, error) {
	w, err := g(ctx, members, n)
	if err != nil {
		return nil, err
	}
	if len(w) != n {
		return nil, fmt.Errorf("%d worths of %d coalitions: %w", len(w), n, infer.ErrRange)
	}
	if err := infer.Finite(w); err != nil {
		return nil, fmt.Errorf("worths: %w", err)
	}
	return w, nil
}

// Masked returns the game of the parts of an input and how many there are. A coalition is worth the output of
// the input in which all other parts have a baseline's values, its mean over baselines of which there can be
// several, one after another (Lundberg & Lee 2017, with the marginal distribution of the absent parts). owner
// says to which part, from 0, each element belongs; nil makes a part of each.
func Masked(f Model, x, baselines []float64, owner []int) (g Game, players int, err error) {
	if len(x) == 0 || len(baselines) == 0 || len(baselines)%len(x) != 0 {
		return nil, 0, fmt.Errorf("an input of %d elements and baselines of %d: %w", len(x), len(baselines), infer.ErrRange)
	}
	if owner == nil {
		owner = make([]int, len(x))
		for i := range owner {
			owner[i] = i
		}
	}
	if len(owner) != len(x) {
		return nil, 0, fmt.Errorf("parts of %d elements of an input of %d: %w", len(owner), len(x), infer.ErrRange)
	}
	for i, p := range owner {
		if p < 0 || p >= len(x) {
			return nil, 0, fmt.Errorf("element %d belongs to part %d, want 0 to %d: %w", i, p, len(x)-1, infer.ErrRange)
		}
		players = max(players, p+1)
	}
	m := masked{f, x, baselines, owner, players}
	return m.worths, players, nil
}

type masked struct {
	model        Model
	x, baselines []float64
	owner        []int
	players      int
}

func (m masked) worths(ctx context.Context, members []bool, n int) ([]float64, error) {
	if len(members) != n*m.players {
		return nil, fmt.Errorf("%d members in %d coalitions of %d players: %w", len(members), n, m.players, infer.ErrRange)
	}
	each := len(m.baselines) / len(m.x)
	outputs := make([]float64, 0, n*each)
	inputs := make([]float64, 0, min(batch, n*each)*len(m.x))
	for k := range n * each { // a coalition's baselines are neighbours
		in, base := members[k/each*m.players:], m.baselines[k%each*len(m.x):]
		for i, v := range m.x {
			if !in[m.owner[i]] {
				v = base[i]
			}
			inputs = append(inputs, v)
		}
		if rows := len(inputs) / len(m.x); rows == batch || k == n*each-1 {
			y, err := m.model(ctx, inputs, rows)
			if err != nil {
				return nil, err
			}
			if len(y) != rows {
				return nil, fmt.Errorf("%d outputs of %d inputs: %w", len(y), rows, infer.ErrRange)
			}
			outputs, inputs = append(outputs, y...), inputs[:0]
		}
	}
	worth := make([]float64, n)
	for k := range worth {
		worth[k] = infer.Total(outputs[k*each:(k+1)*each]) / float64(each)
	}
	return worth, nil
}
