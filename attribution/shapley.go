package attribution

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// Shapley are the players' fair shares of what all of them together are worth beyond none (Shapley 1953).
type Shapley struct {
	Values      []infer.Estimate // of each player; they add up to Full - Empty
	Empty, Full float64          // worth of no player and of all
	Coalitions  int              // that were evaluated
}

// mostExact is the most players whose coalitions are all evaluated, 4,096.
const mostExact = 12

// Exact returns the Shapley values of up to 12 players by evaluating every coalition; they have no error.
func Exact(ctx context.Context, g Game, players int) (*Shapley, error) {
	if players < 1 || players > mostExact {
		return nil, fmt.Errorf("%d players, want 1 to %d for all coalitions: %w", players, mostExact, infer.ErrRange)
	}
	n := 1 << players
	members := make([]bool, n*players)
	for s := range n {
		for p := range players {
			members[s*players+p] = s>>p&1 == 1
		}
	}
	worth, err := g.worths(ctx, members, n)
	if err != nil {
		return nil, err
	}
	// A coalition of s others meets a player in s! (M-s-1)! of the M! orders in which players can come.
	weight := make([]float64, players)
	weight[0] = 1 / float64(players)
	for s := 1; s < players; s++ {
		weight[s] = weight[s-1] * float64(s) / float64(players-s)
	}
	out := &Shapley{Values: make([]infer.Estimate, players), Empty: worth[0], Full: worth[n-1], Coalitions: n}
	for p := range players {
		var sum infer.Sum
		for s := range n {
			if s>>p&1 == 1 {
				continue
			}
			sum.AddProduct(weight[size(members[s*players:(s+1)*players])], worth[s|1<<p]-worth[s])
		}
		out.Values[p] = infer.Normal(sum.Value(), 0)
	}
	return out, nil
}

func size(members []bool) int {
	n := 0
	for _, in := range members {
		if in {
			n++
		}
	}
	return n
}
