package onnx

import (
	"fmt"
	"math"
	"reflect"

	"google.golang.org/protobuf/encoding/protowire"
)

// text reads a string field.
func (m *message) text(f field, to *string) error {
	if err := f.wants(protowire.BytesType); err != nil {
		return err
	}
	if err := m.charge(len(f.data)); err != nil {
		return err
	}
	*to = string(f.data)
	if len(f.data) == 0 {
		return m.keep(m.kept, f.raw)
	}
	return nil
}

// integer reads an int64, int32 or enum field.
func integer[T ~int64 | ~int32](m *message, f field, to *T) error {
	if err := f.wants(protowire.VarintType); err != nil {
		return err
	}
	*to = T(f.bits)
	if f.bits == 0 {
		return m.keep(m.kept, f.raw)
	}
	if int64(*to) != int64(f.bits) {
		return fmt.Errorf("%w: field %d is %d, out of range", ErrDamaged, f.num, int64(f.bits))
	}
	return nil
}

// texts appends to a repeated string field.
func (m *message) texts(f field, to *[]string) error {
	if err := f.wants(protowire.BytesType); err != nil {
		return err
	}
	if err := m.charge(len(f.data)); err != nil {
		return err
	}
	if err := reserve(m, to, m.count[f.num], 1); err != nil {
		return err
	}
	*to = append(*to, string(f.data))
	return nil
}

// integers appends to a repeated int64 field, packed or not.
func (m *message) integers(f field, to *[]int64) error {
	if f.typ == protowire.VarintType {
		if err := reserve(m, to, m.count[f.num], 1); err != nil {
			return err
		}
		*to = append(*to, int64(f.bits))
		return nil
	}
	if err := f.wants(protowire.BytesType); err != nil {
		return err
	}
	n := varints(f.data)
	if err := reserve(m, to, n, n); err != nil {
		return err
	}
	for b := f.data; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return fmt.Errorf("%w: field %d is cut or invalid", ErrDamaged, f.num)
		}
		*to = append(*to, int64(v))
		b = b[n:]
	}
	return nil
}

// floats appends to a repeated float field, packed or not.
func (m *message) floats(f field, to *[]float32) error {
	if f.typ == protowire.Fixed32Type {
		if err := reserve(m, to, m.count[f.num], 1); err != nil {
			return err
		}
		*to = append(*to, math.Float32frombits(uint32(f.bits)))
		return nil
	}
	if err := f.wants(protowire.BytesType); err != nil {
		return err
	}
	if len(f.data)%4 != 0 {
		return fmt.Errorf("%w: field %d holds %d bytes of floats", ErrDamaged, f.num, len(f.data))
	}
	if err := reserve(m, to, len(f.data)/4, len(f.data)/4); err != nil {
		return err
	}
	for b := f.data; len(b) > 0; b = b[4:] {
		v, _ := protowire.ConsumeFixed32(b)
		*to = append(*to, math.Float32frombits(v))
	}
	return nil
}

// varints counts the numbers in a packed field: each ends with a byte whose highest bit is clear.
func varints(b []byte) (n int) {
	for _, c := range b {
		if c < 0x80 {
			n++
		}
	}
	return n
}

// reserve makes room for more elements: for all that are known to come, charged, if there is too little.
func reserve[T any](m *message, to *[]T, all, more int) error {
	if cap(*to)-len(*to) >= more {
		return nil
	}
	room := max(all, len(*to)+more)
	if len(*to) > 0 {
		room = max(room, 2*len(*to)) // packed and single fields mixed
	}
	if err := m.charge(room * int(reflect.TypeFor[T]().Size())); err != nil {
		return err
	}
	grown := make([]T, len(*to), room)
	copy(grown, *to)
	*to = grown
	return nil
}

// one reads a singular message field; protobuf would merge a second one, nobody writes that.
func one[T any](m *message, f field, to **T, read func(*decoder, []byte, *T) error) error {
	if *to != nil {
		return fmt.Errorf("%w: field %d is there twice", ErrDamaged, f.num)
	}
	v, err := fresh(m, f, read)
	*to = v
	return err
}

// more appends to a repeated message field. Errors name the place in the list.
func more[T any](m *message, f field, to *[]*T, what string, read func(*decoder, []byte, *T) error) error {
	if err := reserve(m, to, m.count[f.num], 1); err != nil {
		return err
	}
	v, err := fresh(m, f, read)
	if err != nil {
		return fmt.Errorf("%s %d: %w", what, len(*to), err)
	}
	*to = append(*to, v)
	return nil
}

func fresh[T any](m *message, f field, read func(*decoder, []byte, *T) error) (*T, error) {
	if err := f.wants(protowire.BytesType); err != nil {
		return nil, err
	}
	if err := m.charge(int(reflect.TypeFor[T]().Size())); err != nil {
		return nil, err
	}
	v := new(T)
	return v, read(m.decoder, f.data, v)
}
