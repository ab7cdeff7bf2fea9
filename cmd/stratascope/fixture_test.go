package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/dataset/safetensors"
	"github.com/stratascope/stratascope/internal/siblings"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// Fixtures are small networks and data that a test script asks for by name. All are closed forms: what a
// check of them says can be worked out by hand.

// dense is a perceptron 8 -> 16 -> 4: hidden units 2k and 2k+1 read feature k (as it is and negated), and
// class c is the larger of features c and c+4, up to what the ReLU leaves.
func dense() *onnx.Graph {
	w1, w2 := make([]float32, 8*16), make([]float32, 16*4)
	for k := range 8 {
		w1[k*16+2*k], w1[k*16+2*k+1] = 1, -1
		w2[2*k*4+k%4], w2[(2*k+1)*4+k%4] = 1, -0.5
	}
	return &onnx.Graph{Name: "dense",
		Inputs:  []*onnx.ValueInfo{onnx.NewValue("x", onnx.Float, onnx.Param("N"), onnx.Fixed(8))},
		Outputs: []*onnx.ValueInfo{onnx.NewValue("logits", onnx.Float, onnx.Param("N"), onnx.Fixed(4))},
		Initializers: []*onnx.Tensor{
			onnx.NewFloatTensor("fc1.weight", []int64{8, 16}, w1), onnx.NewFloatTensor("fc1.bias", []int64{16}, make([]float32, 16)),
			onnx.NewFloatTensor("fc2.weight", []int64{16, 4}, w2), onnx.NewFloatTensor("fc2.bias", []int64{4}, make([]float32, 4)),
		},
		Nodes: []*onnx.Node{
			{Name: "fc1", OpType: "Gemm", Inputs: []string{"x", "fc1.weight", "fc1.bias"}, Outputs: []string{"h"}},
			{Name: "relu", OpType: "Relu", Inputs: []string{"h"}, Outputs: []string{"a"}},
			{Name: "fc2", OpType: "Gemm", Inputs: []string{"a", "fc2.weight", "fc2.bias"}, Outputs: []string{"logits"}},
		},
	}
}

// random is dense with an operator between its layers that no engine runs.
func random() *onnx.Graph {
	g := dense()
	g.Nodes[2].Inputs[0] = "b"
	g.Nodes = []*onnx.Node{g.Nodes[0], g.Nodes[1], {Name: "draw", OpType: "Bernoulli", Inputs: []string{"a"}, Outputs: []string{"b"}}, g.Nodes[2]}
	return g
}

// overflow is dense with a weight so large that feature 7 above 3 becomes infinite, and NaN behind it.
func overflow() *onnx.Graph {
	g := dense()
	w := make([]float32, 8*16)
	for k := range 8 {
		w[k*16+2*k], w[k*16+2*k+1] = 1, -1
	}
	w[7*16+14], w[7*16+15] = 1.2e38, 1.2e38
	g.Initializers[0] = onnx.NewFloatTensor("fc1.weight", []int64{8, 16}, w)
	return g
}

// colour tells three colours apart by the mean of their channels, which it wants as BGR from 0 to 255.
func colour() *onnx.Graph {
	w := []float32{0, 0, .1, 0, .1, 0, .1, 0, 0} // blue is class 2, green 1, red 0
	return &onnx.Graph{Name: "colour",
		Inputs:       []*onnx.ValueInfo{onnx.NewValue("x", onnx.Float, onnx.Param("N"), onnx.Fixed(3), onnx.Fixed(8), onnx.Fixed(8))},
		Outputs:      []*onnx.ValueInfo{onnx.NewValue("logits", onnx.Float, onnx.Param("N"), onnx.Fixed(3))},
		Initializers: []*onnx.Tensor{onnx.NewFloatTensor("fc.weight", []int64{3, 3}, w), onnx.NewFloatTensor("fc.bias", []int64{3}, make([]float32, 3))},
		Nodes: []*onnx.Node{
			{Name: "pool", OpType: "GlobalAveragePool", Inputs: []string{"x"}, Outputs: []string{"p"}},
			{Name: "flatten", OpType: "Flatten", Inputs: []string{"p"}, Outputs: []string{"f"}},
			{Name: "fc", OpType: "Gemm", Inputs: []string{"f", "fc.weight", "fc.bias"}, Outputs: []string{"logits"}},
		},
	}
}

