package op

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// Attention is scaled dot product attention as opset 23 and later define it: with a mask, a cache of
// keys and values, and fewer heads of keys than of queries (Vaswani et al. 2017, eq. 1; Ainslie et
// al. 2023).
var Attention = &Op{Name: "Attention", Run: attention}

// The forms in which the products of queries and keys can be asked for.
const (
	plainScores = iota
	cappedScores
	maskedScores
	softmaxScores
)

func attention(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 7); err != nil {
		return nil, err
	}
	if err := same(in[:3]...); err != nil {
		return nil, err
	}
	free := &Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}
	q, k, v, err := heads(free, a, in)
	if err != nil {
		return nil, err
	}
	past := 0
	if pk, pv := optional(in, 4), optional(in, 5); pk.Valid() && pv.Valid() {
		if pk.Rank() != 4 {
			return nil, fmt.Errorf("past keys of shape %v, want four dimensions", pk.Shape())
		}
		past = pk.Dim(2)
		if k, err = joined(free, pk, k); err != nil {
			return nil, err
		}
		if v, err = joined(free, pv, v); err != nil {
			return nil, err
		}
	}
	presentK, presentV := k, v
	if k, err = repeatHeads(free, k, q.Dim(1)); err != nil {
		return nil, err
	}
	if v, err = repeatHeads(free, v, q.Dim(1)); err != nil {
		return nil, err
	}
	bias, err := attentionBias(free, a, in, q.Dim(0), q.Dim(2), k.Dim(2), past)
	if err != nil {
		return nil, err
	}
	scores, shown, err := attentionScores(free, a, q, k, bias)
	if err != nil {
		return nil, err
	}
	y, err := product(free, scores, v)
	if err != nil {
		return nil, err
	}
	if in[0].Rank() == 3 {
		if y, err = transposed(x, y, []int{0, 2, 1, 3}); err != nil {
			return nil, err
		}
		y = y.Reshape(y.Dim(0), y.Dim(1), y.Dim(2)*y.Dim(3))
	}
	return []tensor.Tensor{y, presentK, presentV, shown}[:max(1, min(4, x.Outputs))], nil
}

// heads brings queries, keys and values to samples x heads x positions x units.
func heads(x *Exec, a Attributes, in []tensor.Tensor) (q, k, v tensor.Tensor, err error) {
	var out [3]tensor.Tensor
	for i := range out {
		t := in[i]
		if !t.DType().IsFloat() || t.Rank() != in[0].Rank() || t.Rank() != 3 && t.Rank() != 4 {
			return q, k, v, fmt.Errorf("inputs %v, %v, %v, want floats of rank 3 or 4", in[0], in[1], in[2])
		}
		if t.Rank() == 3 {
			n := int(a.Int([]string{"q_num_heads", "kv_num_heads", "kv_num_heads"}[i], 0))
			if n < 1 || t.Dim(2)%n != 0 {
				return q, k, v, fmt.Errorf("%d units in %d heads", t.Dim(2), n)
			}
			if t, err = transposed(x, t.Reshape(t.Dim(0), t.Dim(1), n, t.Dim(2)/n), []int{0, 2, 1, 3}); err != nil {
				return q, k, v, err
			}
		}
		out[i] = t
	}
	q, k, v = out[0], out[1], out[2]
	if q.Dim(0) != k.Dim(0) || q.Dim(0) != v.Dim(0) || k.Dim(1) != v.Dim(1) || k.Dim(2) != v.Dim(2) || k.Dim(1) == 0 || q.Dim(1)%k.Dim(1) != 0 {
		return q, k, v, fmt.Errorf("queries %v, keys %v and values %v do not fit", q.Shape(), k.Shape(), v.Shape())
	}
	return q, k, v, nil
}

func joined(x *Exec, past, now tensor.Tensor) (tensor.Tensor, error) {
	out, err := concat(x, Attributes{"axis": int64(2)}, []tensor.Tensor{past, now})
	if err != nil {
		return now, err
	}
	return out[0], nil
}

// repeatHeads gives every head of keys or values to as many heads of queries as share it.
func repeatHeads(x *Exec, t tensor.Tensor, n int) (tensor.Tensor, error) {
	if t.Dim(1) == n {
		return t, nil
	}
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(i / (n / t.Dim(1)))
	}
	out, err := gather(x, Attributes{"axis": int64(1)}, []tensor.Tensor{t, tensor.Of(list, n)})
	if err != nil {
		return t, err
	}
	return out[0], nil
}

