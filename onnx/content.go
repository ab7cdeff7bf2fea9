package onnx

import (
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
	found := 0
	err := t.entries(func(f field) error {
		switch {
		case f.typ != protowire.BytesType:
			found++
		case dataTypes[t.DataType].field == floatData:
			found += len(f.data) / 4
		case dataTypes[t.DataType].field == doubleData:
			found += len(f.data) / 8
		default:
			found += varints(f.data)
			return t.checkRange(f.data)
		}
		return nil
	})
	if err == nil && found != want {
		err = fmt.Errorf("tensor %q: typed data has %d entries, want %d for %v %v", t.Name, found, want, t.DataType, t.Dims)
	}
	return err
}

// entries goes through the fields of typed data and makes sure of their numbers and wire types.
func (t *Tensor) entries(visit func(field) error) error {
	num := protowire.Number(dataTypes[t.DataType].field)
	single := map[protowire.Number]protowire.Type{floatData: protowire.Fixed32Type, doubleData: protowire.Fixed64Type}[num]
	for b := t.typed; len(b) > 0; {
		f, rest, err := next(b)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		width := map[protowire.Number]int{floatData: 4, doubleData: 8}[num]
		switch {
		case f.num != num:
			return fmt.Errorf("tensor %q: %v elements in field %d, want %d", t.Name, t.DataType, f.num, num)
		case f.typ != protowire.BytesType && f.typ != single:
			return fmt.Errorf("tensor %q: damaged: field %d has wire type %d", t.Name, f.num, f.typ)
		case width > 0 && len(f.data)%width != 0:
			return fmt.Errorf("tensor %q: damaged: field %d holds %d bytes, want a multiple of %d", t.Name, f.num, len(f.data), width)
		}
		if err := visit(f); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// checkRange makes sure that packed numbers are whole and fit their type, signed or not.
func (t *Tensor) checkRange(b []byte) error {
	bits := min(8*t.entry(), t.DataType.Bits())
	if t.DataType.Bits() < 6 {
		bits = 8
	}
	for len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return fmt.Errorf("tensor %q: damaged: typed data is cut or invalid", t.Name)
		}
		if i := int64(v); bits < 64 && (i < -1<<(bits-1) || i > 1<<bits-1) {
			return fmt.Errorf("tensor %q: element %d does not fit %v", t.Name, i, t.DataType)
		}
		b = b[n:]
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
	err = t.entries(func(f field) error { p.field(f); return nil })
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

func (p *packer) field(f field) {
	switch {
	case f.typ == protowire.Fixed32Type:
		p.buffer = protowire.AppendFixed32(p.buffer, uint32(f.bits))
	case f.typ == protowire.Fixed64Type:
		p.buffer = protowire.AppendFixed64(p.buffer, f.bits)
	case f.typ == protowire.VarintType:
		p.add(f.bits)
	case f.num == floatData || f.num == doubleData: // packed: these bytes are raw_data already
		p.flush()
		p.visit(f.data)
	default:
		for b := f.data; len(b) > 0; {
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return
			}
			p.add(v)
			b = b[n:]
		}
	}
	if len(p.buffer) == pieceBytes {
		p.flush()
	}
}

func (p *packer) add(v uint64) {
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
		p.visit(p.buffer)
		p.buffer = p.buffer[:0]
	}
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
