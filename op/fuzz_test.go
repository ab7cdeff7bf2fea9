package op

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// limit is the most bytes an output may take in these tests.
const limit = 1 << 20

// names are attributes that operators read, so that the fuzzer hits some.
var names = []string{"axis", "axes", "perm", "pads", "strides", "dilations", "kernel_shape", "group", "keepdims",
	"output_padding", "output_shape", "ceil_mode", "num_groups", "blocksize", "num_outputs", "split", "batch_dims", "to",
	"storage_order", "count_include_pad", "training_mode", "upper", "exclusive", "reverse", "batch_axis", "time_axis",
	"transA", "transB", "num_heads", "q_num_heads", "kv_num_heads", "is_causal", "allowzero", "block_size", "hidden_size",
	"largest", "k", "dtype", "size", "p", "start", "end", "ignore_index", "layout", "qk_matmul_output_mode", "left_window_size",
	"rotary_embedding_dim", "interleaved", "onesided", "inverse", "antialias", "exclude_outside", "detect_negative", "fmod"}

var texts = map[string][]string{
	"mode":                           {"constant", "edge", "reflect", "wrap", "nearest", "linear", "cubic", "DCR", "CRD", "circular", "avg", "max"},
	"auto_pad":                       {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER", "odd"},
	"direction":                      {"forward", "reverse", "bidirectional", "LEFT", "RIGHT"},
	"reduction":                      {"none", "add", "mul", "max", "min", "sum", "mean"},
	"equation":                       {"ij,jk->ik", "...ij,...jk", "ii", "i,j", "ijk->kj", "i...->...", "ij->", "->"},
	"padding_mode":                   {"zeros", "border", "reflection"},
	"coordinate_transformation_mode": {"half_pixel", "asymmetric", "align_corners", "tf_crop_and_resize", "pytorch_half_pixel"},
	"keep_aspect_ratio_policy":       {"stretch", "not_larger", "not_smaller"},
}

// random makes a small tensor, whose integers are mostly good as indices and sometimes absurd.
func random(r *rand.Rand) tensor.Tensor {
	if r.IntN(12) == 0 {
		return tensor.Tensor{}
	}
	shape := make([]int, r.IntN(5))
	for i := range shape {
		shape[i] = r.IntN(5)
		if r.IntN(3) > 0 {
			shape[i] = 2 + r.IntN(2)
		}
	}
	if r.IntN(8) == 0 {
		shape = []int{r.IntN(6)}
	}
	types := []tensor.DType{tensor.Float32, tensor.Float32, tensor.Float32, tensor.Int64, tensor.Int64, tensor.Bool, tensor.Uint8, tensor.Float64, tensor.Int32, tensor.String, tensor.Int8}
	t := tensor.New(types[r.IntN(len(types))], shape...)
	for i := range t.Len() {
		switch t.DType() {
		case tensor.Float32:
			t.Float32s()[i] = float32(r.NormFloat64())
		case tensor.Float64:
			t.Float64s()[i] = r.NormFloat64()
		case tensor.Int64:
			t.Int64s()[i] = int64(r.IntN(7)) - 2
			if r.IntN(30) == 0 {
				t.Int64s()[i] = int64(r.Uint64())
			}
		case tensor.Int32:
			tensor.Data[int32](t)[i] = int32(r.IntN(5)) - 1
		case tensor.Uint8:
			tensor.Data[uint8](t)[i] = uint8(r.IntN(9))
		case tensor.Bool:
			tensor.Data[bool](t)[i] = r.IntN(2) == 0
		}
	}
	return t
}

func randomAttributes(r *rand.Rand) Attributes {
	a := Attributes{}
	number := func() int64 {
		if r.IntN(40) == 0 {
			return int64(r.Uint64())
		}
		return int64(r.IntN(6)) - 1
	}
	for range r.IntN(6) {
		n := names[r.IntN(len(names))]
		if r.IntN(2) == 0 {
			a[n] = number()
			continue
		}
		v := make([]int64, r.IntN(7))
		for i := range v {
			v[i] = number()
		}
		a[n] = v
	}
	for _, n := range slices.Sorted(maps.Keys(texts)) {
		choices := texts[n]
		if r.IntN(3) == 0 {
			a[n] = choices[r.IntN(len(choices))]
		}
	}
	return a
}

// try runs one operator on whatever the seed gives: an error is as good as a result, a panic is not,
// and neither is an output over the limit.
func try(t *testing.T, o *Op, seed uint64) (fine bool) {
	r := rand.New(rand.NewPCG(seed, 7))
	in := make([]tensor.Tensor, r.IntN(6))
	for i := range in {
		in[i] = random(r)
		if i > 0 && r.IntN(3) == 0 {
			in[i] = in[0]
		}
	}
	a := randomAttributes(r)
	defer func() {
		if v := recover(); v != nil {
			t.Errorf("%s of %v with %v panics: %v", o.Name, in, a, v)
		}
	}()
	out, err := o.Run(&Exec{Workers: 1, Outputs: 1 + r.IntN(3), Limit: limit}, a, in)
	if err != nil {
		return true
	}
	for _, y := range out {
		if y.Valid() && y.Bytes() > limit {
			t.Errorf("%s of %v with %v gives %v, over the limit", o.Name, in, a, y)
			return false
		}
	}
	return true
}

func TestNothingPanics(t *testing.T) {
	for _, o := range All() {
		for seed := range uint64(300) {
			if !try(t, o, seed) {
				break
			}
		}
	}
}

func FuzzRun(f *testing.F) {
	for i := range all {
		f.Add(uint16(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, i uint16, seed uint64) { try(t, all[int(i)%len(all)], seed) })
}