// large is colour for pictures of 224 x 224 under the name that Hugging Face gives its input.
func large() *onnx.Graph {
	g := colour()
	g.Inputs = []*onnx.ValueInfo{onnx.NewValue("pixel_values", onnx.Float, onnx.Param("N"), onnx.Fixed(3), onnx.Fixed(224), onnx.Fixed(224))}
	g.Nodes[0].Inputs[0] = "pixel_values"
	return g
}

// slow is a convolution that takes long enough to be interrupted, then three classes by colour.
func slow() *onnx.Graph {
	r := rand.New(rand.NewPCG(1, 2))
	wide := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(r.NormFloat64()) / 20
		}
		return out
	}
	return &onnx.Graph{Name: "slow",
		Inputs:  []*onnx.ValueInfo{onnx.NewValue("x", onnx.Float, onnx.Param("N"), onnx.Fixed(3), onnx.Fixed(32), onnx.Fixed(32))},
		Outputs: []*onnx.ValueInfo{onnx.NewValue("logits", onnx.Float, onnx.Param("N"), onnx.Fixed(3))},
		Initializers: []*onnx.Tensor{onnx.NewFloatTensor("conv1.weight", []int64{64, 3, 3, 3}, wide(64*27)), onnx.NewFloatTensor("conv2.weight", []int64{64, 64, 3, 3}, wide(64*64*9)),
			onnx.NewFloatTensor("fc.weight", []int64{64, 3}, wide(64*3)), onnx.NewFloatTensor("fc.bias", []int64{3}, make([]float32, 3))},
		Nodes: []*onnx.Node{
			{Name: "conv1", OpType: "Conv", Inputs: []string{"x", "conv1.weight"}, Outputs: []string{"c1"}, Attributes: []*onnx.Attribute{onnx.NewAttribute("pads", []int64{1, 1, 1, 1})}},
			{Name: "relu1", OpType: "Relu", Inputs: []string{"c1"}, Outputs: []string{"r1"}},
			{Name: "conv2", OpType: "Conv", Inputs: []string{"r1", "conv2.weight"}, Outputs: []string{"c2"}, Attributes: []*onnx.Attribute{onnx.NewAttribute("pads", []int64{1, 1, 1, 1})}},
			{Name: "relu2", OpType: "Relu", Inputs: []string{"c2"}, Outputs: []string{"r2"}},
			{Name: "pool", OpType: "GlobalAveragePool", Inputs: []string{"r2"}, Outputs: []string{"p"}},
			{Name: "flatten", OpType: "Flatten", Inputs: []string{"p"}, Outputs: []string{"f"}},
			{Name: "fc", OpType: "Gemm", Inputs: []string{"f", "fc.weight", "fc.bias"}, Outputs: []string{"logits"}},
		},
	}
}

