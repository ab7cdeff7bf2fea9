package culprit

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

const (
	side    = 28 // pixels of an image's edge
	classes = 10
)

// An Architecture is a kind of network with how it is trained.
type Architecture struct {
	Name  string
	New   func(seed uint64) *graph.Graph // untrained
	Rate  float64
	Batch int
}

// Architectures lists the five.
func Architectures() []Architecture {
	return []Architecture{
		{"perceptron", perceptron, 1e-3, 64},
		{"cnn", cnn, 3e-3, 64},
		{"resnet", resnet, 3e-3, 64},
		{"transformer", transformer, 2e-3, 64},
		{"mixer", mixer, 2e-3, 64},
	}
}

var he = math.Sqrt2

// perceptron has six hidden layers of 64 units.
func perceptron(seed uint64) *graph.Graph {
	b := newBuilder(seed, "perceptron", he)
	x, in := b.node("flatten", "Flatten", op.Attributes{"axis": int64(1)}, "input"), side*side
	for i := range 6 {
		name := fmt.Sprintf("fc%d", i+1)
		x, in = b.relu(name, b.linear(name, x, in, 64)), 64
	}
	return b.done(b.linear("head", x, in, classes))
}

// cnn has six convolutions with batch normalisation.
func cnn(seed uint64) *graph.Graph {
	b := newBuilder(seed, "cnn", he)
	x, in := "input", 1
	for i, s := range [][2]int{{16, 2}, {16, 1}, {24, 2}, {24, 1}, {32, 2}, {32, 1}} {
		name := fmt.Sprintf("conv%d", i+1)
		x = b.relu(name, b.batchNorm(name+".bn", b.conv(name, x, in, s[0], 3, s[1], false), s[0]))
		in = s[0]
	}
	return b.pooled(x, in)
}

// resnet has four blocks of two convolutions.
func resnet(seed uint64) *graph.Graph {
	b := newBuilder(seed, "resnet", he)
	x, in := b.relu("stem", b.batchNorm("stem.bn", b.conv("stem", "input", 1, 16, 3, 2, false), 16)), 16
	for i, s := range [][2]int{{16, 1}, {24, 2}, {32, 2}, {32, 1}} {
		name, out := fmt.Sprintf("block%d", i+1), s[0]
		y := b.relu(name+".conv1", b.batchNorm(name+".bn1", b.conv(name+".conv1", x, in, out, 3, s[1], false), out))
		y = b.batchNorm(name+".bn2", b.conv(name+".conv2", y, out, out, 3, 1, false), out)
		if in != out {
			x = b.batchNorm(name+".bn3", b.conv(name+".skip", x, in, out, 1, s[1], false), out)
		}
		x, in = b.relu(name, b.node(name, "Add", nil, y, x)), out
	}
	return b.pooled(x, in)
}

const (
	patch  = 7
	length = (side / patch) * (side / patch)
	width  = 40
	hidden = 80
)

// patches turns the image into tokens.
func (b *builder) patches() string {
	x := b.conv("embed", "input", 1, width, patch, patch, true)
	x = b.node("tokens", "Reshape", nil, x, b.ints("tokens.shape", 0, width, length))
	return b.transpose("tokens", x, 0, 2, 1)
}

// averaged gives the classes from the mean of the tokens.
func (b *builder) averaged(x string) *graph.Graph {
	x = b.layerNorm("norm", x, width)
	x = b.node("pool", "ReduceMean", op.Attributes{"keepdims": int64(0)}, x, b.ints("pool.axes", 1))
	return b.done(b.linear("head", x, width, classes))
}

// transformer has three pre-norm blocks with four heads.
func transformer(seed uint64) *graph.Graph {
	const heads = 4
	b := newBuilder(seed, "transformer", 1)
	b.weight("position", width, 1, length, width)
	b.g.Weights["scale"] = tensor.Scalar(float32(1 / math.Sqrt(width/heads)))
	b.ints("heads", 0, length, heads, width/heads)
	b.ints("merge", 0, length, width)
	x := b.node("position", "Add", nil, b.patches(), "position")
	for i := range 3 {
		name := fmt.Sprintf("block%d", i+1)
		y := b.layerNorm(name+".norm1", x, width)
		split := func(s string) string {
			return b.node(name+".attention", "Reshape", nil, b.tokens(name+"."+s, y, width, width), "heads")
		}
		q := b.transpose(name+".attention", split("query"), 0, 2, 1, 3)
		k := b.transpose(name+".attention", split("key"), 0, 2, 3, 1)
		v := b.transpose(name+".attention", split("value"), 0, 2, 1, 3)
		a := b.node(name+".attention", "Mul", nil, b.node(name+".attention", "MatMul", nil, q, k), "scale")
		a = b.node(name+".attention", "Softmax", op.Attributes{"axis": int64(-1)}, a)
		a = b.transpose(name+".attention", b.node(name+".attention", "MatMul", nil, a, v), 0, 2, 1, 3)
		a = b.node(name+".attention", "Reshape", nil, a, "merge")
		x = b.node(name, "Add", nil, x, b.tokens(name+".project", a, width, width))
		x = b.feed(name, x)
	}
	return b.averaged(x)
}

// feed is the second half of a block: a perceptron on each token.
func (b *builder) feed(name, x string) string {
	y := b.gelu(name+".expand", b.tokens(name+".expand", b.layerNorm(name+".norm2", x, width), width, hidden))
	return b.node(name, "Add", nil, x, b.tokens(name+".contract", y, hidden, width))
}

// mixer has three blocks, each a perceptron across tokens and one across units (Tolstikhin et al. 2021).
func mixer(seed uint64) *graph.Graph {
	b := newBuilder(seed, "mixer", 1)
	x := b.patches()
	for i := range 3 {
		name := fmt.Sprintf("block%d", i+1)
		y := b.transpose(name+".turn", b.layerNorm(name+".norm1", x, width), 0, 2, 1)
		y = b.gelu(name+".mix", b.tokens(name+".mix", y, length, 2*length))
		y = b.transpose(name+".turn", b.tokens(name+".unmix", y, 2*length, length), 0, 2, 1)
		x = b.feed(name, b.node(name, "Add", nil, x, y))
	}
	return b.averaged(x)
}
