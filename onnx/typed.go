package onnx

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// entry is the room of one entry of the typed field: a byte for pairs and fours of small integers.
func (t *Tensor) entry() int {
	switch t.DataType {
	case Complex64:
		return 4
	case Complex128:
		return 8
	}
	return max(1, t.DataType.Bits()/8)
}

// checkTyped makes sure that the typed field is the right one and has as many entries as the shape asks for.
func (t *Tensor) checkTyped(size int) error {
	want := size / t.entry()
	if t.DataType.Bits() == 6 { // here an entry is one element
		want, _ = t.Len()
	}
	found, width := 0, fixedWidth(dataTypes[t.DataType].field)
	err := t.entries(func(f field) error {
		switch {
		case f.typ != protowire.BytesType:
			found++
			return t.checkRange(f.bits)
		case width > 0:
			found += len(f.data) / width
			return nil
		}
		found += varints(f.data)
		return packed(f.data, t.checkRange)
	})
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if found != want {
		return fmt.Errorf("tensor %q: typed data has %d entries, want %d for %v %v", t.Name, found, want, t.DataType, t.Dims)
	}
	return nil
}

// fixedWidth is the size of the numbers of a typed field, 0 where they are varints.
func fixedWidth(num int) int {
	switch num {
	case floatData:
		return 4
	case doubleData:
		return 8
	}
	return 0
}

// packed goes through the varints of a packed field.
func packed(b []byte, visit func(uint64) error) error {
	for len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return fmt.Errorf("%w: typed data is cut or invalid", ErrDamaged)
		}
		if err := visit(v); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// entries goes through the fields of typed data and makes sure of their numbers and wire types.
func (t *Tensor) entries(visit func(field) error) error {
	num := dataTypes[t.DataType].field
	width := fixedWidth(num)
	single := map[int]protowire.Type{0: protowire.VarintType, 4: protowire.Fixed32Type, 8: protowire.Fixed64Type}[width]
	for b := t.typed; len(b) > 0; {
		f, rest, err := next(b)
		switch {
		case err != nil:
			return err
		case int(f.num) != num:
			return fmt.Errorf("%v elements in field %d, want %d", t.DataType, f.num, num)
		case f.typ != protowire.BytesType && f.typ != single:
			return fmt.Errorf("%w: field %d has wire type %d", ErrDamaged, f.num, f.typ)
		case width > 0 && len(f.data)%width != 0:
			return fmt.Errorf("%w: field %d holds %d bytes, want a multiple of %d", ErrDamaged, f.num, len(f.data), width)
		}
		if err := visit(f); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// checkRange makes sure that a number fits the type, signed or not.
func (t *Tensor) checkRange(v uint64) error {
	bits := 8 * t.entry()
	if t.DataType.Bits() == 6 {
		bits = 6
	}
	if i := int64(v); bits < 64 && fixedWidth(dataTypes[t.DataType].field) == 0 && (i < -1<<(bits-1) || i > 1<<bits-1) {
		return fmt.Errorf("element %d does not fit %v", i, t.DataType)
	}
	return nil
}
