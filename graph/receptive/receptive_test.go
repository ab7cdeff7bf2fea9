package receptive

import (
	"fmt"
	"math"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A net is a graph in the making; each step reads the value of the last and returns the name of its own.
type net struct {
	g    *graph.Graph
	last string
}

func newNet(sizes ...int) *net {
	v := graph.Value{Name: "input", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "N"}}}
	for _, s := range sizes {
		v.Shape = append(v.Shape, graph.Dim{Size: s})
	}
	return &net{&graph.Graph{Inputs: []graph.Value{v}, Weights: map[string]tensor.Tensor{}}, "input"}
}

func (b *net) node(operator string, a op.Attributes, inputs ...string) string {
	b.last = fmt.Sprintf("%s%d", operator, len(b.g.Nodes))
	b.g.Nodes = append(b.g.Nodes, graph.Node{Name: b.last, Op: operator, Inputs: inputs, Outputs: []string{b.last}, Attributes: a})
	return b.last
}

func (b *net) weight(t tensor.Tensor) string {
	name := fmt.Sprintf("weight%d", len(b.g.Weights))
	b.g.Weights[name] = t
	return name
}

func (b *net) ints(v ...int64) string { return b.weight(tensor.Of(v, len(v))) }

// filter is a weight of positive values.
func (b *net) filter(shape ...int) string {
	n, _ := tensor.Count(shape)
	v := make([]float32, n)
	for i := range v {
		v[i] = 0.1 + float32(i%3)/10
	}
	return b.weight(tensor.Of(v, shape...))
}

// conv moves a window of k along the one axis of positions, of one channel, padded so that positions stay.
func (b *net) conv(k, stride, dilation int64) string {
	pad := (k - 1) * dilation / 2
	return b.node("Conv", op.Attributes{"strides": []int64{stride}, "dilations": []int64{dilation}, "pads": []int64{pad, pad}}, b.last, b.filter(1, 1, int(k)))
}

func (b *net) pool(operator string, k, stride int64) string {
	return b.node(operator, op.Attributes{"kernel_shape": []int64{k}, "strides": []int64{stride}}, b.last)
}

func (b *net) done() *graph.Graph {
	b.g.Outputs = []string{b.last}
	b.g.Values = shape.Infer(b.g)
	return b.g
}

// The vector of METHODS 15.
func TestVectors(t *testing.T) {
	b := newNet(1, 32, 32)
	conv := func() string {
		return b.node("Conv", op.Attributes{"pads": []int64{1, 1, 1, 1}}, b.last, b.filter(1, 1, 3, 3))
	}
	names := []string{conv(), conv()}
	names = append(names, b.node("MaxPool", op.Attributes{"kernel_shape": []int64{2, 2}, "strides": []int64{2, 2}}, b.last))
	names = append(names, conv())
	f := Of(b.done())
	for i, want := range []float64{3, 5, 6, 10} {
		for _, e := range f.At(names[i]) {
			if e.Axis > 1 && (e.Shortest != want || e.Longest != want) {
				t.Errorf("TV-13: %s sees %v to %v of axis %d, want %v", names[i], e.Shortest, e.Longest, e.Axis, want)
			}
		}
	}
}

