package onnx

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// pieceBytes is how much of a large tensor is converted at a time; every element size divides it.
const pieceBytes = 24 << 15

// Bytes are the elements as in raw_data: little endian, packed without gaps. Where they lie in the file like
// that the result shares them and must not be changed.
func (t *Tensor) Bytes() ([]byte, error) {
	if !t.IsExternal() && len(t.typed) == 0 {
		return t.Raw, t.checkContent()
	}
	var all []byte
	err := t.scan(func(_, bytes int) { all = make([]byte, 0, bytes) }, func(b []byte) { all = append(all, b...) })
	return all, err
}

// Strings are the elements of a STRING tensor, which may be any bytes.
func (t *Tensor) Strings() ([][]byte, error) {
	if t.DataType != String {
		return nil, t.refuse(String)
	}
	n, err := t.checkStrings()
	if err != nil {
		return nil, err
	}
	all := make([][]byte, 0, n)
	for b := t.typed; len(b) > 0; {
		f, rest, err := next(b)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		all = append(all, f.data[:len(f.data):len(f.data)])
		b = rest
	}
	return all, nil
}

// refuse says that elements are of another type than what was asked for.
func (t *Tensor) refuse(want any) error {
	return fmt.Errorf("tensor %q: elements are %v, want %v", t.Name, t.DataType, want)
}

// checkContent makes sure that the elements fill the shape, without converting them. External files are not opened.
func (t *Tensor) checkContent() error {
	if t.DataType == String {
		_, err := t.checkStrings()
		return err
	}
	size, err := t.ByteLen()
	if err != nil {
		return err
	}
	if err := t.checkPlaces(); err != nil {
		return err
	}
	switch {
	case t.IsExternal():
		return nil
	case len(t.typed) == 0:
		if len(t.Raw) != size {
			return fmt.Errorf("tensor %q: raw_data has %d bytes, want %d for %v %v", t.Name, len(t.Raw), size, t.DataType, t.Dims)
		}
		return nil
	}
	return t.checkTyped(size)
}

// checkPlaces makes sure that elements are in one place only.
func (t *Tensor) checkPlaces() error {
	switch {
	case has(t.kept, 3):
		return fmt.Errorf("tensor %q: is one segment of a larger tensor, which cannot be read", t.Name)
	case t.IsExternal() && (len(t.Raw) > 0 || len(t.typed) > 0):
		return fmt.Errorf("tensor %q: has data in the file and beside it, want one", t.Name)
	case len(t.Raw) > 0 && len(t.typed) > 0:
		return fmt.Errorf("tensor %q: has raw_data and typed data, want one", t.Name)
	case t.location < 0 || t.location > 1:
		return fmt.Errorf("tensor %q: data location %d, want 0 or 1", t.Name, t.location)
	}
	return nil
}

func has(kept []byte, num protowire.Number) bool {
	for len(kept) > 0 {
		f, rest, err := next(kept)
		if err != nil {
			return false
		}
		if f.num == num {
			return true
		}
		kept = rest
	}
	return false
}

func (t *Tensor) checkStrings() (int, error) {
	n, err := t.Len()
	if err != nil {
		return 0, err
	}
	if len(t.Raw) > 0 || t.IsExternal() {
		return 0, fmt.Errorf("tensor %q: strings are in string_data, want no raw_data and no external data", t.Name)
	}
	found := 0
	for b := t.typed; len(b) > 0; found++ {
		f, rest, err := next(b)
		if err != nil {
			return 0, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if f.num != stringData || f.typ != protowire.BytesType {
			return 0, fmt.Errorf("tensor %q: STRING elements in field %d, want %d", t.Name, f.num, stringData)
		}
		b = rest
	}
	if found != n {
		return 0, fmt.Errorf("tensor %q: has %d strings, want %d for %v", t.Name, found, n, t.Dims)
	}
	return n, nil
}

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
			return errors.New("damaged: typed data is cut or invalid")
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
			return fmt.Errorf("damaged: field %d has wire type %d", f.num, f.typ)
		case width > 0 && len(f.data)%width != 0:
			return fmt.Errorf("damaged: field %d holds %d bytes, want a multiple of %d", f.num, len(f.data), width)
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

// scan hands the elements, as in raw_data, to visit in pieces. Before, and after all checks, it calls start
// with the number of elements and of bytes.
func (t *Tensor) scan(start func(n, bytes int), visit func([]byte)) error {
	if err := t.checkContent(); err != nil {
		return err
	}
	n, _ := t.Len()
	size, err := t.ByteLen()
	if err != nil {
		return err
	}
	switch {
	case t.IsExternal():
		return t.readExternal(func() { start(n, size) }, visit)
	case len(t.typed) == 0:
		start(n, size)
		visit(t.Raw)
		return nil
	}
	start(n, size)
	p := packer{entry: t.entry(), bits: t.DataType.Bits(), visit: visit}
	err = t.entries(p.field)
	p.flush()
	return err
}

// A packer turns the entries of a typed field into the bytes of raw_data.
type packer struct {
	entry, bits int
	visit       func([]byte)
	buffer      []byte
	six         uint32 // bits not yet written of six-bit elements, from the lowest
	waiting     int    // how many
}

func (p *packer) field(f field) error {
	switch {
	case f.typ == protowire.Fixed32Type:
		p.buffer = protowire.AppendFixed32(p.buffer, uint32(f.bits))
	case f.typ == protowire.Fixed64Type:
		p.buffer = protowire.AppendFixed64(p.buffer, f.bits)
	case f.typ == protowire.VarintType:
		return p.add(f.bits)
	case f.num == floatData || f.num == doubleData: // packed: these bytes are raw_data already
		p.flush()
		p.visit(f.data)
	default:
		return packed(f.data, p.add)
	}
	if len(p.buffer) == pieceBytes {
		p.flush()
	}
	return nil
}

func (p *packer) add(v uint64) error {
	if p.bits == 6 {
		p.six |= uint32(v&63) << p.waiting
		for p.waiting += 6; p.waiting >= 8; p.waiting -= 8 {
			p.buffer = append(p.buffer, byte(p.six))
			p.six >>= 8
		}
	} else {
		for i := range p.entry {
			p.buffer = append(p.buffer, byte(v>>(8*i)))
		}
	}
	if len(p.buffer) == pieceBytes {
		p.flush()
	}
	return nil
}

func (p *packer) flush() {
	if p.waiting > 0 { // at the end only: whole pieces have no bits left over
		p.buffer = append(p.buffer, byte(p.six))
		p.six, p.waiting = 0, 0
	}
	if len(p.buffer) > 0 {
		p.visit(p.buffer)
		p.buffer = p.buffer[:0]
	}
}
