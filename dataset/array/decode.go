package array

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/stratascope/stratascope/tensor"
)

// decode reads n rows from row lo on into t, from element at on.
func (a *Array) decode(t tensor.Tensor, at, lo, n int) error {
	count := n * a.row
	if a.l.Elem == Float32 && a.l.Big != littleHost && !a.file.InPlace() && count > 0 {
		return a.straight(tensor.Data[float32](t)[at:at+count], lo)
	}
	b, err := a.bytes(lo, n)
	if err != nil {
		return err
	}
	var order binary.ByteOrder = binary.LittleEndian
	if a.l.Big {
		order = binary.BigEndian
	}
	swap := a.l.Big == littleHost
	switch a.l.Elem {
	case Float16:
		for i, dst := 0, t.Float32s()[at:at+count]; i < count; i++ {
			dst[i] = Half(order.Uint16(b[2*i:]))
		}
	case BFloat16:
		for i, dst := 0, t.Float32s()[at:at+count]; i < count; i++ {
			dst[i] = math.Float32frombits(uint32(order.Uint16(b[2*i:])) << 16)
		}
	case Float32:
		words(tensor.Data[float32](t)[at:at+count], b, swap)
	case Float64:
		words(tensor.Data[float64](t)[at:at+count], b, swap)
	case Int8:
		words(tensor.Data[int8](t)[at:at+count], b, swap)
	case Int16:
		words(tensor.Data[int16](t)[at:at+count], b, swap)
	case Int32:
		words(tensor.Data[int32](t)[at:at+count], b, swap)
	case Int64:
		words(tensor.Data[int64](t)[at:at+count], b, swap)
	case Uint8:
		words(tensor.Data[uint8](t)[at:at+count], b, swap)
	case Uint16:
		words(tensor.Data[uint16](t)[at:at+count], b, swap)
	case Uint32:
		words(tensor.Data[uint32](t)[at:at+count], b, swap)
	case Uint64:
		words(tensor.Data[uint64](t)[at:at+count], b, swap)
	case Bool:
		for i, dst := 0, tensor.Data[bool](t)[at:at+count]; i < count; i++ {
			dst[i] = b[i] != 0
		}
	default:
		return a.texts(tensor.Data[string](t)[at:at+count], b, order)
	}
	return nil
}

// straight reads numbers of the machine's own form to where they go, without a copy between.
func (a *Array) straight(dst []float32, lo int) error {
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&dst[0])), 4*len(dst))
	_, err := a.file.ReadAt(raw, a.l.Offset+int64(lo)*int64(a.row)*4)
	return err
}

// words copies numbers byte by byte and turns their bytes round where the orders differ.
func words[T tensor.Number](dst []T, b []byte, swap bool) {
	if len(dst) == 0 {
		return
	}
	size := int(unsafe.Sizeof(dst[0]))
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&dst[0])), len(dst)*size)
	copy(raw, b)
	if !swap || size == 1 {
		return
	}
	for i := 0; i < len(raw); i += size {
		for lo, hi := i, i+size-1; lo < hi; lo, hi = lo+1, hi-1 {
			raw[lo], raw[hi] = raw[hi], raw[lo]
		}
	}
}

// texts reads strings of fixed width; zeros at the end are padding.
func (a *Array) texts(dst []string, b []byte, order binary.ByteOrder) error {
	w := a.l.Width
	for i := range dst {
		s := b[i*w : (i+1)*w]
		if a.l.Elem == Bytes {
			dst[i] = strings.TrimRight(string(s), "\x00")
			continue
		}
		var text strings.Builder
		end := len(s)
		for end >= 4 && order.Uint32(s[end-4:]) == 0 {
			end -= 4
		}
		for ; len(s) > 0 && end > 0; s, end = s[4:], end-4 {
			r := order.Uint32(s)
			if r > utf8.MaxRune {
				return fmt.Errorf("%s: text element %d holds %#x, which is no character", a.file.Name(), i, r)
			}
			text.WriteRune(rune(r))
		}
		dst[i] = text.String()
	}
	return nil
}

// Half widens an IEEE 754 half precision number, exactly.
func Half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 31
	frac := uint32(h & 0x3ff)
	switch exp {
	case 0: // subnormal: frac x 2^-24
		v := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