// The fields that Araujo et al. (2019, table 1) give.
func TestPublishedNetworks(t *testing.T) {
	vgg := newNet(1, 512)
	for _, convs := range []int{2, 2, 3, 3, 3} {
		for range convs {
			vgg.conv(3, 1, 1)
		}
		vgg.pool("MaxPool", 2, 2)
	}
	mobile := newNet(1, 512)
	mobile.conv(3, 2, 1)
	for _, stride := range []int64{1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1} {
		mobile.conv(3, stride, 1)
		mobile.conv(1, 1, 1)
	}
	resnet := newNet(1, 512)
	resnet.conv(7, 2, 1)
	resnet.pool("MaxPool", 3, 2)
	for stage, units := range []int{3, 4, 6, 3} {
		for unit := range units {
			stride, in := int64(1), resnet.last
			if unit == units-1 && stage < 3 {
				stride = 2
			}
			resnet.conv(1, 1, 1)
			resnet.conv(3, stride, 1)
			long := resnet.conv(1, 1, 1)
			resnet.last = in
			if stride == 2 {
				in = resnet.conv(1, 2, 1)
			}
			resnet.node("Add", nil, long, in)
		}
	}
	for _, c := range []struct {
		name              string
		b                 *net
		longest, shortest float64
		step              float64
	}{{"VGG-16", vgg, 212, 212, 32}, {"MobileNet v1", mobile, 315, 315, 32}, {"ResNet-50 v1", resnet, 483, 11, 32}} {
		f := Of(c.b.done())
		e := f.At(c.b.last)[1]
		if e.Axis != 2 || e.Longest != c.longest || e.Shortest != c.shortest || e.Step != c.step {
			t.Errorf("%s: %+v, want %v to %v in steps of %v", c.name, e, c.shortest, c.longest, c.step)
		}
	}
}

