package native

import (
	"unsafe"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/tensor"
)

// A buffer is memory that values of a run share; it is free when none is left.
type buffer struct {
	f32    []float32
	f64    []float64
	bytes  int64
	lo, hi uintptr // where its elements lie
	refs   int
}

// An arena gives out the memory of one run and takes it back. Only floats are kept for reuse: other
// types are small.
type arena struct {
	free  []*buffer
	held  int64 // bytes of all buffers, free ones included
	limit int64
}

// buffer returns memory for n elements of a type, not cleared.
func (a *arena) buffer(d tensor.DType, n int) (*buffer, error) {
	need := int64(n) * int64(d.Size())
	if i := fit(len(a.free), need, func(i int) int64 {
		if b := a.free[i]; (d == tensor.Float32 && b.f32 != nil) || (d == tensor.Float64 && b.f64 != nil) {
			return b.bytes
		}
		return -1
	}); i >= 0 {
		b := a.free[i]
		a.free = append(a.free[:i], a.free[i+1:]...)
		return b, nil
	}
	if a.limit > 0 && a.held+need > a.limit {
		for _, b := range a.free {
			a.held -= b.bytes
		}
		a.free = nil
		if a.held+need > a.limit {
			return nil, &engine.MemoryError{Need: a.held + need, Limit: a.limit}
		}
	}
	a.held += need
	b := &buffer{bytes: need}
	switch d {
	case tensor.Float32:
		b.f32 = make([]float32, n)
	case tensor.Float64:
		b.f64 = make([]float64, n)
	}
	return b, nil
}

// fit returns which of count free pieces is the smallest that holds need bytes without wasting more
// than half of itself, or -1.
func fit(count int, need int64, size func(i int) int64) int {
	best := -1
	for i := range count {
		if s := size(i); s >= need && s <= 2*need && (best < 0 || s < size(best)) {
			best = i
		}
	}
	return best
}

// tensor lays a tensor over a buffer, or makes one of a type that is not kept.
func (b *buffer) tensor(d tensor.DType, n int, shape []int) tensor.Tensor {
	var t tensor.Tensor
	switch {
	case b.f32 != nil:
		t = tensor.Of(b.f32[:n], shape...)
	case b.f64 != nil:
		t = tensor.Of(b.f64[:n], shape...)
	default:
		t = tensor.New(d, shape...)
	}
	b.lo = address(t)
	b.hi = b.lo + uintptr(t.Bytes())
	return t
}

// release takes one value's claim from a buffer and keeps the memory when it was the last.
func (a *arena) release(b *buffer) {
	if b == nil {
		return
	}
	b.refs--
	switch {
	case b.refs > 0:
	case b.f32 == nil && b.f64 == nil:
		a.held -= b.bytes
	default:
		a.free = append(a.free, b)
	}
}

// holds says whether a tensor's elements lie in the buffer.
func (b *buffer) holds(t tensor.Tensor) bool {
	at := address(t)
	return b != nil && at != 0 && at >= b.lo && at < b.hi
}

// address returns where the elements of a tensor start, 0 if it has none.
func address(t tensor.Tensor) uintptr {
	if !t.Valid() || t.Len() == 0 {
		return 0
	}
	switch t.DType() {
	case tensor.Float32:
		return start(t.Float32s())
	case tensor.Float64:
		return start(t.Float64s())
	case tensor.Int64:
		return start(t.Int64s())
	case tensor.Int32:
		return start(tensor.Data[int32](t))
	case tensor.Int16:
		return start(tensor.Data[int16](t))
	case tensor.Int8:
		return start(tensor.Data[int8](t))
	case tensor.Uint64:
		return start(tensor.Data[uint64](t))
	case tensor.Uint32:
		return start(tensor.Data[uint32](t))
	case tensor.Uint16:
		return start(tensor.Data[uint16](t))
	case tensor.Uint8:
		return start(tensor.Data[uint8](t))
	case tensor.Bool:
		return start(tensor.Data[bool](t))
	}
	return start(tensor.Data[string](t))
}

func start[T any](s []T) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(s))) }
