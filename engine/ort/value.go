//go:build ort

package ort

import (
	"fmt"
	"unsafe"

	"github.com/stratascope/stratascope/tensor"
)

// A form is how tensors of one type are seen as memory and memory as tensors.
type form struct {
	dtype tensor.DType
	data  func(tensor.Tensor) unsafe.Pointer
	view  func(p unsafe.Pointer, n int, shape []int) tensor.Tensor
}

func formOf[T tensor.Number | bool]() form {
	return form{tensor.TypeOf[T](),
		func(t tensor.Tensor) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(tensor.Data[T](t))) },
		func(p unsafe.Pointer, n int, shape []int) tensor.Tensor {
			return tensor.Of(unsafe.Slice((*T)(p), n), shape...)
		}}
}

// stringType is the number of the one type that has no form.
const stringType = 8

// forms by the numbers of ONNXTensorElementDataType, which are onnx.proto's.
var forms = map[int32]form{1: formOf[float32](), 2: formOf[uint8](), 3: formOf[int8](), 4: formOf[uint16](), 5: formOf[int16](), 6: formOf[int32](),
	7: formOf[int64](), 9: formOf[bool](), 11: formOf[float64](), 12: formOf[uint32](), 13: formOf[uint64]()}

// lend gives the library a tensor: numbers stay where they are, and must do so until the value is released;
// strings are copied.
func (l *library) lend(t tensor.Tensor) (out handle, err error) {
	shape := make([]int64, t.Rank()+1) // one more, so that a scalar's has an address
	for i, n := range t.Shape() {
		shape[i] = int64(n)
	}
	if t.DType() == tensor.String {
		return l.copyStrings(tensor.Data[string](t), shape, t.Rank())
	}
	for elem, f := range forms {
		if f.dtype != t.DType() {
			continue
		}
		data := unsafe.Pointer(&shape[0]) // of an empty tensor, which nobody reads
		if t.Len() > 0 {
			data = f.data(t)
		}
		err = l.check(l.wrap(l.memory, data, uintptr(t.Bytes()), &shape[0], uintptr(t.Rank()), elem, &out))
		return out, err
	}
	return 0, fmt.Errorf("elements of type %v are not supported", t.DType())
}

func (l *library) copyStrings(list []string, shape []int64, rank int) (out handle, err error) {
	var allocator handle
	if err := l.check(l.allocator(&allocator)); err != nil {
		return 0, err
	}
	if err := l.check(l.create(allocator, &shape[0], uintptr(rank), stringType, &out)); err != nil || len(list) == 0 {
		return out, err
	}
	if err := l.check(l.fillStrings(out, terminated(list), uintptr(len(list)))); err != nil {
		l.releaseValue(out)
		return 0, err
	}
	return out, nil
}

// terminated gives strings as C wants them: an array of pointers to bytes that end with a zero. It is valid as long as
// the result is reachable.
func terminated(list []string) **byte {
	out := make([]*byte, len(list)+1)
	for i, s := range list {
		out[i] = unsafe.SliceData(append([]byte(s), 0))
	}
	return unsafe.SliceData(out)
}

// tensor shows a value of the library's as a tensor that shares its memory.
func (l *library) tensor(v handle) (t tensor.Tensor, err error) {
	const isTensor = 1 // ONNX_TYPE_TENSOR
	var kind int32
	if err := l.check(l.kind(v, &kind)); err != nil {
		return t, err
	}
	if kind != isTensor {
		return t, fmt.Errorf("is no tensor")
	}
	elem, shape, err := l.describe(v)
	if err != nil {
		return t, err
	}
	n, err := tensor.Count(shape)
	if err != nil {
		return t, err
	}
	if elem == stringType {
		list, err := l.readStrings(v, n)
		if err != nil {
			return t, err
		}
		return tensor.Of(list, shape...), nil
	}
	f, ok := forms[elem]
	if !ok {
		return t, fmt.Errorf("elements of type %d are not supported", elem)
	}
	if n == 0 {
		return tensor.New(f.dtype, shape...), nil
	}
	var p unsafe.Pointer
	if err := l.check(l.data(v, &p)); err != nil {
		return t, err
	}
	return f.view(p, n, shape), nil
}

// describe returns element type and shape.
func (l *library) describe(v handle) (elem int32, shape []int, err error) {
	var d handle
	if err := l.check(l.typeShape(v, &d)); err != nil {
		return 0, nil, err
	}
	defer l.releaseType(d)
	var rank uintptr
	if err := l.check(l.elementType(d, &elem)); err != nil {
		return 0, nil, err
	}
	if err := l.check(l.rank(d, &rank)); err != nil {
		return 0, nil, err
	}
	sizes := make([]int64, rank+1)
	if err := l.check(l.dimensions(d, &sizes[0], rank)); err != nil {
		return 0, nil, err
	}
	shape = make([]int, rank)
	for i := range shape {
		shape[i] = int(sizes[i])
	}
	return elem, shape, nil
}

func (l *library) readStrings(v handle, n int) ([]string, error) {
	out := make([]string, n)
	if n == 0 {
		return out, nil
	}
	var bytes uintptr
	if err := l.check(l.stringBytes(v, &bytes)); err != nil {
		return nil, err
	}
	data, offsets := make([]byte, bytes+1), make([]uintptr, n+1)
	if err := l.check(l.stringData(v, unsafe.Pointer(&data[0]), bytes, &offsets[0], uintptr(n))); err != nil {
		return nil, err
	}
	offsets[n] = bytes
	for i := range out {
		out[i] = string(data[offsets[i]:offsets[i+1]])
	}
	return out, nil
}
