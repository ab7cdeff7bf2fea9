package onnx

import (
	"encoding/binary"
	"os"
	"unsafe"
)

// mapped returns the elements of a tensor where they lie in the file beside the model, without reading it, and
// whether they could be had like that: their type is T, they are aligned, and the system maps files. They stay
// mapped until the program ends, for nobody knows who still looks at them, and must not be written to.
func mapped[T float32 | int8 | uint8](t *Tensor, of DataType) ([]T, bool) {
	var zero T
	width := int(unsafe.Sizeof(zero))
	if !t.lent || t.DataType != of || width > 1 && binary.NativeEndian.Uint16([]byte{1, 0}) != 1 || t.checkContent() != nil {
		return nil, false
	}
	s, err := t.span()
	if err != nil || s.length == 0 || s.offset%int64(width) != 0 {
		return nil, false
	}
	b, err := t.place(s)
	if err != nil {
		return nil, false
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/width), true
}

// place maps a span. What cannot be mapped is read, which says what is wrong with it.
func (t *Tensor) place(s span) ([]byte, error) {
	root, err := t.folder()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := s.open(root)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	before := s.offset % int64(os.Getpagesize())
	b, err := mmap(f, s.offset-before, int(before+s.length))
	if err != nil {
		return nil, err
	}
	return b[before:], nil
}
