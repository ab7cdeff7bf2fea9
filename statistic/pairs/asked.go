package pairs

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/duplicates"
)

// WidestInput is the largest input, in values, that layers are compared without.
const WidestInput = 1 << 18

// Asked compares all layers as the case asks beside the usual, on the samples of shape distances and neighbours.
var Asked = &statistic.Replay[*Answer]{
	Name: "pairs-asked", Version: 2, Wide: true,
	Reads: func(c statistic.Case, r *statistic.Results) []capture.Request {
		split, ok := c.Held()
		if !ok || c.Comparison.Permutations == 0 && !c.Comparison.Deconfounded {
			return nil
		}
		out := Statistic.Reads(c, r)
		if c.Comparison.Deconfounded && withInput(c) == nil {
			out = append(out, capture.Request{View: duplicates.FlatView(split), Site: duplicates.Input})
		}
		return out
	},
	Keys: func(c statistic.Case, r *statistic.Results) ([]statistic.Key, error) {
		if c.Comparison.Permutations == 0 && !c.Comparison.Deconfounded {
			return nil, nil
		}
		return Statistic.Keys(c, r)
	},
	Cost: func(e statistic.Env) statistic.Cost {
		layers := int64(len(e.Case.Layers))
		few := int64(mostOf(e.Samples().Len(), max(1, len(e.Case.Layers))))
		var b int64
		if e.Case.Comparison.Permutations > 0 { // Gram matrices, and drawn strips of each for each worker
			b += 4 * layers * (few*few + (1<<15+few)*int64(max(1, e.Case.Workers)))
		}
		if e.Case.Comparison.Deconfounded {
			b += 4 * few * int64(duplicates.Width(e.Case))
		}
		return statistic.Cost{Bytes: b}
	},
	Compute: answer,
}

// An Answer is what was asked for; what was not is nil.
type Answer struct {
	Layers   []string
	N        int
	Permuted *similarity.Permuted
	Draws    int
	// Without is debiased CKA without what the input explains, nil with NoInput where that cannot be had.
	Without *similarity.Pairs
	NoInput error
}

// GetAsked returns the answer for the samples held out.
func GetAsked(c statistic.Case, r *statistic.Results) (*Answer, error) {
	split, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	return Asked.At(r, capture.View{Split: split, Reduce: capture.Row}, statistic.All)
}

// withInput returns why layers cannot be compared without the input.
func withInput(c statistic.Case) error {
	switch w := duplicates.Width(c); {
	case w == 0:
		return statistic.Unavailable("no-inputs", "the network has not one input of real numbers of a fixed size")
	case w > WidestInput:
		return statistic.Unavailable("wide-input", "the input has %d values, want at most %d", w, WidestInput)
	}
	return nil
}

func answer(ctx context.Context, e statistic.Env) (*Answer, error) {
	in, err := gather(e)
	if err != nil {
		return nil, err
	}
	few, of := in.few(e, in.groups(e))
	out := &Answer{Layers: in.layers, N: len(of), Draws: e.Case.Comparison.Permutations}
	if out.Draws > 0 {
		out.Permuted, err = similarity.Permutation(ctx, e.Workers, few, similarity.PermutationOptions{Draws: out.Draws, Seed: e.Case.Seed})
		if err != nil {
			return nil, fmt.Errorf("permutations of all layers: %w", err)
		}
	}
	if !e.Case.Comparison.Deconfounded {
		return out, nil
	}
	out.NoInput = withInput(e.Case)
	if out.NoInput != nil {
		return out, nil
	}
	v := e.Key.View
	v.Reduce = capture.Flat
	t, err := e.Case.Source.Table(v, duplicates.Input)
	if err != nil {
		out.NoInput = err
		return out, nil
	}
	keep := in.some(e)
	at := make([]int, len(keep))
	for i, k := range keep {
		at[i] = in.kept[k]
	}
	all, err := similarity.AllPairs(ctx, e.Workers, append(few, stored(t.Select(at))), of, similarity.Options{Level: Level, Seed: e.Case.Seed})
	if err != nil {
		return nil, fmt.Errorf("similarity with the input: %w", err)
	}
	if out.Without, err = all.Without(len(few)); err != nil {
		return nil, fmt.Errorf("similarity without the input: %w", err)
	}
	return out, nil
}