// heavy writes dense with a first layer of 2 GiB, which lie beside it and are a hole in the file.
func heavy(path string) error {
	m := &onnx.Model{IRVersion: 8, OpsetImports: []*onnx.Opset{{Version: 17}}, Graph: dense()}
	if err := m.WriteFile(path, onnx.WriteOptions{ExternalFrom: 1}); err != nil {
		return err
	}
	m, err := onnx.Read(path, onnx.Limits{})
	if err != nil {
		return err
	}
	w := m.Graph.Initializers[0]
	w.Dims = []int64{8, 1 << 26}
	for _, e := range w.External {
		switch e.Key {
		case "length":
			e.Value = strconv.Itoa(1 << 31)
		case "location":
			err = os.Truncate(filepath.Join(filepath.Dir(path), e.Value), 1<<31+1<<16)
		}
	}
	var b bytes.Buffer
	if err = errors.Join(err, m.Write(&b)); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

var networks = map[string]func() *onnx.Graph{"dense": dense, "unsupported": random, "overflow": overflow, "colour": colour, "large": large, "slow": slow}

// fixture makes one file or folder: NETWORK.onnx, or data by the name of what is special about them.
func fixture(dir, name string) error {
	path := filepath.Join(dir, name)
	if g, ok := networks[strings.TrimSuffix(name, ".onnx")]; ok && strings.HasSuffix(name, ".onnx") {
		m := &onnx.Model{IRVersion: 8, OpsetImports: []*onnx.Opset{{Version: 17}}, Graph: g()}
		return m.WriteFile(path, onnx.WriteOptions{})
	}
	if name == "heavy.onnx" {
		return heavy(path)
	}
	if f, ok := hostileFiles[name]; ok {
		b, err := f()
		if err != nil {
			return err
		}
		return os.WriteFile(path, b, 0o644)
	}
	if seed, ok := strings.CutPrefix(name, "sibling-"); ok {
		return sibling(path, strings.TrimSuffix(seed, ".onnx"), "")
	}
	switch name {
	case "cut.onnx":
		return sibling(path, "9", "fc4")
	case "healthy.onnx":
		return duplicate(golden+"cnn-1.onnx", path)
	case "sibling.onnx":
		return duplicate(golden+"cnn-2.onnx", path)
	case "images.npz":
		return duplicate(golden+"data.npz", path)
	case "overwritten.onnx":
		return overwritten(path, "features.6.weight")
	case "weights.safetensors":
		return tensors(path, 0, float32(math.NaN()))
	case "start.safetensors":
		return tensors(path, 0, 6)
	case "trained.safetensors":
		return tensors(path, 0.5, 6)
	case "call.pkl":
		return os.WriteFile(path, []byte("\x80\x02cposix\nsystem\nU\x04trueR."), 0o644)
	case "network.pkl":
		return os.WriteFile(path, []byte("\x80\x02ctorch.nn.modules.linear\nLinear\n)\x81."), 0o644)
	case "list.pkl":
		return os.WriteFile(path, []byte("\x80\x02]."), 0o644)
	case "rows.csv":
		return rows(path, 400, 400, nil)
	case "moved.csv": // labels moved on by one
		return relabelled(path, func(l int) int { return (l + 1) % 4 })
	case "from1.csv":
		return relabelled(path, func(l int) int { return l + 1 })
	case "undivided.csv":
		return undivided(path)
	case "few.csv":
		return rows(path, 31, 400, nil)
	case "shared.csv":
		return rows(path, 412, 400, func(split string, i int) int {
			if split == "val" && i < 49 {
				return -1 - i // the values of training sample i
			}
			return 0
		})
	case "wild.csv":
		return rows(path, 412, 400, func(split string, i int) int {
			if split == "val" && i < 3 {
				return 1
			}
			return 0
		})
	case "colours", "renamed":
		return colours(path, 8, 200, 120, name == "renamed")
	case "faint": // so that some are taken for another
		return colours(path, 8, 200, 7, false)
	case "copied":
		return copied(path)
	case "wide":
		return colours(path, 32, 130, 120, false)
	case "unlabelled":
		return pictures(path, 412, 28)
	case "grey":
		return grey(path)
	}
	return fmt.Errorf("no fixture %q", name)
}

// golden are networks trained on images, healthy ones.
const golden = "../../internal/golden/testdata/healthy/"

func duplicate(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

// sibling writes the network that was trained from a seed, with four directions left of a layer's weight if one is named.
func sibling(path, seed, layer string) error {
	n, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return err
	}
	g, err := siblings.Train(context.Background(), golden+"data.npz", n)
	if err != nil {
		return err
	}
	if layer != "" {
		if g, err = siblings.Cut(g, layer); err != nil {
			return err
		}
	}
	return siblings.Write(g, path)
}

// overwritten writes the healthy network with one weight drawn at random, of the size it had.
func overwritten(path, weight string) error {
	m, err := onnx.Read(golden+"cnn-1.onnx", onnx.Limits{})
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(5, 6))
	for i, t := range m.Graph.Initializers {
		if t.Name != weight {
			continue
		}
		n := 1
		for _, d := range t.Dims {
			n *= int(d)
		}
		w := make([]float32, n)
		for k := range w {
			w[k] = float32(r.NormFloat64() * 0.1)
		}
		m.Graph.Initializers[i] = onnx.NewFloatTensor(weight, t.Dims, w)
	}
	return m.WriteFile(path, onnx.WriteOptions{})
}

// tensors writes the weights of three layers. Those of fc1 and fc3 are moved by a step, fc2's are the same
// but for the last.
func tensors(path string, step, last float32) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	moved := func(n int) tensor.Tensor {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(i+1) + step
		}
		return tensor.Of(x, n/3, 3)
	}
	return safetensors.Write(f, []string{"fc1.weight", "fc2.weight", "fc10.weight"},
		map[string]tensor.Tensor{"fc1.weight": moved(6), "fc2.weight": tensor.Of([]float32{1, 2, 3, 4, 5, last}, 2, 3), "fc10.weight": moved(9)}, nil)
}

