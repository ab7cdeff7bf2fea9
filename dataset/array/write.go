package array

import (
	"fmt"
	"io"
	"unsafe"

	"github.com/stratascope/stratascope/tensor"
)

// WriteElements writes the elements of t in row order, little-endian, a byte a boolean. Strings
// have no common form in files and are refused.
func WriteElements(w io.Writer, t tensor.Tensor) error {
	var err error
	switch t.DType() {
	case tensor.Float32:
		err = write(w, tensor.Data[float32](t))
	case tensor.Float64:
		err = write(w, tensor.Data[float64](t))
	case tensor.Int8:
		err = write(w, tensor.Data[int8](t))
	case tensor.Int16:
		err = write(w, tensor.Data[int16](t))
	case tensor.Int32:
		err = write(w, tensor.Data[int32](t))
	case tensor.Int64:
		err = write(w, tensor.Data[int64](t))
	case tensor.Uint8:
		err = write(w, tensor.Data[uint8](t))
	case tensor.Uint16:
		err = write(w, tensor.Data[uint16](t))
	case tensor.Uint32:
		err = write(w, tensor.Data[uint32](t))
	case tensor.Uint64:
		err = write(w, tensor.Data[uint64](t))
	case tensor.Bool:
		b := make([]uint8, t.Len())
		for i, v := range tensor.Data[bool](t) {
			if v {
				b[i] = 1
			}
		}
		err = write(w, b)
	default:
		err = fmt.Errorf("elements of type %v are not written", t.DType())
	}
	return err
}

func write[T tensor.Number](w io.Writer, data []T) error {
	if len(data) == 0 {
		return nil
	}
	size := int(unsafe.Sizeof(data[0]))
	if littleHost || size == 1 {
		_, err := w.Write(unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), len(data)*size))
		return err
	}
	turned := make([]T, len(data))
	words(turned, unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), len(data)*size), true)
	_, err := w.Write(unsafe.Slice((*byte)(unsafe.Pointer(&turned[0])), len(data)*size))
	return err
}
