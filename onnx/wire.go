package onnx

import (
	"fmt"

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
		return field{}, nil, fmt.Errorf("%w: a field's tag is cut or invalid", ErrDamaged)
	}
	if n != protowire.SizeTag(num) {
		// No writer makes a tag longer than it must be; kept as it is, it would sort among others differently.
		return field{}, nil, fmt.Errorf("%w: the tag of field %d takes %d bytes, want %d", ErrDamaged, num, n, protowire.SizeTag(num))
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
		return field{}, nil, fmt.Errorf("%w: field %d is cut or invalid", ErrDamaged, num)
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
		return fmt.Errorf("%w: field %d has wire type %d, want %d", ErrDamaged, f.num, f.typ, t)
	}
	return nil
}

// follow joins two pieces of one array if the second starts where the first ends.
func follow(a, b []byte) ([]byte, bool) {
	end := len(a)
	if len(b) == 0 || cap(a)-end != cap(b) || &a[:end+1][end] != &b[0] {
		return nil, false
	}
	return a[:end+len(b)], true
}
