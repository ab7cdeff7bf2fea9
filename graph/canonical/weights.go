package canonical

import (
	"fmt"

	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

const mostSparse = 64 << 20 // bytes a sparse constant may take when it is written out

func (im *importer) readWeights(g *onnx.Graph, into map[string]tensor.Tensor) error {
	for _, t := range g.Initializers {
		if err := im.ctx.Err(); err != nil {
			return err
		}
		w, err := im.load(t)
		if err != nil {
			return err
		}
		if _, twice := into[t.Name]; twice {
			return fmt.Errorf("weight %q is listed twice", t.Name)
		}
		into[t.Name] = w
		im.taken[t.Name] = true
		if t.DataType.Narrow() {
			im.narrow[t.Name] = int64(t.DataType)
		}
	}
	for _, s := range g.SparseInitializers {
		if s.Values == nil {
			return fmt.Errorf("a sparse weight has no values")
		}
		w, err := im.dense(s)
		if err != nil {
			return fmt.Errorf("sparse weight %q: %w", s.Values.Name, err)
		}
		into[s.Values.Name] = w
		im.taken[s.Values.Name] = true
	}
	return nil
}

// load brings a constant of the file into memory; half precision is widened, doubles are narrowed
// unless they are to be kept.
func (im *importer) load(t *onnx.Tensor) (tensor.Tensor, error) {
	w, err := im.elements(t)
	if err != nil {
		return tensor.Tensor{}, fmt.Errorf("weight %q: %w", t.Name, err)
	}
	return w, nil
}

func (im *importer) elements(t *onnx.Tensor) (tensor.Tensor, error) {
	shape := make([]int, len(t.Dims))
	for i, d := range t.Dims {
		if d < 0 || int64(int(d)) != d {
			return tensor.Tensor{}, fmt.Errorf("shape %v", t.Dims)
		}
		shape[i] = int(d)
	}
	switch t.DataType {
	case onnx.Double:
		v, err := t.Float64s()
		if err != nil || im.options.Float64 {
			return filled(shape, v, err)
		}
		return filled(shape, narrow(v), nil)
	case onnx.Int64:
		return fill(shape, t.Int64s)
	case onnx.Int32:
		return fill(shape, t.Int32s)
	case onnx.Int16:
		v, err := t.Int32s()
		return filled(shape, convert[int16](v), err)
	case onnx.Uint16:
		v, err := t.Int32s()
		return filled(shape, convert[uint16](v), err)
	case onnx.Int8, onnx.Int4, onnx.Int2:
		return fill(shape, t.Int8s)
	case onnx.Uint8, onnx.Uint4, onnx.Uint2:
		return fill(shape, t.Uint8s)
	case onnx.Uint32:
		v, err := t.Uint64s()
		return filled(shape, convert[uint32](v), err)
	case onnx.Uint64:
		return fill(shape, t.Uint64s)
	case onnx.Bool:
		return fill(shape, t.Bools)
	case onnx.String:
		v, err := t.Strings()
		text := make([]string, len(v))
		for i, b := range v {
			text[i] = string(b)
		}
		return filled(shape, text, err)
	}
	if t.DataType.Floating() {
		return fill(shape, t.Float32s)
	}
	return tensor.Tensor{}, fmt.Errorf("holds %v, which is not supported", t.DataType)
}

func fill[T tensor.Element](shape []int, read func() ([]T, error)) (tensor.Tensor, error) {
	v, err := read()
	return filled(shape, v, err)
}

func filled[T tensor.Element](shape []int, v []T, err error) (tensor.Tensor, error) {
	if err != nil {
		return tensor.Tensor{}, err
	}
	n, err := tensor.Count(shape)
	if err != nil {
		return tensor.Tensor{}, err
	}
	if n != len(v) {
		return tensor.Tensor{}, fmt.Errorf("%d elements, shape %v wants %d", len(v), shape, n)
	}
	return tensor.Of(v, shape...), nil
}

func narrow(v []float64) []float32 { return convert[float32](v) }

func convert[T, F tensor.Number](v []F) []T {
	out := make([]T, len(v))
	for i, x := range v {
		out[i] = T(x)
	}
	return out
}

// dense writes a sparse tensor out: indices are positions in the flat array, or one row per value.
func (im *importer) dense(s *onnx.SparseTensor) (tensor.Tensor, error) {
	if s.Values == nil || s.Indices == nil {
		return tensor.Tensor{}, fmt.Errorf("a sparse tensor lacks values or indices")
	}
	values, err := im.load(s.Values)
	if err != nil {
		return tensor.Tensor{}, err
	}
	at, err := s.Indices.Int64s()
	if err != nil {
		return tensor.Tensor{}, err
	}
	shape := make([]int, len(s.Dims))
	for i, d := range s.Dims {
		if d < 0 || d > mostSparse {
			return tensor.Tensor{}, fmt.Errorf("shape %v", s.Dims)
		}
		shape[i] = int(d)
	}
	n, err := tensor.Count(shape)
	if err != nil || n > mostSparse/8 {
		return tensor.Tensor{}, fmt.Errorf("shape %v is too large for a sparse constant", s.Dims)
	}
	if values.DType() != tensor.Float32 {
		return tensor.Tensor{}, fmt.Errorf("sparse values are %v, want float32", values.DType())
	}
	per := 1
	if len(s.Indices.Dims) == 2 {
		per = len(shape)
	}
	if len(at) != per*values.Len() {
		return tensor.Tensor{}, fmt.Errorf("%d indices for %d values", len(at), values.Len())
	}
	out := tensor.New(tensor.Float32, shape...)
	for i, v := range values.Float32s() {
		flat := int64(0)
		for k, index := range at[i*per : (i+1)*per] {
			size := int64(n)
			if per > 1 {
				size = int64(shape[k])
			}
			if index < 0 || index >= size {
				return tensor.Tensor{}, fmt.Errorf("index %d outside of %d", index, size)
			}
			flat = flat*size + index
		}
		out.Float32s()[flat] = v
	}
	return out, nil
}
