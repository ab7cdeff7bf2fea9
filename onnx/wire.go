package onnx

import (
	"fmt"
	"math"
	"reflect"

	"google.golang.org/protobuf/encoding/protowire"
)

// A decoder turns bytes into the types of this package. It charges what it allocates to a budget before it
// does, so that a small file cannot ask for much memory: an empty node is two bytes there and 200 here.
type decoder struct {
	limits Limits
	budget int64
	nodes  int
	depth  int
	free   []*message // used before, to be used again
}

// charge takes an allocation of n bytes from the budget, with what it may cost above its size.
func (d *decoder) charge(n int) error {
	d.budget -= int64(n) + int64(n)/8 + 16
	if d.budget < 0 {
		return fmt.Errorf("what it describes needs more than %d bytes beyond the file's own, limit reached", d.limits.ExtraBytes)
	}
	return nil
}

// enter goes one level down into a graph or type; the caller leaves by d.depth--.
func (d *decoder) enter() error {
	d.depth++
	if d.depth > d.limits.Depth {
		return fmt.Errorf("nested deeper than %d levels", d.limits.Depth)
	}
	return nil
}

// A field is one field of a message as it stands in the file.
type field struct {
	num  protowire.Number
	typ  protowire.Type
	raw  []byte // with its tag
	data []byte // content, if it has a length
	bits uint64 // content, if it is a number
}

// next splits off the first field.
func next(b []byte) (field, []byte, error) {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return field{}, nil, fmt.Errorf("damaged: a field's tag is cut or invalid")
	}
	f := field{num: num, typ: typ}
	m := 0
	switch typ {
	case protowire.VarintType:
		f.bits, m = protowire.ConsumeVarint(b[n:])
	case protowire.Fixed32Type:
		var v uint32
		v, m = protowire.ConsumeFixed32(b[n:])
		f.bits = uint64(v)
	case protowire.Fixed64Type:
		f.bits, m = protowire.ConsumeFixed64(b[n:])
	case protowire.BytesType:
		f.data, m = protowire.ConsumeBytes(b[n:])
	default:
		m = protowire.ConsumeFieldValue(num, typ, b[n:])
	}
	if m < 0 {
		return field{}, nil, fmt.Errorf("damaged: field %d is cut or invalid", num)
	}
	f.raw = b[:n+m]
	return f, b[n+m:], nil
}

// A message is one message being decoded. Fields that no name is known for go to kept, and so do fields
// that are there with their default as value, so that writing gives them back.
type message struct {
	*decoder
	kept  *[]byte
	count [32]int // how often a field occurs, by number
}

// message gives a clean message. There are as many as messages are open at a time.
func (d *decoder) message(kept *[]byte) *message {
	last := len(d.free) - 1
	if last < 0 {
		return &message{decoder: d, kept: kept}
	}
	m := d.free[last]
	d.free = d.free[:last]
	*m = message{decoder: d, kept: kept}
	return m
}

// decode goes through the fields of b. visit returns false for a field it has no place for.
func (d *decoder) decode(b []byte, kept *[]byte, visit func(*message, field) (bool, error)) error {
	m := d.message(kept)
	defer func() { d.free = append(d.free, m) }()
	for rest := b; len(rest) > 0; {
		f, tail, err := next(rest)
		if err != nil {
			return err
		}
		if int(f.num) < len(m.count) {
			m.count[f.num]++
		}
		rest = tail
	}
	for rest := b; len(rest) > 0; {
		f, tail, err := next(rest)
		if err != nil {
			return err
		}
		known, err := visit(m, f)
		if err != nil {
			return err
		}
		if !known {
			if err := d.keep(kept, f.raw); err != nil {
				return err
			}
		}
		rest = tail
	}
	return nil
}

// keep appends a field to a list of fields. Neighbours in the file stay one piece of it; else the list is copied.
func (d *decoder) keep(list *[]byte, raw []byte) error {
	have := len(*list)
	if have == 0 {
		*list = raw
		return nil
	}
	if joined, ok := follow(*list, raw); ok {
		*list = joined
		return nil
	}
	if err := d.charge(have + len(raw)); err != nil {
		return err
	}
	c := make([]byte, 0, have+len(raw))
	*list = append(append(c, *list...), raw...)
	return nil
}

// wants refuses a field whose wire type is not the one its number has in onnx.proto.
func (f field) wants(t protowire.Type) error {
	if f.typ != t {
		return fmt.Errorf("damaged: field %d has wire type %d, want %d", f.num, f.typ, t)
	}
	return nil
}

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
		return fmt.Errorf("damaged: field %d is %d, out of range", f.num, int64(f.bits))
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
			return fmt.Errorf("damaged: field %d is cut or invalid", f.num)
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
		return fmt.Errorf("damaged: field %d holds %d bytes of floats", f.num, len(f.data))
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
		return fmt.Errorf("damaged: field %d is there twice", f.num)
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

// follow joins two pieces of one array if the second starts where the first ends.
func follow(a, b []byte) ([]byte, bool) {
	end := len(a)
	if len(b) == 0 || cap(a)-end != cap(b) || &a[:end+1][end] != &b[0] {
		return nil, false
	}
	return a[:end+len(b)], true
}
