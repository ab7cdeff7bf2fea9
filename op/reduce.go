package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// A fold reduces many values to one; sums are kept in float64, and integers in int64 where whole is
// given.
type fold struct {
	start  float64
	step   func(s, v float64) float64
	finish func(s float64, n int) float64 // nil: the sum itself
	fast   func(row []float32) float64    // the same on a row, nil if there is no faster way
	whole  func(s, v int64) int64         // nil: integers are refused, or go through float64 if exact
	first  bool                           // start with the first value instead of start
	joins  bool                           // step takes results of parts, too
}

var (
	sumFold  = fold{step: func(s, v float64) float64 { return s + v }, fast: kernel.Sum64, whole: func(s, v int64) int64 { return s + v }, joins: true}
	meanFold = fold{step: sumFold.step, fast: kernel.Sum64, finish: func(s float64, n int) float64 { return s / float64(n) }, joins: true}
	maxFold  = fold{start: math.Inf(-1), step: func(s, v float64) float64 { return max(s, v) }, fast: func(r []float32) float64 { return float64(kernel.Max32(r)) }, whole: func(s, v int64) int64 { return max(s, v) }, first: true}
	minFold  = fold{start: math.Inf(1), step: func(s, v float64) float64 { return min(s, v) }, whole: func(s, v int64) int64 { return min(s, v) }, first: true}
	prodFold = fold{start: 1, step: func(s, v float64) float64 { return s * v }, whole: func(s, v int64) int64 { return s * v }}
	l1Fold   = fold{step: func(s, v float64) float64 { return s + math.Abs(v) }, whole: func(s, v int64) int64 { return s + max(v, -v) }}
	sqFold   = fold{step: func(s, v float64) float64 { return s + v*v }, fast: kernel.SumSq64, whole: func(s, v int64) int64 { return s + v*v }}
	l2Fold   = fold{step: sqFold.step, fast: kernel.SumSq64, finish: func(s float64, _ int) float64 { return math.Sqrt(s) }}
	logFold  = fold{step: sumFold.step, fast: kernel.Sum64, finish: func(s float64, _ int) float64 { return math.Log(s) }}
)

// The reductions over axes.
var (
	ReduceSum       = &Op{Name: "ReduceSum", Run: reduction(sumFold)}
	ReduceMean      = &Op{Name: "ReduceMean", Run: reduction(meanFold)}
	ReduceMax       = &Op{Name: "ReduceMax", Run: reduction(maxFold)}
	ReduceMin       = &Op{Name: "ReduceMin", Run: reduction(minFold)}
	ReduceProd      = &Op{Name: "ReduceProd", Run: reduction(prodFold)}
	ReduceL1        = &Op{Name: "ReduceL1", Run: reduction(l1Fold)}
	ReduceL2        = &Op{Name: "ReduceL2", Run: reduction(l2Fold)}
	ReduceSumSquare = &Op{Name: "ReduceSumSquare", Run: reduction(sqFold)}
	ReduceLogSum    = &Op{Name: "ReduceLogSum", Run: reduction(logFold)}
	ReduceLogSumExp = &Op{Name: "ReduceLogSumExp", Run: reduceLogSumExp}
)

func reduction(f fold) Func {
	return func(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		axes, none, err := reduceAxes(a, in)
		if err != nil {
			return nil, err
		}
		if none {
			return one(foldEach(x, in[0], f))
		}
		return one(reduce(x, in[0], axes, a.Int("keepdims", 1) != 0, f))
	}
}

// foldEach is a reduction over no axes at all: every element alone.
func foldEach(x *Exec, t tensor.Tensor, f fold) (tensor.Tensor, error) {
	n := t.Rank()
	y, err := reduce(x, t.Reshape(append(append([]int{}, t.Shape()...), 1)...), []int{n}, false, f)
	return y, err
}

// reduceAxes reads the axes; none says that nothing is to be reduced.
func reduceAxes(a Attributes, in []tensor.Tensor) (axes []int, none bool, err error) {
	if err := check(in, 1, 2); err != nil {
		return nil, false, err
	}
	list := a.Ints("axes")
	if t := optional(in, 1); t.Valid() {
		if list, err = intsOf(t); err != nil {
			return nil, false, err
		}
	}
	if len(list) == 0 {
		if a.Int("noop_with_empty_axes", 0) == 1 {
			return nil, true, nil
		}
		for i := range in[0].Rank() {
			axes = append(axes, i)
		}
		return axes, false, nil
	}
	axes, err = axesOf(list, in[0].Rank())
	return axes, false, err
}

