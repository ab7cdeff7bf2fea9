package receptive

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/onnx"
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

// measured returns for each wanted value how many positions of an axis of the input an element depends on at most:
// from the first to the last at which a change of the input changes it.
func measured(t *testing.T, g *graph.Graph, axis int, base tensor.Tensor, values []string) map[string]int {
	t.Helper()
	positions := base.Dim(axis)
	in := tensor.New(base.DType(), append([]int{positions + 1}, base.Shape()[1:]...)...)
	inner := 1
	for _, d := range base.Shape()[axis+1:] {
		inner *= d
	}
	for sample := range positions + 1 { // the last is unchanged
		for i := range base.Len() {
			moved := i/inner%positions == sample
			switch base.DType() {
			case tensor.Int64:
				v := base.Int64s()[i]
				if moved {
					v = (v + 5) % 11
				}
				in.Int64s()[sample*base.Len()+i] = v
			default:
				v := base.Float32s()[i]
				if moved {
					v += 50
				}
				in.Float32s()[sample*base.Len()+i] = v
			}
		}
	}
	p, err := native.Engine{}.Compile(t.Context(), g, engine.Options{Float64: true, Values: values})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	wanted := map[string]bool{}
	for _, name := range values {
		wanted[name] = true
	}
	out := map[string]int{}
	err = p.Run(t.Context(), map[string]tensor.Tensor{g.Inputs[0].Name: in}, func(name string, x tensor.Tensor) error {
		if !wanted[name] || x.Dim(0) != positions+1 {
			return nil
		}
		v, one := x.Float64s(), x.Len()/(positions+1)
		for i := range one {
			first, last, want := positions, -1, v[positions*one+i]
			for sample := range positions {
				if d := math.Abs(v[sample*one+i] - want); d > 1e-9*math.Abs(want)+1e-12 {
					first, last = min(first, sample), max(last, sample)
				}
			}
			out[name] = max(out[name], last-first+1)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
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
			base.Float32s()[i] = 1 + float32(i%5)/7
		}
		got := measured(t, g, 2, base, []string{b.last})[b.last]
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

// No element of a layer of an exported network depends on more than its field, and attention sees all.
func TestFieldsHoldOnExportedNetworks(t *testing.T) {
	files, err := filepath.Glob("../../internal/golden/testdata/f*/*.onnx")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d networks, want 30: %v", len(files), err)
	}
	finite, whole := 0, 0
	for _, file := range files {
		m, err := onnx.Read(file, onnx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		g, err := canonical.Import(t.Context(), m, canonical.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Inputs) > 1 || slices.ContainsFunc(g.Nodes, func(n graph.Node) bool { return n.Op == "InstanceNormalization" || n.Op == "GroupNormalization" }) {
			continue // statistics of groups and instances see the whole map, and are not counted
		}
		v, one := g.Inputs[0], []int{1}
		for _, d := range v.Shape[1:] {
			one = append(one, d.Size)
		}
		base := tensor.New(v.DType, one...)
		for i := range base.Len() {
			switch v.DType {
			case tensor.Int64:
				base.Int64s()[i] = int64(i * 3 % 11)
			default:
				base.Float32s()[i] = float32(math.Sin(float64(i)))
			}
		}
		f := Of(g)
		var outputs []string
		for _, l := range g.Layers {
			outputs = append(outputs, l.Output)
		}
		for axis := 1; axis < len(one); axis++ {
			got := measured(t, g, axis, base, outputs)
			for _, l := range g.Layers {
				for _, e := range f.At(l.Output) {
					if e.Axis != axis {
						continue
					}
					if float64(got[l.Output]) > math.Ceil(e.Longest) {
						t.Errorf("%s, layer %s: sees %d positions of axis %d, beyond %+v", filepath.Base(file), l.Name, got[l.Output], axis, e)
					}
					if e.Longest == Whole {
						whole++
					} else {
						finite++
					}
				}
			}
		}
	}
	if finite < 300 || whole < 300 {
		t.Errorf("%d fields of windows and %d of whole axes, want 300 of each", finite, whole)
	}
}