// attentionBias is what is added to the scores: 0 where a query may look and -Inf where not, plus the
// mask. Invalid when there is nothing to add.
func attentionBias(x *Exec, a Attributes, in []tensor.Tensor, batch, rows, cols, past int) (tensor.Tensor, error) {
	d := in[0].DType()
	bias, err := attentionMask(x, optional(in, 3), d, cols)
	if err != nil {
		return bias, err
	}
	offsets, lengths := []int64{int64(past)}, []int64(nil)
	if l := optional(in, 6); l.Valid() {
		if lengths, err = intsOf(l); err != nil {
			return bias, err
		}
		if len(lengths) != batch {
			return bias, fmt.Errorf("%d lengths for a batch of %d", len(lengths), batch)
		}
		offsets = make([]int64, batch)
		for i, n := range lengths {
			offsets[i] = n - int64(rows)
		}
	}
	causal := a.Int("is_causal", 0) != 0
	left, right := a.Int("left_window_size", -1), a.Int("right_window_size", -1)
	if !causal && lengths == nil && left < 0 && right < 0 {
		return bias, nil
	}
	limits, err := x.New(d, len(offsets), 1, rows, cols)
	if err != nil {
		return bias, err
	}
	seen := func(b, i, j int) bool {
		at := int64(i) + offsets[b]
		return (!causal || int64(j) <= at) && (lengths == nil || int64(j) < lengths[b]) &&
			(left < 0 || at-int64(j) <= left) && (right < 0 || int64(j)-at <= right)
	}
	i := 0
	for b := range offsets {
		for r := range rows {
			for c := range cols {
				v := math.Inf(-1)
				if seen(b, r, c) {
					v = 0
				}
				if d == tensor.Float32 {
					limits.Float32s()[i] = float32(v)
				} else {
					limits.Float64s()[i] = v
				}
				i++
			}
		}
	}
	if !bias.Valid() {
		return limits, nil
	}
	return combine(x, &addition, bias, limits)
}

// attentionMask turns a mask of truth values into one that is added, as wide as the keys.
func attentionMask(x *Exec, mask tensor.Tensor, d tensor.DType, cols int) (tensor.Tensor, error) {
	if !mask.Valid() {
		return mask, nil
	}
	if mask.DType() == tensor.Bool {
		scalar := func(v float32) tensor.Tensor {
			t, _ := convert(&Exec{}, tensor.Scalar(v), d)
			return t
		}
		out, err := where(x, nil, []tensor.Tensor{mask, scalar(0), scalar(float32(math.Inf(-1)))})
		if err != nil {
			return mask, err
		}
		mask = out[0]
	}
	mask, err := convert(x, mask, d)
	if err != nil || mask.Rank() == 0 || mask.Dim(-1) >= cols || mask.Dim(-1) == 1 && cols > 1 && mask.Rank() < 2 {
		return mask, err
	}
	shape := slices.Clone(mask.Shape())
	shape[len(shape)-1] = cols - mask.Dim(-1)
	rest, err := x.New(d, shape...)
	if err != nil {
		return mask, err
	}
	never, err := convert(&Exec{}, tensor.Scalar(float32(math.Inf(-1))), d)
	if err != nil {
		return mask, err
	}
	if err := expandInto(x, rest, never); err != nil {
		return mask, err
	}
	out, err := concat(x, Attributes{"axis": int64(-1)}, []tensor.Tensor{mask, rest})
	if err != nil {
		return mask, err
	}
	return out[0], nil
}

// attentionScores returns the softmax of the scores, and the scores in the form that is asked for.
func attentionScores(x *Exec, a Attributes, q, k, bias tensor.Tensor) (scores, shown tensor.Tensor, err error) {
	kt, err := transposed(x, k, []int{0, 1, 3, 2})
	if err != nil {
		return scores, shown, err
	}
	scale := float64(a.Float("scale", 0))
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(q.Dim(3)))
	}
	if q, err = apply(x, q, func(dst, src []float32) { kernel.Scale32(dst, src, float32(scale)) }, func(v float64) float64 { return v * scale }, nil); err != nil {
		return scores, shown, err
	}
	if scores, err = product(x, q, kt); err != nil {
		return scores, shown, err
	}
	mode := a.Int("qk_matmul_output_mode", plainScores)
	shown = scores
	if top := float64(a.Float("softcap", 0)); top > 0 {
		if scores, err = apply(x, scores, nil, func(v float64) float64 { return top * math.Tanh(v/top) }, nil); err != nil {
			return scores, shown, err
		}
	}
	if mode == cappedScores {
		shown = scores
	}
	if bias.Valid() {
		if scores, err = combine(x, &addition, scores, bias); err != nil {
			return scores, shown, err
		}
	}
	if mode == maskedScores {
		shown = scores
	}
	soft, err := x.New(scores.DType(), scores.Shape()...)
	if err != nil {
		return scores, shown, err
	}
	if err := rowwise(x, soft, scores, kernel.SoftmaxRows32, softmaxRows); err != nil {
		return scores, shown, err
	}
	if err := blind(x, soft, bias); err != nil {
		return scores, shown, err
	}
	if mode == softmaxScores {
		shown = soft
	}
	return soft, shown, nil
}

// blind sets the weights of queries that may look nowhere to zero.
func blind(x *Exec, soft, bias tensor.Tensor) error {
	if !bias.Valid() || bias.Rank() == 0 || bias.Len() == 0 {
		return nil
	}
	top, err := reduce(x, bias, []int{bias.Rank() - 1}, true, maxFold)
	if err != nil {
		return err
	}
	rows, err := x.New(top.DType(), soft.Dim(0), soft.Dim(1), soft.Dim(2), 1)
	if err != nil {
		return err
	}
	if err := expandInto(x, rows, top); err != nil {
		return err
	}
	v, err := floatsOf(rows)
	if err != nil {
		return err
	}
	cols := soft.Dim(3)
	for i, t := range v {
		if !math.IsInf(t, -1) {
			continue
		}
		if soft.DType() == tensor.Float32 {
			clear(soft.Float32s()[i*cols : (i+1)*cols])
		} else {
			clear(soft.Float64s()[i*cols : (i+1)*cols])
		}
	}
	return nil
}
