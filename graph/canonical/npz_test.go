package canonical

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

var header = regexp.MustCompile(`'descr': '([^']*)'.*'fortran_order': False.*'shape': \(([^)]*)\)`)

// arrays reads the float32 and int64 arrays of an npz file.
func arrays(t *testing.T, path string) map[string]tensor.Tensor {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]tensor.Tensor{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		x, err := npy(b)
		if err != nil {
			t.Fatalf("%s: %s: %v", path, f.Name, err)
		}
		out[strings.TrimSuffix(f.Name, ".npy")] = x
	}
	return out
}

func npy(b []byte) (tensor.Tensor, error) {
	n := 10 + int(binary.LittleEndian.Uint16(b[8:]))
	m := header.FindSubmatch(b[:n])
	if m == nil {
		return tensor.Tensor{}, fmt.Errorf("header %q", b[10:n])
	}
	var shape []int
	for _, s := range strings.FieldsFunc(string(m[2]), func(r rune) bool { return r == ',' || r == ' ' }) {
		size, err := strconv.Atoi(s)
		if err != nil {
			return tensor.Tensor{}, err
		}
		shape = append(shape, size)
	}
	count, err := tensor.Count(shape)
	if err != nil {
		return tensor.Tensor{}, err
	}
	b = b[n:]
	switch string(m[1]) {
	case "<f4":
		v := make([]float32, count)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		return tensor.Of(v, shape...), nil
	case "<i8":
		v := make([]int64, count)
		for i := range v {
			v[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
		}
		return tensor.Of(v, shape...), nil
	}
	return tensor.Tensor{}, fmt.Errorf("elements %q", m[1])
}