// Against what changes: windows of all kinds, with joined paths and positions that come back.
func TestFieldsAreWhatIsSeen(t *testing.T) {
	const size = 96
	for name, build := range map[string]func(b *net){
		"dilated": func(b *net) { b.conv(3, 1, 1); b.conv(3, 2, 2); b.conv(5, 1, 3) },
		"pooled":  func(b *net) { b.conv(5, 2, 1); b.pool("MaxPool", 3, 2); b.pool("AveragePool", 2, 2); b.conv(3, 1, 1) },
		"transposed": func(b *net) {
			b.conv(3, 2, 1)
			b.node("ConvTranspose", op.Attributes{"strides": []int64{2}}, b.last, b.filter(1, 1, 4))
			b.conv(3, 1, 1)
		},
		"transposed by 5": func(b *net) {
			b.conv(3, 3, 1)
			b.node("ConvTranspose", op.Attributes{"strides": []int64{2}}, b.last, b.filter(1, 1, 5))
		},
		"interpolated": func(b *net) {
			b.pool("AveragePool", 2, 2)
			b.node("Resize", op.Attributes{"mode": "linear", "coordinate_transformation_mode": "half_pixel"}, b.last, "", b.weight(tensor.Of([]float32{1, 1, 2}, 3)))
		},
		"blocks": func(b *net) {
			b.node("Reshape", nil, b.last, b.ints(-1, 1, size/2, 2))
			b.node("SpaceToDepth", op.Attributes{"blocksize": int64(2)}, b.last)
			b.node("Conv", op.Attributes{"pads": []int64{1, 0, 1, 0}}, b.last, b.filter(4, 4, 3, 1))
			b.node("DepthToSpace", op.Attributes{"blocksize": int64(2)}, b.last)
			b.node("Conv", op.Attributes{"pads": []int64{1, 0, 1, 0}}, b.last, b.filter(1, 1, 3, 1))
		},
		"patches of patches": func(b *net) {
			b.node("Reshape", nil, b.last, b.ints(-1, size/4, 4))
			b.node("Einsum", op.Attributes{"equation": "npk,kc->ncp"}, b.last, b.filter(4, 3))
			b.node("Conv", op.Attributes{"pads": []int64{1, 1}}, b.last, b.filter(1, 3, 3))
		},
		"one place": func(b *net) {
			b.conv(5, 1, 1)
			b.node("Gather", op.Attributes{"axis": int64(2)}, b.last, b.weight(tensor.Scalar(int64(40))))
			b.node("Gemm", op.Attributes{"transB": int64(1)}, b.last, b.filter(3, 1))
		},
		"of both": func(b *net) {
			b.node("Reshape", nil, b.last, b.ints(-1, size))
			b.node("Transpose", nil, b.last)
			b.node("Gemm", op.Attributes{"transA": int64(1)}, b.last, b.filter(size, 3))
		},
		"turned round": func(b *net) {
			in := b.conv(3, 1, 1)
			b.node("Slice", nil, b.last, b.ints(-1), b.ints(-size-1), b.ints(2), b.ints(-1))
			b.node("Add", nil, b.last, in)
		},
		"backwards": func(b *net) {
			b.conv(3, 2, 1)
			b.node("Slice", nil, b.last, b.ints(-1), b.ints(-size-1), b.ints(2), b.ints(-1))
			b.conv(3, 1, 1)
		},
		"moved round": func(b *net) {
			in := b.last
			head := b.node("Slice", nil, in, b.ints(0), b.ints(10), b.ints(2))
			tail := b.node("Slice", nil, in, b.ints(10), b.ints(size), b.ints(2))
			b.node("Concat", op.Attributes{"axis": int64(2)}, tail, head)
			b.conv(3, 1, 1)
		},
		"windows": func(b *net) {
			b.node("Reshape", nil, b.last, b.ints(-1, size/8, 8))
			in := b.last
			b.node("ReduceMean", op.Attributes{"keepdims": int64(1)}, b.last, b.ints(2))
			b.node("Mul", nil, b.last, in)
			b.node("Reshape", nil, b.last, b.ints(-1, 1, size))
			b.conv(5, 1, 1)
		},
		"joined": func(b *net) {
			in := b.last
			long := b.conv(7, 1, 1)
			b.last = in
			b.node("Add", nil, long, b.conv(3, 1, 1))
			b.conv(3, 1, 1)
		},
		"up again": func(b *net) {
			in := b.conv(3, 1, 1)
			b.conv(3, 2, 1)
			b.conv(3, 1, 1)
			b.node("Resize", op.Attributes{"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
				b.last, "", b.weight(tensor.Of([]float32{1, 1, 2}, 3)))
			b.node("Concat", op.Attributes{"axis": int64(1)}, in, b.last)
			b.node("Conv", nil, b.last, b.filter(1, 2, 2)) // two neighbours can come of two
		},
		"valid and cropped": func(b *net) {
			in := b.last
			b.node("Conv", nil, in, b.filter(1, 1, 5))
			long := b.node("Conv", nil, b.last, b.filter(1, 1, 3))
			b.node("Slice", nil, in, b.ints(3), b.ints(size-3), b.ints(2))
			b.node("Add", nil, b.last, long)
		},
		"difference": func(b *net) {
			in := b.conv(3, 1, 1)
			ahead := b.node("Slice", nil, in, b.ints(4), b.ints(size), b.ints(2))
			behind := b.node("Slice", nil, in, b.ints(0), b.ints(-4), b.ints(2))
			b.node("Sub", nil, ahead, behind)
		},
		"halves": func(b *net) {
			b.g.Nodes = append(b.g.Nodes, graph.Node{Op: "Split", Inputs: []string{b.last, b.ints(size/2, size/2)}, Outputs: []string{"left", "right"}, Attributes: op.Attributes{"axis": int64(2)}})
			b.node("Sub", nil, "right", "left")
		},
		"places": func(b *net) {
			in := b.last
			some := b.node("Gather", op.Attributes{"axis": int64(2)}, in, b.ints(10, 11, 12, 13))
			b.node("Sub", nil, some, b.node("Slice", nil, in, b.ints(-92), b.ints(-88), b.ints(2)))
		},
		"behind zeros": func(b *net) {
			in := b.last
			b.node("Shape", nil, in)
			b.node("Slice", nil, b.last, b.ints(0), b.ints(1))
			b.node("Concat", op.Attributes{"axis": int64(0)}, b.last, b.ints(1, 3))
			zeros := b.node("ConstantOfShape", op.Attributes{"value": tensor.Of([]float32{0}, 1)}, b.last)
			b.node("Concat", op.Attributes{"axis": int64(2)}, zeros, in)
			b.node("Slice", nil, b.last, b.ints(0), b.ints(size), b.ints(2))
			b.node("Add", nil, b.last, in)
		},
		"same and behind": func(b *net) {
			in := b.last
			long := b.node("Conv", op.Attributes{"auto_pad": "SAME_UPPER"}, in, b.filter(1, 1, 4))
			b.node("Pad", nil, in, b.ints(0, 0, 2, 0, 0, -2))
			b.node("Add", nil, b.last, long)
		},
		"interpolated aside": func(b *net) {
			in := b.last
			small := b.node("Resize", op.Attributes{"mode": "linear"}, in, "", b.weight(tensor.Of([]float32{1, 1, 0.25}, 3)))
			b.last = in
			b.node("Add", nil, small, b.conv(1, 4, 1))
		},
		"transposed aside": func(b *net) {
			in := b.last
			b.conv(1, 3, 1)
			long := b.node("ConvTranspose", op.Attributes{"strides": []int64{3}, "pads": []int64{2, 2}}, b.last, b.filter(1, 1, 7))
			b.node("Add", nil, long, in)
		},
		"padded apart": func(b *net) {
			in := b.conv(3, 1, 1)
			left := b.node("Pad", nil, in, b.ints(0, 0, 2, 0, 0, 0))
			right := b.node("Pad", nil, in, b.ints(0, 0, 0, 0, 0, 2))
			b.node("Add", nil, left, right)
		},
		"same": func(b *net) {
			in := b.last
			b.node("Conv", op.Attributes{"auto_pad": "SAME_UPPER"}, in, b.filter(1, 1, 4))
			b.node("Add", nil, b.last, in)
		},
		"cropped": func(b *net) {
			b.conv(3, 1, 1)
			b.node("Slice", nil, b.last, b.ints(4), b.ints(80), b.ints(2), b.ints(2))
			b.conv(3, 1, 1)
		},
		"patches": func(b *net) {
			b.conv(3, 1, 1)
			b.node("Reshape", nil, b.last, b.ints(-1, 1, size/8, 8))
			b.node("Transpose", op.Attributes{"perm": []int64{0, 2, 1, 3}}, b.last)
			b.node("Reshape", nil, b.last, b.ints(-1, size/8, 8))
			b.node("MatMul", nil, b.last, b.filter(8, 5)) // 8 positions with a window of 3
		},
		"to and fro": func(b *net) {
			b.conv(3, 1, 1)
			b.node("Reshape", nil, b.last, b.ints(-1, size/8, 2, 4))
			b.node("Reshape", nil, b.last, b.ints(-1, 1, size))
			b.conv(3, 1, 1)
		},
		"whole": func(b *net) {
			b.node("Reshape", nil, b.last, b.ints(-1, size/8, 8))
			b.node("Reshape", nil, b.last, b.ints(-1, 1, size))
			b.node("GlobalAveragePool", nil, b.last)
		},
		"gated": func(b *net) {
			in := b.conv(3, 1, 1)
			b.node("ReduceMean", op.Attributes{"keepdims": int64(1)}, b.last, b.ints(2))
			b.node("Mul", nil, in, b.last)
		},
	} {
		b := newNet(1, size)
		build(b)
		g := b.done()
		base := tensor.New(tensor.Float32, 1, 1, size)
		for i := range size {
			base.Float32s()[i] = 1 + float32(i%5)/1000 // so that a change makes each the largest
		}
		got := measured(t, g, map[string]tensor.Tensor{"input": base}, "input", 2)[b.last]
		e := Of(g).At(b.last)[1]
		if name == "windows" { // of 8, in which an element can lie anywhere
			if got != 16 || e.Longest != Whole {
				t.Errorf("%s: sees %d positions, %+v", name, got, e)
			}
			continue
		}
		if want := min(size, int(math.Ceil(min(e.Longest, size)))); got != want || e.Shortest > e.Longest {
			t.Errorf("%s: sees %d positions, want %+v", name, got, e)
		}
		if gated := name == "gated"; gated && e.Shortest != 3 || (name == "whole" || gated) && e.Longest != Whole {
			t.Errorf("%s: %+v", name, e)
		}
		if name == "joined" && e.Shortest != 5 {
			t.Errorf("%s: %+v, want 5 along the shorter path", name, e)
		}
	}
}