// axesOf normalises a list of axes, which must differ from each other.
func axesOf(list []int64, rank int) ([]int, error) {
	axes := make([]int, len(list))
	seen := make([]bool, rank)
	for i, v := range list {
		ax, err := axisOf(v, rank)
		if err != nil {
			return nil, err
		}
		if seen[ax] {
			return nil, fmt.Errorf("axes %v name axis %d twice", list, ax)
		}
		axes[i], seen[ax] = ax, true
	}
	return axes, nil
}

// reduce folds the given axes.
func reduce(x *Exec, t tensor.Tensor, axes []int, keep bool, f fold) (tensor.Tensor, error) {
	gone := make([]bool, t.Rank())
	for _, ax := range axes {
		gone[ax] = true
	}
	var shape []int
	for i, n := range t.Shape() {
		switch {
		case !gone[i]:
			shape = append(shape, n)
		case keep:
			shape = append(shape, 1)
		}
	}
	y, err := x.New(t.DType(), shape...)
	if err != nil {
		return y, err
	}
	outer, n, inner, ok := sections(t.Shape(), gone)
	if k, rows := around(t.Shape(), gone); !ok && rows > 0 && f.joins && t.DType() == tensor.Float32 && t.Len() > 0 {
		foldsAround(x, y.Float32s(), t.Float32s(), k, rows, f)
		return y, nil
	}
	if !ok {
		if t, err = axesLast(x, t, gone); err != nil {
			return y, err
		}
		outer, n, inner = y.Len(), t.Len()/max(y.Len(), 1), 1
	}
	s := section{outer, n, inner}
	switch t.DType() {
	case tensor.Float32:
		folds32(x, s, y.Float32s(), t.Float32s(), f)
	case tensor.Float64:
		folds(x, s, y.Float64s(), t.Float64s(), f.start, f.first, f.step, f.finish)
	case tensor.Int64:
		err = wholeFolds(x, s, y.Int64s(), t.Int64s(), f)
	case tensor.Int32:
		err = wholeFolds(x, s, tensor.Data[int32](y), tensor.Data[int32](t), f)
	case tensor.Int8:
		err = wholeFolds(x, s, tensor.Data[int8](y), tensor.Data[int8](t), f)
	case tensor.Uint8:
		err = wholeFolds(x, s, tensor.Data[uint8](y), tensor.Data[uint8](t), f)
	case tensor.Uint32:
		err = wholeFolds(x, s, tensor.Data[uint32](y), tensor.Data[uint32](t), f)
	case tensor.Uint64:
		err = wholeFolds(x, s, tensor.Data[uint64](y), tensor.Data[uint64](t), f)
	case tensor.Bool:
		err = boolFolds(s, tensor.Data[bool](y), tensor.Data[bool](t), f)
	default:
		err = unsupported(t.DType())
	}
	return y, err
}

// A section is a tensor seen as outer x n x inner, of which n is folded.
type section struct{ outer, n, inner int }

// sections finds outer, n and inner when the folded axes stand together.
func sections(shape []int, gone []bool) (outer, n, inner int, ok bool) {
	outer, n, inner = 1, 1, 1
	state := 0
	for i, d := range shape {
		switch {
		case gone[i] && state < 2:
			state = 1
			n *= d
		case gone[i] && d != 1:
			return 0, 0, 0, false
		case !gone[i] && state == 0:
			outer *= d
		case !gone[i] && d != 1:
			state = 2
			inner *= d
		}
	}
	return outer, n, inner, true
}

// around finds the size of the dimensions that stay, kept, and of those behind them where the folded axes stand
// before and behind them, as those of samples and positions around channels; a row of 0 is any other place.
func around(shape []int, gone []bool) (kept, row int) {
	kept, row = 1, 1
	i := 0
	for ; i < len(shape) && gone[i]; i++ {
	}
	for ; i < len(shape) && !gone[i]; i++ {
		kept *= shape[i]
	}
	for ; i < len(shape) && gone[i]; i++ {
		row *= shape[i]
	}
	if i < len(shape) {
		return 0, 0
	}
	return kept, row
}

// foldsAround folds the rows of each kept index, and what they give.
func foldsAround(x *Exec, y, data []float32, kept, row int, f fold) {
	count := len(data) / kept
	each(x, kept, len(data), func(c int) {
		s := f.start
		for at := c * row; at < len(data); at += kept * row {
			s = f.step(s, f.fast(data[at:at+row]))
		}
		if f.finish != nil {
			s = f.finish(s, count)
		}
		y[c] = float32(s)
	})
}

