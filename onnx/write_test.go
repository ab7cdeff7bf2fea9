package onnx

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

func written(t testing.TB, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRoundTrip reads files of Python's protobuf, unknown fields and explicit defaults included, and writes the same bytes.
func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"types.onnx", "external.onnx", "nested.onnx", "written.onnx", "beside.onnx"} {
		before, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		m := read(t, "testdata/"+name)
		if err := Check(m); err != nil {
			t.Error(err)
		}
		if after := written(t, m); !bytes.Equal(before, after) {
			t.Errorf("%s: %d bytes read, %d other bytes written", name, len(before), len(after))
		}
	}
}

// TestNested looks at what make.py put into the file.
func TestNested(t *testing.T) {
	m := read(t, "testdata/nested.onnx")
	var types []string
	for _, v := range append(m.Graph.Inputs, m.Graph.ValueInfos...) {
		types = append(types, v.Name+" "+v.Type.String())
	}
	want := []string{"x FLOAT[N,3]", "c BOOL[]", "s sequence(INT64[2])", "o optional(FLOAT[])", "m map(STRING,FLOAT[0])", "w sparse FLOAT[4,4]", "n ?"}
	if !slices.Equal(types, want) {
		t.Errorf("types %q, want %q", types, want)
	}
	f := m.Function(m.Graph.Nodes[1])
	if f == nil || f.Nodes[0].Attr("alpha").Ref != "slope" || f.Opset("ai.onnx") != 20 || m.Opset("own") != 1 || m.Opset("other") != 0 {
		t.Errorf("function is %+v", f)
	}
	if _, err := f.Nodes[0].Float("alpha", 0); err == nil || err.Error() != `attribute "alpha" refers to the function's parameter "slope", want a value` {
		t.Errorf("got %v", err)
	}
	g, err := m.Graph.Nodes[0].Graph("else_branch")
	if err != nil || g.Nodes[0].OpType != "Neg" {
		t.Errorf("branch is %v, %v", g, err)
	}
	if n := m.Graph.Nodes[0].Metadata; len(n) != 1 || n[0].Key != "pkg.torch.onnx.name_scopes" || n[0].Value != "['', 'act']" {
		t.Errorf("metadata is %v", n)
	}
	graphs := 0
	for range m.Graphs() {
		graphs++
	}
	if graphs != 3 {
		t.Errorf("%d graphs, want 3", graphs)
	}
}

// TestEdit makes sure that a changed field wins over what was kept of the old one, and that a message
// out of order and one written twice are understood as protobuf does.
func TestEdit(t *testing.T) {
	m := read(t, "testdata/nested.onnx") // its doc_string is there and empty
	m.DocString, m.Graph.Nodes[0].DocString = "new", "new"
	again, err := Parse(written(t, m), Limits{})
	if err != nil || again.DocString != "new" || again.Graph.Nodes[0].DocString != "new" {
		t.Errorf("%v: notes are %q and %q", err, again.DocString, again.Graph.Nodes[0].DocString)
	}
	twice := append(wrap(7, nil), append(wrap(2, []byte("one")), wrap(2, []byte("two"))...)...)
	if m, err = Parse(twice, Limits{}); err != nil || m.ProducerName != "two" {
		t.Errorf("%v: producer is %q, want the last", err, m.ProducerName)
	}
	// A default that is kept behind an unknown field of a higher number.
	kept := append(wrap(7, nil), append(wrap(900, []byte("unknown")), wrap(2, nil)...)...)
	if m, err = Parse(append(kept, wrap(2, []byte("last"))...), Limits{}); err != nil {
		t.Fatal(err)
	}
	if again, err = Parse(written(t, m), Limits{}); err != nil || again.ProducerName != "last" {
		t.Errorf("%v: producer is %q, want the last", err, again.ProducerName)
	}
}

