package onnx

import (
	"encoding/binary"
	"math"
)

// Float32s are the elements of a tensor of any floating type that a float32 holds exactly: FLOAT, FLOAT16,
// BFLOAT16 and the types of eight, six and four bits. DOUBLE is refused. What lies beside the model may be that
// file's own memory (Limits.MappedFrom): it must not be written to.
func (t *Tensor) Float32s() ([]float32, error) {
	if !t.DataType.Floating() || t.DataType == Double {
		return nil, t.refuse("a floating type up to FLOAT")
	}
	if v, ok := mapped[float32](t, Float); ok {
		return v, nil
	}
	return reals[float32](t)
}

// Float64s are the elements of a tensor of any floating type.
func (t *Tensor) Float64s() ([]float64, error) {
	if !t.DataType.Floating() {
		return nil, t.refuse("a floating type")
	}
	return reals[float64](t)
}

// Int64s are the elements of a tensor of any integer type but UINT64.
func (t *Tensor) Int64s() ([]int64, error) {
	if !t.DataType.Integer() || t.DataType == Uint64 {
		return nil, t.refuse("an integer type that INT64 holds")
	}
	return wholes[int64](t)
}

// Int32s are the elements of a tensor of any integer type whose values an int32 holds.
func (t *Tensor) Int32s() ([]int32, error) {
	if !t.DataType.Integer() || t.DataType.Bits() > 32 || t.DataType == Uint32 {
		return nil, t.refuse("an integer type that INT32 holds")
	}
	return wholes[int32](t)
}

// Uint64s are the elements of a tensor of any unsigned type.
func (t *Tensor) Uint64s() ([]uint64, error) {
	if !t.DataType.Integer() || t.DataType.signed() {
		return nil, t.refuse("an unsigned type")
	}
	return wholes[uint64](t)
}

// Uint8s are the elements of a UINT8, UINT4 or UINT2 tensor.
func (t *Tensor) Uint8s() ([]uint8, error) {
	if !t.DataType.Integer() || t.DataType.signed() || t.DataType.Bits() > 8 {
		return nil, t.refuse("an unsigned type up to UINT8")
	}
	if v, ok := mapped[uint8](t, Uint8); ok {
		return v, nil
	}
	return wholes[uint8](t)
}

// Int8s are the elements of an INT8, INT4 or INT2 tensor.
func (t *Tensor) Int8s() ([]int8, error) {
	if !t.DataType.signed() || t.DataType.Bits() > 8 {
		return nil, t.refuse("a signed type up to INT8")
	}
	if v, ok := mapped[int8](t, Int8); ok {
		return v, nil
	}
	return wholes[int8](t)
}

// Bools are the elements of a BOOL tensor; any byte but 0 is true.
func (t *Tensor) Bools() ([]bool, error) {
	if t.DataType != Bool {
		return nil, t.refuse(Bool)
	}
	return collect(t, func(to []bool, b []byte) []bool {
		for _, v := range b {
			to = append(to, v != 0)
		}
		return to
	})
}

func (t DataType) signed() bool {
	switch t {
	case Int2, Int4, Int8, Int16, Int32, Int64:
		return true
	}
	return false
}

// collect converts a tensor piece by piece. The list it hands to convert has room for exactly all elements.
func collect[T any](t *Tensor, convert func([]T, []byte) []T) ([]T, error) {
	var all []T
	err := t.scan(func(n, _ int) { all = make([]T, 0, n) }, func(b []byte) { all = convert(all, b) })
	if err != nil {
		return nil, err
	}
	return all, nil
}

func reals[T float32 | float64](t *Tensor) ([]T, error) {
	switch width := t.DataType.Bits(); {
	case t.DataType == Float:
		return collect(t, func(to []T, b []byte) []T {
			start := len(to)
			to = to[:start+len(b)/4]
			for i := range to[start:] {
				to[start+i] = T(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i : 4*i+4])))
			}
			return to
		})
	case t.DataType == Double:
		return collect(t, func(to []T, b []byte) []T {
			for ; len(b) >= 8; b = b[8:] {
				to = append(to, T(math.Float64frombits(binary.LittleEndian.Uint64(b))))
			}
			return to
		})
	case t.DataType == BFloat16:
		return collect(t, func(to []T, b []byte) []T {
			for ; len(b) >= 2; b = b[2:] {
				to = append(to, T(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b))<<16)))
			}
			return to
		})
	case t.DataType == Float16:
		return collect(t, func(to []T, b []byte) []T {
			for ; len(b) >= 2; b = b[2:] {
				to = append(to, T(half(binary.LittleEndian.Uint16(b))))
			}
			return to
		})
	default:
		table := smallFloats(t.DataType)
		return collect(t, func(to []T, b []byte) []T {
			return codes(to, b, width, func(code uint8) T { return T(table[code]) })
		})
	}
}

func wholes[T int8 | uint8 | int32 | int64 | uint64](t *Tensor) ([]T, error) {
	width, signed := t.DataType.Bits(), t.DataType.signed()
	if width < 8 {
		return collect(t, func(to []T, b []byte) []T {
			return codes(to, b, width, func(code uint8) T { return extend[T](uint64(code), width, signed) })
		})
	}
	return collect(t, func(to []T, b []byte) []T {
		for step := width / 8; len(b) >= step; b = b[step:] {
			v := uint64(0)
			for i := range step {
				v |= uint64(b[i]) << (8 * i)
			}
			to = append(to, extend[T](v, width, signed))
		}
		return to
	})
}

// extend takes a number of some bits for what it is: with a sign in its highest bit, or without.
func extend[T int8 | uint8 | int32 | int64 | uint64](v uint64, width int, signed bool) T {
	if signed {
		return T(int64(v<<(64-width)) >> (64 - width))
	}
	return T(v)
}

// codes takes elements of up to eight bits apart, lowest bits first; the last byte may have bits to spare.
func codes[T any](to []T, b []byte, width int, value func(uint8) T) []T {
	have, bits := 0, uint32(0)
	for _, c := range b {
		bits |= uint32(c) << have
		for have += 8; have >= width && len(to) < cap(to); have -= width {
			to = append(to, value(uint8(bits&(1<<width-1))))
			bits >>= width
		}
	}
	return to
}