// rows writes a table of 8 features, one of which is raised by the label. Special changes a sample: a
// negative number takes the values of a training sample, 1 makes the last feature large.
func rows(path string, val, train int, special func(split string, i int) int) error {
	var b strings.Builder
	b.WriteString("id,split,label,f0,f1,f2,f3,f4,f5,f6,f7\n")
	values := func(split string, i int) (string, int) {
		r := rand.New(rand.NewPCG(uint64(i), uint64(len(split))))
		label := i % 4
		text := ""
		for k := range 8 {
			v := r.NormFloat64() * 0.6
			if k%4 == label {
				v++
			}
			if k == 7 {
				v = min(v, 2)
				if special != nil && special(split, i) == 1 {
					v = 5
				}
			}
			text += fmt.Sprintf(",%.5f", v)
		}
		return text, label
	}
	for _, part := range []struct {
		split string
		n     int
	}{{"val", val}, {"train", train}} {
		for i := range part.n {
			text, label := values(part.split, i)
			if special != nil && special(part.split, i) < 0 {
				text, label = values("train", -1-special(part.split, i))
			}
			fmt.Fprintf(&b, "%s/%04d,%s,%d%s\n", part.split, i, part.split, label, text)
		}
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

// relabelled writes a table of rows under other labels.
func relabelled(path string, label func(int) int) error {
	if err := rows(path, 400, 400, nil); err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	for i, line := range lines[1:] {
		cells := strings.Split(line, ",")
		l, err := strconv.Atoi(cells[2])
		if err != nil {
			return err
		}
		cells[2] = strconv.Itoa(label(l))
		lines[1+i] = strings.Join(cells, ",")
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

// undivided writes a table of rows without their splits.
func undivided(path string) error {
	if err := rows(path, 400, 400, nil); err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := strings.NewReplacer(",split,", ",", ",train,", ",", ",val,", ",").Replace(string(data))
	return os.WriteFile(path, []byte(text), 0o644)
}

// colours writes folders of pictures of three colours, each above the others by so much. Renamed, the folders
// sort otherwise than the network's outputs.
func colours(dir string, side, each int, above uint8, renamed bool) error {
	names := []string{"a-red", "b-green", "c-blue"}
	if renamed {
		names = []string{"b-red", "c-green", "a-blue"}
	}
	r := rand.New(rand.NewPCG(3, 4))
	for _, split := range []string{"train", "val"} {
		for c, name := range names {
			folder := filepath.Join(dir, split, name)
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return err
			}
			for i := range each {
				m := image.NewNRGBA(image.Rect(0, 0, side, side))
				for at := range side * side {
					v := [3]uint8{uint8(r.IntN(80)), uint8(r.IntN(80)), uint8(r.IntN(80))}
					v[c] += above
					m.Set(at%side, at/side, color.NRGBA{v[0], v[1], v[2], 255})
				}
				if err := encode(filepath.Join(folder, fmt.Sprintf("%03d.png", i)), m); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// copied is colours whose validation pictures are partly those of training: 16 of each class as they are, 3 but
// for one value.
func copied(dir string) error {
	if err := colours(dir, 8, 200, 120, false); err != nil {
		return err
	}
	for _, class := range []string{"a-red", "b-green", "c-blue"} {
		for i := range 19 {
			name := filepath.Join(class, fmt.Sprintf("%03d.png", i))
			b, err := os.ReadFile(filepath.Join(dir, "train", name))
			if err != nil {
				return err
			}
			if i >= 16 {
				m, err := png.Decode(bytes.NewReader(b))
				if err != nil {
					return err
				}
				other := image.NewNRGBA(m.Bounds())
				draw.Draw(other, m.Bounds(), m, image.Point{}, draw.Src)
				other.Pix[0] ^= 1
				if err := encode(filepath.Join(dir, "val", name), other); err != nil {
					return err
				}
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, "val", name), b, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// pictures writes grey pictures into one folder.
func pictures(dir string, n, side int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i := range n {
		m := image.NewGray(image.Rect(0, 0, side, side))
		m.Pix[i%len(m.Pix)] = uint8(1 + i)
		if err := encode(filepath.Join(dir, fmt.Sprintf("%03d.png", i)), m); err != nil {
			return err
		}
	}
	return nil
}

func grey(dir string) error {
	for _, split := range []string{"train", "val"} {
		for _, c := range []string{"one", "two"} {
			if err := pictures(filepath.Join(dir, split, c), 10, 28); err != nil {
				return err
			}
		}
	}
	return nil
}

func encode(path string, m image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return png.Encode(f, m)
}