// TestPacked reads lists that proto3 writers pack and proto2 does not.
func TestPacked(t *testing.T) {
	dims := wrap(1, []byte{2, 0xac, 0x02})
	attribute := append(wrap(8, []byte{1, 2}), protowire.AppendVarint(protowire.AppendTag(nil, 8, protowire.VarintType), math.MaxUint64)...)
	attribute = append(append(wrap(1, []byte("k")), attribute...), 0xa0, 0x01, 7)
	m, err := Parse(wrap(7, append(wrap(5, dims), wrap(1, wrap(5, attribute))...)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if d := m.Graph.Initializers[0].Dims; !slices.Equal(d, []int64{2, 300}) {
		t.Errorf("sizes %v, want [2 300]", d)
	}
	if v, err := m.Graph.Nodes[0].Ints("k"); err != nil || !slices.Equal(v, []int64{1, 2, -1}) {
		t.Errorf("list %v, %v, want [1 2 -1]", v, err)
	}
}

// TestAttributes writes and reads every kind.
func TestAttributes(t *testing.T) {
	w := NewFloatTensor("w", []int64{1}, []float32{1})
	sparse := &SparseTensor{Values: w, Indices: NewInt64Tensor("i", []int64{1}, []int64{0}), Dims: []int64{4}}
	graph := &Graph{Name: "g"}
	typ := NewValue("", Int64, Fixed(0), Param("N"), Dim{}).Type
	n := &Node{OpType: "Any"}
	for i, v := range []any{float32(0), int64(-1), "", w, graph, []float32{1, float32(math.Inf(1))}, []int64{0, math.MinInt64}, []string{"", "b"},
		[]*Tensor{w, w}, []*Graph{graph}, sparse, []*SparseTensor{sparse}, typ, []*Type{typ, typ}} {
		a := NewAttribute(string(rune('a'+i)), v)
		if int(a.Type) != i+1 {
			t.Errorf("%T is %v, want %v", v, a.Type, AttributeType(i+1))
		}
		n.Attributes = append(n.Attributes, a)
	}
	m := small()
	m.Graph.Nodes = append(m.Graph.Nodes, n)
	if err := Check(m); err != nil {
		t.Error(err)
	}
	first := written(t, m)
	again, err := Parse(first, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range again.Graph.Nodes[2].Attributes {
		if want := n.Attributes[i]; a.Type != want.Type || reflect.TypeOf(a.Value) != reflect.TypeOf(want.Value) {
			t.Errorf("%v came back as %v %T", want.Type, a.Type, a.Value)
		} else if i < 3 || i >= 5 && i < 8 {
			if !reflect.DeepEqual(a.Value, want.Value) {
				t.Errorf("%v %v came back as %v", a.Type, want.Value, a.Value)
			}
		}
	}
	if !bytes.Equal(first, written(t, again)) {
		t.Error("written again it is other bytes")
	}
}

func TestGetters(t *testing.T) {
	n := &Node{Attributes: []*Attribute{NewAttribute("axis", -1), NewAttribute("mode", "linear")}}
	if v, err := n.Int("axis", 7); v != -1 || err != nil {
		t.Errorf("axis is %d, %v", v, err)
	}
	if v, err := n.Int("other", 7); v != 7 || err != nil {
		t.Errorf("other is %d, %v, want the default", v, err)
	}
	if v, err := n.Ints("other"); v != nil || err != nil {
		t.Errorf("other is %v, %v, want nil", v, err)
	}
	if _, err := n.Int("mode", 0); err == nil || err.Error() != `attribute "mode" is STRING, want INT` {
		t.Errorf("got %v", err)
	}
	if _, err := n.Tensor("value"); err == nil || err.Error() != `attribute "value": attribute is missing` {
		t.Errorf("got %v", err)
	}
}

// TestWriteFile moves content out of the model and in again.
func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.onnx")
	w := NewFloatTensor("w", []int64{2000}, make([]float32, 2000))
	w.Raw[4] = 9
	m := read(t, "testdata/external.onnx")
	m.Graph.Initializers = append(m.Graph.Initializers, w)
	constant := NewFloatTensor("", []int64{2}, []float32{1, 2})
	m.Graph.Nodes = append(m.Graph.Nodes, &Node{OpType: "Constant", Outputs: []string{"k"}, Attributes: []*Attribute{NewAttribute("value", constant)}})
	if err := m.WriteFile(path, WriteOptions{ExternalFrom: 8}); err != nil {
		t.Fatal(err)
	}
	beside := read(t, path)
	compareTensors(t, m, beside)
	if k, err := beside.Graph.Nodes[1].Tensor("value"); err != nil || k.IsExternal() {
		t.Errorf("the constant was moved out of the model, %v", err)
	}
	if got := entries(beside.Graph.Initializers[2]); got != "location=out.onnx.data offset=8192 length=8000" {
		t.Errorf("w lies at %s", got)
	}
	if err := beside.WriteFile(path, WriteOptions{}); err == nil || err.Error() != "out.onnx: is there already, want a new name" {
		t.Errorf("got %v", err)
	}
	if err := beside.WriteFile(path, WriteOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	inside := read(t, path)
	compareTensors(t, m, inside)
	if inside.Graph.Initializers[2].IsExternal() {
		t.Error("w is beside the model still")
	}
	compareTensors(t, m, beside) // whose data lies where it lay
	if err := inside.WriteFile(path, WriteOptions{ExternalFrom: 1, Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	compareTensors(t, m, read(t, path))
	names := []string{}
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		names = append(names, f.Name())
	}
	if want := []string{"out.onnx", "out.onnx.2.data", "out.onnx.data"}; !slices.Equal(names, want) {
		t.Errorf("folder holds %q, want %q", names, want)
	}
}

func entries(t *Tensor) string {
	var all []string
	for _, kv := range t.External {
		all = append(all, kv.Key+"="+kv.Value)
	}
	return strings.Join(all, " ")
}

func compareTensors(t *testing.T, a, b *Model) {
	t.Helper()
	for i, x := range a.Graph.Initializers {
		want, err := x.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Graph.Initializers[i].Bytes()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("tensor %q: %d bytes, %v, want %d others", x.Name, len(got), err, len(want))
		}
	}
}

// TestWriteFileFails makes sure that a failure leaves nothing behind.
func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	m, err := Parse(beside("location", "w.bin"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []int{0, 1} {
		if err := m.WriteFile(filepath.Join(dir, "out.onnx"), WriteOptions{ExternalFrom: from}); err == nil {
			t.Error("data that cannot be had was written")
		}
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("%d files are left, want none", len(files))
	}
}