// axesLast moves the axes to fold behind the others.
func axesLast(x *Exec, t tensor.Tensor, gone []bool) (tensor.Tensor, error) {
	var perm []int
	for _, last := range []bool{false, true} {
		for i := range gone {
			if gone[i] == last {
				perm = append(perm, i)
			}
		}
	}
	return transposed(x, t, perm)
}

// folds32 folds rows with the fast form, and walks columns row by row.
func folds32(x *Exec, s section, y, data []float32, f fold) {
	if s.inner >= 8 && f.joins && s.n > 0 {
		addColumns(x, s, y, data, f)
		return
	}
	if s.inner != 1 || f.fast == nil || s.n == 0 {
		folds(x, s, y, data, f.start, f.first, f.step, f.finish)
		return
	}
	each(x, s.outer, len(data), func(o int) {
		v := f.fast(data[o*s.n : (o+1)*s.n])
		if f.finish != nil {
			v = f.finish(v, s.n)
		}
		y[o] = float32(v)
	})
}

// addColumns is folds for sums: some columns are walked row by row.
func addColumns(x *Exec, s section, y, data []float32, f fold) {
	const columns = 1 << 10 // whose sums stay in the first cache
	parts := (s.inner + columns - 1) / columns
	each(x, s.outer*parts, len(data), func(i int) {
		from := i % parts * columns
		to := min(from+columns, s.inner)
		o, sums := i/parts, make([]float64, to-from)
		for k := o * s.n; k < (o+1)*s.n; k++ {
			kernel.AddTo64(sums, data[k*s.inner+from:k*s.inner+to])
		}
		for c, v := range sums {
			if f.finish != nil {
				v = f.finish(v, s.n)
			}
			y[o*s.inner+from+c] = float32(v)
		}
	})
}

// folds is the general form: the sums of one outer index lie side by side.
func folds[T, C tensor.Number](x *Exec, s section, y, data []T, start C, first bool, step func(C, C) C, finish func(C, int) C) {
	each(x, s.outer, len(data), func(o int) {
		sums := make([]C, s.inner)
		for i := range sums {
			sums[i] = start
		}
		for k := range s.n {
			row := data[(o*s.n+k)*s.inner : (o*s.n+k+1)*s.inner]
			for i, v := range row {
				if first && k == 0 {
					sums[i] = C(v)
					continue
				}
				sums[i] = step(sums[i], C(v))
			}
		}
		for i, v := range sums {
			if finish != nil {
				v = finish(v, s.n)
			}
			y[o*s.inner+i] = T(v)
		}
	})
}

func wholeFolds[T tensor.Number](x *Exec, s section, y, data []T, f fold) error {
	switch {
	case f.first && s.n == 0:
		return fmt.Errorf("no elements to find the largest or smallest integer of")
	case f.whole != nil && f.finish == nil:
		start := int64(f.start)
		if f.first {
			start = 0
		}
		folds(x, s, y, data, start, f.first, f.whole, nil)
	default:
		folds(x, s, y, data, f.start, f.first, f.step, f.finish)
	}
	return nil
}

// boolFolds is any or all, which Max and Min are for truth values.
func boolFolds(s section, y, data []bool, f fold) error {
	if !f.first {
		return unsupported(tensor.Bool)
	}
	all := math.IsInf(f.start, 1)
	for i := range y {
		y[i] = all
	}
	for i, v := range data {
		if at := i/(s.n*s.inner)*s.inner + i%s.inner; v != all {
			y[at] = v
		}
	}
	return nil
}

// reduceLogSumExp shifts by the largest value so that nothing overflows.
func reduceLogSumExp(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	axes, none, err := reduceAxes(a, in)
	if err != nil {
		return nil, err
	}
	t := in[0]
	if none {
		return []tensor.Tensor{t}, nil
	}
	free := &Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}
	top, err := reduce(free, t, axes, true, maxFold)
	if err != nil {
		return nil, err
	}
	if top, err = apply(free, top, nil, func(v float64) float64 {
		if math.IsInf(v, 0) {
			return 0
		}
		return v
	}, nil); err != nil {
		return nil, err
	}
	d, err := combine(free, &subtraction, t, top)
	if err != nil {
		return nil, err
	}
	if d, err = apply(free, d, kernel.Exp32, math.Exp, nil); err != nil {
		return nil, err
	}
	d, err = reduce(free, d, axes, a.Int("keepdims", 1) != 0, logFold)
	if err != nil {
		return nil, err
	}
	return one(combine(x, &addition, d, top.Reshape(d.Shape()...)))
}
