package onnx

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

func (d *decoder) tensor(b []byte, t *Tensor) error {
	err := d.decode(b, &t.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			return true, s.integers(f, &t.Dims)
		case 2:
			return true, integer(s, f, &t.DataType)
		case floatData, int32Data, stringData, int64Data, doubleData, uint64Data:
			return true, s.keep(&t.typed, f.raw)
		case 8:
			return true, s.text(f, &t.Name)
		case 9:
			return true, s.rawData(f, t)
		case 12:
			return true, s.text(f, &t.DocString)
		case 13:
			return true, more(s, f, &t.External, "external data", (*decoder).kv)
		case 14:
			return true, integer(s, f, &t.location)
		case 16:
			return true, more(s, f, &t.Metadata, "metadata", (*decoder).kv)
		}
		return false, nil
	})
	if err == nil {
		err = d.rank(len(t.Dims))
	}
	return within(fmt.Sprintf("tensor %q", t.Name), err)
}

// rawData keeps the elements where they are: the tensor shares them with the file's bytes.
func (m *message) rawData(f field, t *Tensor) error {
	if err := f.wants(protowire.BytesType); err != nil {
		return err
	}
	t.Raw = f.data[:len(f.data):len(f.data)]
	if len(f.data) == 0 {
		return m.keep(m.kept, f.raw)
	}
	return nil
}

func (d *decoder) rank(n int) error {
	if n > d.limits.Rank {
		return fmt.Errorf("rank %d, want at most %d", n, d.limits.Rank)
	}
	return nil
}

func (d *decoder) sparse(b []byte, t *SparseTensor) error {
	err := d.decode(b, &t.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			return true, one(s, f, &t.Values, (*decoder).tensor)
		case 2:
			return true, one(s, f, &t.Indices, (*decoder).tensor)
		case 3:
			return true, s.integers(f, &t.Dims)
		}
		return false, nil
	})
	if err == nil {
		err = d.rank(len(t.Dims))
	}
	return err
}
