package grad_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// between draws a number from lo to hi.
func between(r *rand.Rand, lo, hi int) int { return lo + r.IntN(hi-lo+1) }

// list draws n numbers from lo to hi.
func list(r *rand.Rand, n, lo, hi int) l {
	out := make(l, n)
	for i := range out {
		out[i] = between(r, lo, hi)
	}
	return out
}

// TestRandomWindows draws kernels, strides, dilations, borders and groups.
func TestRandomWindows(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 1))
	var all []check
	for i := range 60 {
		d := 1 + i%2
		kernel, strides, dilations, group := list(r, d, 1, 3), list(r, d, 1, 3), list(r, d, 1, 2), between(r, 1, 3)
		reach := make(l, d)
		for k := range reach {
			reach[k] = dilations[k]*(kernel[k]-1) + 1
		}
		pads, size := make(l, 2*d), make(l, d)
		for k := range d {
			pads[k], pads[d+k] = r.IntN(reach[k]), r.IntN(reach[k])
			size[k] = reach[k] + r.IntN(5)
		}
		a := attr("strides", strides, "dilations", dilations, "pads", pads)
		x := random(r, append(l{between(r, 1, 3), group * between(r, 1, 2)}, size...)...)
		switch i % 4 {
		case 0, 1:
			a["group"] = int64(group)
			w := random(r, append(l{group * between(r, 1, 2), x.Dim(1) / group}, kernel...)...)
			all = append(all, check{op: "Conv", attr: a, in: []tensor.Tensor{x, w}, weights: 1})
		case 2:
			a["group"] = int64(group)
			extra := make(l, d)
			for k := range extra {
				extra[k] = r.IntN(max(strides[k], dilations[k]))
				pads[k], pads[d+k] = r.IntN(reach[k]/2+1), r.IntN(reach[k]/2+1)
			}
			a = attr("strides", strides, "dilations", dilations, "pads", pads, "group", group, "output_padding", extra)
			w := random(r, append(l{x.Dim(1), between(r, 1, 2)}, kernel...)...)
			all = append(all, check{op: "ConvTranspose", attr: a, in: []tensor.Tensor{x, w}, weights: 1})
		default:
			a = attr("strides", strides, "dilations", dilations, "pads", halved(pads), "kernel_shape", kernel, "ceil_mode", r.IntN(2), "count_include_pad", r.IntN(2))
			for _, name := range []string{"AveragePool", "MaxPool"} {
				b := op.Attributes{}
				for k, v := range a {
					if name == "AveragePool" || k != "count_include_pad" {
						b[k] = v
					}
				}
				all = append(all, check{op: name, attr: b, in: []tensor.Tensor{x}})
			}
		}
	}
	for i := range all {
		c := &all[i]
		c.open, c.apart, c.name = l{0, 2, 3}, true, fmt.Sprint(c.in, c.attr)
	}
	runAll(t, all)
}

// halved keeps a border within half of the window, as poolings want it.
func halved(pads l) l {
	out := make(l, len(pads))
	for i, p := range pads {
		out[i] = p / 2
	}
	return out
}

// TestRandomBroadcasts draws shapes that broadcast, and what is cut, padded and reduced.
func TestRandomBroadcasts(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 1))
	var all []check
	for i := range 40 {
		full := list(r, between(r, 1, 4), 1, 3)
		part := func() l {
			s := append(l{}, full[r.IntN(len(full)+1):]...)
			for k := range s {
				if r.IntN(3) == 0 {
					s[k] = 1
				}
			}
			return s
		}
		operator := []string{"Add", "Sub", "Mul", "Div"}[i%4]
		all = append(all, check{op: operator, name: fmt.Sprint(full), in: []tensor.Tensor{random(r, part()...), positive(r, part()...)}})
		x := random(r, full...)
		axes, starts, ends, steps, pads := []int64{}, []int64{}, []int64{}, []int64{}, make([]int64, 2*len(full))
		for k, n := range full {
			axes = append(axes, int64(k))
			starts, ends = append(starts, int64(between(r, -n-1, n))), append(ends, int64(between(r, -n-1, n+1)))
			steps = append(steps, []int64{1, 2, -1, -2}[r.IntN(4)])
			pads[k], pads[len(full)+k] = int64(r.IntN(n)), int64(r.IntN(n))
		}
		all = append(all, check{op: "Slice", name: fmt.Sprint(full, starts, ends, steps), in: []tensor.Tensor{x, ints(starts...), ints(ends...), ints(axes...), ints(steps...)}},
			check{op: "Pad", name: fmt.Sprint(full, pads), attr: attr("mode", []string{"reflect", "edge", "wrap", "constant"}[i%4]), in: []tensor.Tensor{x, ints(pads...)}})
		picked := axes[:between(r, 1, len(axes))]
		all = append(all, check{op: []string{"ReduceMean", "ReduceMax", "ReduceL2", "ReduceLogSumExp"}[i%4], name: fmt.Sprint(full, picked),
			attr: attr("keepdims", r.IntN(2)), in: []tensor.Tensor{x, ints(picked...)}})
	}
	for i := range all {
		all[i].fixed = all[i].op == "Slice" || all[i].op == "Pad"
	}
	runAll(t, all)
}
