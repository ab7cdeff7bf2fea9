package capture

import (
	"fmt"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// Shape says how a layer's values lie: samples, positions, units. Units stand at axis, so that value
// (n, p, u) is at n*Sample + p*Position + u*Unit.
type Shape struct {
	N, Positions, Units    int
	Sample, Position, Unit int // strides
}

// ShapeOf returns how values with units at the given axis lie. All other dimensions but the first are
// positions; those before and after the axis cannot both exist beside it unless they are contiguous, so
// the axis must be 1 or the last.
func ShapeOf(shape []int, axis int) (Shape, error) {
	r := len(shape)
	if r == 0 {
		return Shape{}, fmt.Errorf("values have no dimension of samples")
	}
	if r == 1 {
		return Shape{N: shape[0], Positions: 1, Units: 1, Sample: 1, Position: 1, Unit: 1}, nil
	}
	if axis != 1 && axis != r-1 {
		return Shape{}, fmt.Errorf("units stand at dimension %d of %v, want 1 or the last", axis, shape)
	}
	s := Shape{N: shape[0], Units: shape[axis], Positions: 1}
	for i, d := range shape[1:] {
		if i+1 != axis {
			s.Positions *= d
		}
	}
	s.Sample = s.Units * s.Positions
	if axis == r-1 {
		s.Position, s.Unit = s.Units, 1
	} else {
		s.Position, s.Unit = 1, s.Positions
	}
	return s, nil
}

// Reduce makes one row a sample: dst[n*units+u]. The mask counts tokens where it is true and applies to
// the masked mean alone; the hashes of the samples' ids choose their spots.
func Reduce(x tensor.Tensor, axis int, by Reduction, mask []bool, hashes []uint64) ([]float32, error) {
	s, err := ShapeOf(x.Shape(), axis)
	if err != nil {
		return nil, err
	}
	v := x.Float32s()
	if by == MaskedMean && len(mask) != s.N*s.Positions {
		return nil, fmt.Errorf("mask has %d tokens, the values have %d", len(mask), s.N*s.Positions)
	}
	if by == Spot && len(hashes) != s.N {
		return nil, fmt.Errorf("%d hashes for %d samples", len(hashes), s.N)
	}
	if s.Positions == 1 && by != MaskedMean || by == Flat {
		return append([]float32(nil), v...), nil
	}
	out, sums := make([]float32, s.N*s.Units), make([]float64, s.Units)
	for n := range s.N {
		row := out[n*s.Units : (n+1)*s.Units]
		at := v[n*s.Sample:]
		switch by {
		case ClassToken:
			pick(row, at, 0, s)
		case LastToken:
			pick(row, at, s.Positions-1, s)
		case Spot:
			pick(row, at, int(hashes[n]%uint64(s.Positions)), s)
		case Mean, MaskedMean:
			var m []bool
			if by == MaskedMean {
				m = mask[n*s.Positions : (n+1)*s.Positions]
			}
			mean(row, at, m, s, sums)
		default:
			return nil, fmt.Errorf("reduction %q does not give one row a sample", by)
		}
	}
	return out, nil
}

func pick(row, v []float32, position int, s Shape) {
	for u := range row {
		row[u] = v[position*s.Position+u*s.Unit]
	}
}

// mean averages over positions in float64; sums is room for as many as there are units.
func mean(row, v []float32, mask []bool, s Shape, sums []float64) {
	if s.Unit != 1 && mask == nil { // maps: a unit's positions are contiguous
		for u := range row {
			row[u] = float32(kernel.Sum64(v[u*s.Unit:u*s.Unit+s.Positions]) / float64(s.Positions))
		}
		return
	}
	clear(sums)
	count := 0
	for p := range s.Positions {
		if mask != nil && !mask[p] {
			continue
		}
		count++
		at := v[p*s.Position:]
		if s.Unit == 1 {
			kernel.AddTo64(sums, at[:s.Units])
			continue
		}
		for u := range sums {
			sums[u] += float64(at[u*s.Unit])
		}
	}
	for u := range row {
		row[u] = float32(sums[u] / float64(max(1, count)))
	}
}
