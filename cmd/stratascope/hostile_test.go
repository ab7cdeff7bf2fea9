package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"github.com/stratascope/stratascope/onnx"
)

// hostileFiles are fixtures that ask for more than there is, or for what lies elsewhere.
var hostileFiles = map[string]func() ([]byte, error){
	// Weights that lie elsewhere: each name is as long as that of the file that holds them.
	"up.onnx":       elsewhere("../secret.t"),
	"absolute.onnx": elsewhere("/etc/passwd"),
	"linked.onnx":   elsewhere("linked.data"),
	"piped.onnx":    elsewhere("piped.datas"),
	"short.onnx":    elsewhere("short.datas"),
	// Values that would fill the memory.
	"expand.onnx":  grown(&onnx.Node{OpType: "Expand", Inputs: []string{"some", "many"}}),
	"tile.onnx":    grown(&onnx.Node{OpType: "Tile", Inputs: []string{"x", "times"}}),
	"fill.onnx":    grown(&onnx.Node{OpType: "ConstantOfShape", Inputs: []string{"many"}}),
	"huge.onnx":    grown(&onnx.Node{OpType: "ConstantOfShape", Inputs: []string{"times"}}),
	"range.onnx":   grown(&onnx.Node{OpType: "Range", Inputs: []string{"zero", "most", "one"}}),
	"pad.onnx":     grown(&onnx.Node{OpType: "Pad", Inputs: []string{"x", "pads"}}),
	"itself.onnx":  itself,
	"nested.onnx":  nested,
	"control.onnx": control,
	// Files that say they are large.
	"bomb.npz":           bomb,
	"head.npy":           literal("\x93NUMPY\x02\x00\xff\xff\xff\x7f{"),
	"values.npy":         literal("\x93NUMPY\x01\x00\x76\x00" + fmt.Sprintf("%-117s\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (1073741824, 1073741824), }")),
	"head.safetensors":   literal("\x00\x00\x00\x00\x00\x00\x00\x40{}"),
	"values.safetensors": shard(`{"x":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,16]}}`),
	"wide.png":           wide,
	"images.gz":          images,
}

func literal(text string) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(text), nil }
}

func shard(head string) func() ([]byte, error) {
	return literal(string(binary.LittleEndian.AppendUint64(nil, uint64(len(head)))) + head + strings.Repeat("\x00", 16))
}

func written(m *onnx.Model) ([]byte, error) {
	var b bytes.Buffer
	err := m.Write(&b)
	return b.Bytes(), err
}

func version20(g *onnx.Graph) *onnx.Model {
	return &onnx.Model{IRVersion: 9, OpsetImports: []*onnx.Opset{{Version: 20}}, Graph: g}
}

// elsewhere is dense, whose weights lie in a file of this name.
func elsewhere(name string) func() ([]byte, error) {
	return func() ([]byte, error) {
		dir, err := os.MkdirTemp("", "")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "w.onnx")
		if err := version20(dense()).WriteFile(path, onnx.WriteOptions{ExternalFrom: 1}); err != nil {
			return nil, err
		}
		b, err := os.ReadFile(path)
		return bytes.ReplaceAll(b, []byte("w.onnx.data"), []byte(name)), err
	}
}

// grown is dense with a node that makes a value of terabytes, or of more than can be counted, which the output needs.
func grown(n *onnx.Node) func() ([]byte, error) {
	return func() ([]byte, error) {
		g := dense()
		n.Name, n.Outputs = "bad", []string{"large"}
		scalar := func(name string, v int64) *onnx.Tensor { return onnx.NewInt64Tensor(name, nil, []int64{v}) }
		g.Initializers = append(g.Initializers, onnx.NewFloatTensor("some", nil, []float32{0}), onnx.NewInt64Tensor("many", []int64{2}, []int64{1 << 31, 1 << 31}), onnx.NewInt64Tensor("times", []int64{2}, []int64{1 << 16, 1 << 16}), onnx.NewInt64Tensor("pads", []int64{4}, []int64{0, 0, 1 << 40, 1 << 40}),
			scalar("zero", 0), scalar("one", 1), scalar("most", 1<<40))
		g.Nodes[0].Inputs[0] = "fed"
		g.Nodes = append([]*onnx.Node{n, {Name: "cast", OpType: "Cast", Inputs: []string{"large"}, Outputs: []string{"floats"}, Attributes: []*onnx.Attribute{onnx.NewAttribute("to", int64(onnx.Float))}},
			{Name: "least", OpType: "ReduceMin", Inputs: []string{"floats"}, Outputs: []string{"least"}, Attributes: []*onnx.Attribute{onnx.NewAttribute("keepdims", int64(0))}},
			{Name: "add", OpType: "Add", Inputs: []string{"x", "least"}, Outputs: []string{"fed"}}}, g.Nodes...)
		return written(version20(g))
	}
}

// itself is dense whose activation is a function that calls itself.
func itself() ([]byte, error) {
	g := dense()
	call := func(in, out string) *onnx.Node {
		return &onnx.Node{Name: "call", OpType: "Again", Domain: "own", Inputs: []string{in}, Outputs: []string{out}}
	}
	g.Nodes[1] = call("h", "a")
	m := version20(g)
	m.OpsetImports = append(m.OpsetImports, &onnx.Opset{Domain: "own", Version: 1})
	m.Functions = []*onnx.Function{{Name: "Again", Domain: "own", Inputs: []string{"u"}, Outputs: []string{"v"}, Nodes: []*onnx.Node{call("u", "v")}, Opsets: m.OpsetImports}}
	return written(m)
}

// nested is a graph of branches within branches, 64 deep.
func nested() ([]byte, error) {
	leaf := &onnx.Graph{Name: "g", Outputs: []*onnx.ValueInfo{onnx.NewValue("o", onnx.Float)}, Nodes: []*onnx.Node{{OpType: "Identity", Inputs: []string{"x"}, Outputs: []string{"o"}}}}
	inner := leaf
	for range 64 {
		n := &onnx.Node{OpType: "If", Inputs: []string{"c"}, Outputs: []string{"o"}, Attributes: []*onnx.Attribute{onnx.NewAttribute("then_branch", inner), onnx.NewAttribute("else_branch", leaf)}}
		inner = &onnx.Graph{Name: "g", Outputs: leaf.Outputs, Nodes: []*onnx.Node{n}}
	}
	g := dense()
	g.Nodes = append(g.Nodes, inner.Nodes...)
	return written(version20(g))
}

// control is dense with layers named to write on the terminal and on the page.
func control() ([]byte, error) {
	g := dense()
	g.Nodes[0].Name, g.Nodes[2].Name = "fc1\x1b[2J\u202e</script><script>alert(1)</script>", "=fc2\r\n\x07"
	return written(version20(g))
}

// bomb is an archive of 32 MiB of zeros.
func bomb() ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	m, err := w.Create("x.npy")
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(m, "\x93NUMPY\x01\x00\x76\x00%-117s\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (8388608, 1), }"); err != nil {
		return nil, err
	}
	if _, err := m.Write(make([]byte, 32<<20)); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// images is a compressed IDX file of 32 MiB of zeros.
func images() ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(append([]byte{0, 0, 8, 3, 0, 0, 0x80, 0, 0, 0, 0, 32, 0, 0, 0, 32}, make([]byte, 32<<20)...)); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

// wide is a picture whose header says that it is a million pixels wide and high.
func wide() ([]byte, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		return nil, err
	}
	data := b.Bytes()
	binary.BigEndian.PutUint32(data[16:], 1<<20)
	binary.BigEndian.PutUint32(data[20:], 1<<20)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data, nil
}
