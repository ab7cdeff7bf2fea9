package onnx

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/stratascope/stratascope/internal/allocated"
)

// wrap puts bytes into a field with a length.
func wrap(num protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), b)
}

// TestHostile parses small files that ask for much. None may take more than 64 MiB beyond its size.
func TestHostile(t *testing.T) {
	deep := func(levels int) []byte {
		b := []byte{}
		for range levels {
			b = wrap(1, wrap(5, append(wrap(6, b), 0xa0, 0x01, 5))) // graph.node.attribute.g, type GRAPH
		}
		return wrap(7, b)
	}
	types := []byte{}
	for range 40 {
		types = wrap(4, wrap(1, types)) // sequence of
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty nodes":      {wrap(7, bytes.Repeat([]byte{0x0a, 0}, 3<<20)), "what it describes needs more than 67108864 bytes beyond the file's own, limit reached"},
		"nodes":            {wrap(7, bytes.Repeat([]byte{0x0a, 0}, 11)), "graph: node 10: more than 10 nodes"},
		"names":            {wrap(7, wrap(1, bytes.Repeat([]byte{0x0a, 0}, 8<<20))), "graph: node 0: what it describes needs"},
		"integers":         {wrap(7, wrap(1, wrap(5, append(wrap(8, make([]byte, 9<<20)), 0xa0, 0x01, 7)))), `attribute 0: "": what it describes needs`},
		"sizes":            {wrap(7, wrap(5, wrap(1, make([]byte, 33)))), `initializer 0: tensor "": rank 33, want at most 32`},
		"many sizes":       {wrap(7, wrap(5, wrap(1, make([]byte, 9<<20)))), `initializer 0: tensor "": what it describes needs`},
		"scattered":        {wrap(7, bytes.Repeat([]byte{0xfa, 7, 0, 0x12, 1, 'a'}, 1<<16)), "graph: what it describes needs"},
		"graphs in graphs": {deep(33), "nested deeper than 32 levels"},
		"types in types":   {wrap(7, wrap(11, wrap(2, types))), "nested deeper than 32 levels"},
		"shape":            {wrap(7, wrap(11, wrap(2, wrap(1, wrap(2, bytes.Repeat([]byte{0x0a, 0}, 33)))))), "rank 33, want at most 32"},
	} {
		limits := Limits{}
		if name == "nodes" {
			limits.Nodes = 10
		}
		var err error
		allocated.Within(t, len(c.file), func() { _, err = Parse(c.file, limits) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	if _, err := Parse(deep(31), Limits{}); err != nil {
		t.Errorf("31 graphs inside one another are refused: %v", err)
	}
}

// TestDamaged parses a model cut at every byte, which must give an error or another model, never a panic.
func TestDamaged(t *testing.T) {
	var b bytes.Buffer
	if err := small().Write(&b); err != nil {
		t.Fatal(err)
	}
	for n := range b.Len() {
		if m, err := Parse(b.Bytes()[:n], Limits{}); err == nil {
			_ = Check(m)
		}
	}
}

// TestTypedRefused reads tensors whose typed data does not fit.
func TestTypedRefused(t *testing.T) {
	numbers := func(num protowire.Number, v ...uint64) []byte {
		var b []byte
		for _, u := range v {
			b = protowire.AppendVarint(b, u)
		}
		return wrap(num, b)
	}
	for want, tensor := range map[string]*Tensor{
		`typed data has 2 entries, want 3 for INT8 [3]`:                 {DataType: Int8, Dims: []int64{3}, typed: numbers(5, 1, 2)},
		`typed data has 1 entries, want 2 for INT4 [3]`:                 {DataType: Int4, Dims: []int64{3}, typed: numbers(5, 1)},
		`element 300 does not fit UINT8`:                                {DataType: Uint8, Dims: []int64{1}, typed: numbers(5, 300)},
		`element -129 does not fit INT8`:                                {DataType: Int8, Dims: []int64{1}, typed: numbers(5, 1<<64-129)},
		`element 64 does not fit FLOAT6E2M3`:                            {DataType: Float6E2M3, Dims: []int64{1}, typed: numbers(5, 64)},
		`INT64 elements in field 5, want 7`:                             {DataType: Int64, Dims: []int64{1}, typed: numbers(5, 1)},
		`damaged: field 4 holds 3 bytes, want a multiple of 4`:          {DataType: Float, Dims: []int64{1}, typed: wrap(4, make([]byte, 3))},
		`damaged: typed data is cut or invalid`:                         {DataType: Int32, Dims: []int64{1}, typed: wrap(5, []byte{0x80})},
		`has raw_data and typed data, want one`:                         {DataType: Int32, Dims: []int64{1}, typed: numbers(5, 1), Raw: make([]byte, 4)},
		`has data in the file and beside it, want one`:                  {DataType: Int32, Dims: []int64{1}, location: 1, Raw: make([]byte, 4)},
		`data location 2, want 0 or 1`:                                  {DataType: Int32, Dims: []int64{1}, location: 2, Raw: make([]byte, 4)},
		`is one segment of a larger tensor, which cannot be read`:       {DataType: Int32, Dims: []int64{1}, kept: wrap(3, nil)},
		`has 1 strings, want 2 for [2]`:                                 {DataType: String, Dims: []int64{2}, typed: wrap(6, []byte("a"))},
		`elements are STRING, want an integer type that INT64 holds`:    {DataType: String, Dims: []int64{0}},
		`elements are COMPLEX64, want an integer type that INT64 holds`: {DataType: Complex64, Dims: []int64{0}},
	} {
		tensor.Name = "w"
		err := tensor.checkContent()
		if err == nil {
			_, err = tensor.Int64s()
		}
		if err == nil || err.Error() != `tensor "w": `+want {
			t.Errorf("\n got %v\nwant tensor \"w\": %s", err, want)
		}
	}
}
