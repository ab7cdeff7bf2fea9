package onnx

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// large content is referred to by an out, smaller content copied.
const large = 4096

// An out is a message being written: pieces whose sum is its bytes. Fields are added in the order of their
// numbers, kept ones fall into place between them, before a named one of the same number.
type out struct {
	parts [][]byte
	tail  []byte // piece that is still growing
	size  int
	kept  []byte // what is left of it
}

func newOut(kept []byte) *out { return &out{kept: kept} }

// upTo writes the kept fields that stand before a number.
func (o *out) upTo(num protowire.Number) {
	for len(o.kept) > 0 {
		f, rest, err := next(o.kept)
		if err != nil || f.num > num { // kept was decoded once, it has no errors
			return
		}
		o.bytes(f.raw)
		o.kept = rest
	}
}

func (o *out) bytes(b []byte) {
	o.size += len(b)
	if len(b) < large {
		o.tail = append(o.tail, b...)
		return
	}
	o.parts = append(o.parts, o.tail, b)
	o.tail = nil
}

func (o *out) tag(num protowire.Number, t protowire.Type) {
	o.upTo(num)
	o.grow(protowire.AppendTag(o.tail, num, t))
}

func (o *out) grow(tail []byte) {
	o.size += len(tail) - len(o.tail)
	o.tail = tail
}

// replace drops the kept default of a field that is about to be written with another value: kept behind a
// field of a higher number it would come last, and the last counts.
func (o *out) replace(num protowire.Number) {
	if has(o.kept, num) {
		o.kept = without(o.kept, num)
	}
}

// integer writes a field that has 0 as default.
func (o *out) integer(num protowire.Number, v int64) {
	if v != 0 {
		o.replace(num)
		o.present(num, v)
	}
}

// present writes a number even if it is 0.
func (o *out) present(num protowire.Number, v int64) {
	o.tag(num, protowire.VarintType)
	o.grow(protowire.AppendVarint(o.tail, uint64(v)))
}

func (o *out) fixed32(num protowire.Number, bits uint32) {
	o.tag(num, protowire.Fixed32Type)
	o.grow(protowire.AppendFixed32(o.tail, bits))
}

// text writes a field that has "" as default.
func (o *out) text(num protowire.Number, s string) {
	if s != "" {
		o.replace(num)
		o.content(num, []byte(s))
	}
}

func (o *out) texts(num protowire.Number, list []string) {
	for _, s := range list {
		o.content(num, []byte(s))
	}
}

// content writes a field with a length, even an empty one.
func (o *out) content(num protowire.Number, b []byte) {
	o.tag(num, protowire.BytesType)
	o.grow(protowire.AppendVarint(o.tail, uint64(len(b))))
	o.bytes(b)
}

// message writes a finished message as a field.
func (o *out) message(num protowire.Number, m *out) {
	m.finish()
	o.tag(num, protowire.BytesType)
	o.grow(protowire.AppendVarint(o.tail, uint64(m.size)))
	for _, p := range m.parts {
		o.bytes(p)
	}
}

// finish writes the kept fields that are left.
func (o *out) finish() {
	o.upTo(protowire.MaxValidNumber)
	if len(o.tail) > 0 {
		o.parts = append(o.parts, o.tail)
		o.tail = nil
	}
}

// messages writes a repeated message field; nil members are left out.
func messages[T any](o *out, num protowire.Number, list []*T, write func(*T) *out) {
	for _, v := range list {
		if v != nil {
			o.message(num, write(v))
		}
	}
}

// without gives the kept fields but those of some numbers.
func without(kept []byte, nums ...protowire.Number) []byte {
	var left []byte
	for len(kept) > 0 {
		f, rest, err := next(kept)
		if err != nil {
			return left
		}
		drop := false
		for _, n := range nums {
			drop = drop || f.num == n
		}
		if !drop {
			left = append(left, f.raw...)
		}
		kept = rest
	}
	return left
}
