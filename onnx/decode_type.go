package onnx

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

func (d *decoder) valueInfo(b []byte, v *ValueInfo) error {
	err := d.decode(b, &v.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			return true, s.text(f, &v.Name)
		case 2:
			return true, one(s, f, &v.Type, (*decoder).valueType)
		case 3:
			return true, s.text(f, &v.DocString)
		case 4:
			return true, more(s, f, &v.Metadata, "metadata", (*decoder).kv)
		}
		return false, nil
	})
	return within(fmt.Sprintf("%q", v.Name), err)
}

func (d *decoder) valueType(b []byte, t *Type) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer func() { d.depth-- }()
	return d.decode(b, &t.kept, func(s *message, f field) (bool, error) {
		switch kind := TypeKind(f.num); kind {
		case KindTensor, KindSparse, KindSequence, KindOptional, KindMap, KindOpaque:
			return true, s.kind(f, t, kind)
		case 6:
			return true, s.text(f, &t.Denotation)
		}
		return false, nil
	})
}

// kind reads the message that says what sort of type it is; there is one at most.
func (m *message) kind(f field, t *Type, kind TypeKind) error {
	if t.Kind != KindNone {
		return fmt.Errorf("%w: a type is of two kinds", ErrDamaged)
	}
	if err := f.wants(protowire.BytesType); err != nil {
		return err
	}
	t.Kind = kind
	return m.decode(f.data, &t.inner, func(s *message, f field) (bool, error) {
		switch {
		case (kind == KindTensor || kind == KindSparse) && f.num == 1:
			return true, integer(s, f, &t.Elem)
		case (kind == KindTensor || kind == KindSparse) && f.num == 2:
			return true, one(s, f, &t.Shape, (*decoder).shape)
		case kind == KindMap && f.num == 1:
			return true, integer(s, f, &t.Key)
		case (kind == KindSequence || kind == KindOptional) && f.num == 1, kind == KindMap && f.num == 2:
			return true, one(s, f, &t.Of, (*decoder).valueType)
		}
		return false, nil
	})
}

func (d *decoder) shape(b []byte, shape *Shape) error {
	err := d.decode(b, &shape.kept, func(s *message, f field) (bool, error) {
		if f.num != 1 {
			return false, nil
		}
		if err := f.wants(protowire.BytesType); err != nil {
			return true, err
		}
		if err := reserve(s, &shape.Dims, s.count[1], 1); err != nil {
			return true, err
		}
		shape.Dims = append(shape.Dims, Dim{})
		return true, d.dim(f.data, &shape.Dims[len(shape.Dims)-1])
	})
	if err == nil {
		err = d.rank(len(shape.Dims))
	}
	return err
}

// dim reads a size. Value and name exclude each other; the last one counts, as everywhere in protobuf.
func (d *decoder) dim(b []byte, dim *Dim) error {
	return d.decode(b, &dim.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			if err := f.wants(protowire.VarintType); err != nil {
				return true, err
			}
			dim.Known, dim.Value, dim.Param, dim.named = true, int64(f.bits), "", false
			return true, nil
		case 2:
			dim.Known, dim.Value, dim.named = false, 0, true
			if err := f.wants(protowire.BytesType); err != nil {
				return true, err
			}
			dim.Param = string(f.data)
			return true, s.charge(len(f.data))
		case 3:
			return true, s.text(f, &dim.Denotation)
		}
		return false, nil
	})
}
