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
