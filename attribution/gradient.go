package attribution

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// A Model returns the output that is explained for each of n inputs, which lie in x one after another.
type Model func(ctx context.Context, x []float64, n int) ([]float64, error)

// A Gradient returns the output for each of n inputs and its derivatives with respect to their elements, as
// many as x has.
type Gradient func(ctx context.Context, x []float64, n int) (outputs, derivatives []float64, err error)

// batch is how many inputs a function is given at once.
const batch = 128

// at evaluates a gradient and checks what it gave.
func (g Gradient) at(ctx context.Context, x []float64, n int) (outputs, derivatives []float64, err error) {
	outputs, derivatives, err = g(ctx, x, n)
	if err != nil {
		return nil, nil, err
	}
	if len(outputs) != n || len(derivatives) != len(x) {
		return nil, nil, fmt.Errorf("%d outputs and %d derivatives of %d inputs with %d elements: %w", len(outputs), len(derivatives), n, len(x), infer.ErrRange)
	}
	if err := infer.Finite(outputs); err != nil {
		return nil, nil, fmt.Errorf("outputs: %w", err)
	}
	if err := infer.Finite(derivatives); err != nil {
		return nil, nil, fmt.Errorf("derivatives: %w", err)
	}
	return outputs, derivatives, nil
}

// InputXGradient returns for n inputs each element times the output's derivative with respect to it
// (Shrikumar et al. 2017), in the units of the output. Of a linear function it is what each element adds; of
// one that saturates it misses what the element did on the way there.
func InputXGradient(ctx context.Context, f Gradient, x []float64, n int) ([]float64, error) {
	if n < 1 || len(x) == 0 || len(x)%n != 0 {
		return nil, fmt.Errorf("%d elements in %d inputs: %w", len(x), n, infer.ErrRange)
	}
	out := make([]float64, 0, len(x))
	width := len(x) / n
	for lo := 0; lo < n; lo += batch {
		hi := min(n, lo+batch)
		part := x[lo*width : hi*width]
		_, d, err := f.at(ctx, part, hi-lo)
		if err != nil {
			return nil, fmt.Errorf("inputs %d to %d: %w", lo, hi-1, err)
		}
		for i, v := range part {
			out = append(out, v*d[i])
		}
	}
	return out, nil
}
