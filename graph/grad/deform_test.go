package grad_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/engine/enginetest"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

func TestDeformConv(t *testing.T) {
	r := rand.New(rand.NewPCG(18, 1))
	// samples, channels, filters, groups, groups of offsets, rows, columns of the kernel and of the result
	in := func(n, c, m, g, moves, kh, kw, oh, ow int, h, w int) []tensor.Tensor {
		return []tensor.Tensor{random(r, n, c, h, w), random(r, n, moves*kh*kw*2, oh, ow), random(r, n, moves*kh*kw, oh, ow), random(r, m, c/g, kh, kw), random(r, m)}
	}
	order := func(in []tensor.Tensor, mask, bias bool) []tensor.Tensor {
		out := []tensor.Tensor{in[0], in[3], in[1], {}, {}}
		if bias {
			out[3] = in[4]
		}
		if mask {
			out[4] = in[2]
		}
		return out
	}
	list := []check{
		{name: "plain", in: order(in(1, 2, 3, 1, 1, 2, 2, 2, 3, 3, 4), false, false)},
		{name: "mask and bias", attr: attr("pads", l{1, 0, 1, 2}), in: order(in(2, 2, 2, 1, 1, 3, 2, 3, 5, 3, 4), true, true)},
		{name: "groups", attr: attr("group", 2, "offset_group", 4, "strides", l{2, 1}, "pads", l{1, 1, 0, 1}), in: order(in(2, 4, 4, 2, 4, 2, 3, 2, 4, 4, 4), true, true)},
		{name: "more groups of filters", attr: attr("group", 4, "offset_group", 2, "dilations", l{1, 2}), in: order(in(1, 4, 4, 4, 2, 1, 2, 3, 2, 3, 4), true, false)},
		{name: "one pixel", in: order(in(2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), true, true)},
	}
	for range 3 { // at random
		h, w, kh, kw, s, d, p := 3+r.IntN(3), 3+r.IntN(3), 1+r.IntN(3), 1+r.IntN(2), 1+r.IntN(2), 1+r.IntN(2), 1+r.IntN(2)
		oh, ow := (h+2*p-d*(kh-1)-1)/s+1, (w+2*p-d*(kw-1)-1)/s+1
		g, moves := 1+r.IntN(2), 1+r.IntN(2)
		list = append(list, check{name: fmt.Sprint(h, w, kh, kw, s, d, p, g, moves), attr: attr("group", g, "offset_group", moves, "strides", l{s, s}, "dilations", l{d, d}, "pads", l{p, p, p, p}),
			in: order(in(1+r.IntN(2), 4, 2, g, moves, kh, kw, oh, ow, h, w), r.IntN(2) == 0, r.IntN(2) == 0)})
	}
	for i := range list {
		list[i].op = "DeformConv"
		list[i].held = l{1, 3}
		list[i].open = []l{{0}, {0, 2, 3}}[i%2]
	}
	runAll(t, list)
}

// TestTorchvision compares with torchvision's gradients (testdata/make_torchvision.py says which version).
func TestTorchvision(t *testing.T) {
	all := enginetest.Archive(t, "testdata/torchvision.npz")
	for _, c := range []struct {
		name, operator string
		attr           op.Attributes
	}{
		{"plain", "DeformConv", attr("pads", l{1, 1, 1, 1})},
		{"groups", "DeformConv", attr("group", 2, "offset_group", 4, "strides", l{2, 1}, "pads", l{1, 0, 1, 0}, "dilations", l{1, 2})},
		{"still", "DeformConv", attr("pads", l{1, 1, 1, 1})},
		{"pool", "MaxRoiPool", attr("pooled_shape", l{3, 2}, "spatial_scale", float32(0.5))},
	} {
		k := &check{op: c.operator, attr: c.attr}
		for i := 0; all[fmt.Sprintf("%s.x%d", c.name, i)].Valid(); i++ {
			k.in = append(k.in, all[fmt.Sprintf("%s.x%d", c.name, i)])
			if !all[fmt.Sprintf("%s.grad.x%d", c.name, i)].Valid() {
				k.skip = append(k.skip, i)
			}
		}
		g, feeds := k.graph(false)
		wrt := k.wrt(feeds)
		r, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "y0", By: "by"}}, Values: wrt})
		if err != nil {
			t.Fatal(err)
		}
		feeds["by"] = all[c.name+".by"]
		got := run(t, r.Graph, feeds, names(r, wrt), true)
		for _, name := range wrt {
			want, d := all[c.name+".grad."+name], got[r.Names[name]]
			if !slices.Equal(d.Shape(), want.Shape()) {
				t.Fatalf("%s: gradient of %s has shape %v, want %v", c.name, name, d.Shape(), want.Shape())
			}
			for i, w := range want.Float64s() {
				if math.Abs(d.Float64s()[i]-w) > 1e-10 {
					t.Errorf("%s: gradient of %s at %d is %g, torchvision's is %g", c.name, name, i, d.Float64s()[i], w)
					break
				}
			}
		}
	}
}
