package onnx

import "google.golang.org/protobuf/encoding/protowire"

func (e *encoder) tensor(t *Tensor) *out {
	if p, ok := e.places[t]; ok {
		t = p.refer(t)
	}
	o := newOut(t.kept)
	for _, d := range t.Dims {
		o.present(1, d)
	}
	o.integer(2, int64(t.DataType))
	typed := t.typed
	for len(typed) > 0 {
		f, rest, err := next(typed)
		if err != nil || f.num > int64Data {
			break
		}
		o.upTo(f.num)
		o.bytes(f.raw)
		typed = rest
	}
	o.text(8, t.Name)
	if len(t.Raw) > 0 {
		o.replace(9)
		o.content(9, t.Raw)
	}
	if len(typed) > 0 {
		o.upTo(doubleData)
		o.bytes(typed)
	}
	o.text(12, t.DocString)
	messages(o, 13, t.External, e.kv)
	o.integer(14, t.location)
	messages(o, 16, t.Metadata, e.kv)
	return o
}

func (e *encoder) sparse(s *SparseTensor) *out {
	o := newOut(s.kept)
	if s.Values != nil {
		o.message(1, e.tensor(s.Values))
	}
	if s.Indices != nil {
		o.message(2, e.tensor(s.Indices))
	}
	for _, d := range s.Dims {
		o.present(3, d)
	}
	return o
}

func (e *encoder) valueInfo(v *ValueInfo) *out {
	o := newOut(v.kept)
	o.text(1, v.Name)
	if v.Type != nil {
		o.message(2, e.valueType(v.Type))
	}
	o.text(3, v.DocString)
	messages(o, 4, v.Metadata, e.kv)
	return o
}

func (e *encoder) valueType(t *Type) *out {
	o := newOut(t.kept)
	if t.Kind != KindNone && t.Kind < 6 {
		o.message(protowire.Number(t.Kind), e.kind(t))
	}
	o.text(6, t.Denotation)
	if t.Kind > 6 {
		o.message(protowire.Number(t.Kind), e.kind(t))
	}
	return o
}

func (e *encoder) kind(t *Type) *out {
	o := newOut(t.inner)
	switch t.Kind {
	case KindTensor, KindSparse:
		o.integer(1, int64(t.Elem))
		if t.Shape != nil {
			o.message(2, e.shape(t.Shape))
		}
	case KindSequence, KindOptional:
		if t.Of != nil {
			o.message(1, e.valueType(t.Of))
		}
	case KindMap:
		o.integer(1, int64(t.Key))
		if t.Of != nil {
			o.message(2, e.valueType(t.Of))
		}
	}
	return o
}

func (e *encoder) shape(s *Shape) *out {
	o := newOut(s.kept)
	for _, d := range s.Dims {
		o.message(1, e.dim(d))
	}
	return o
}

func (e *encoder) dim(d Dim) *out {
	o := newOut(d.kept)
	switch {
	case d.Known:
		o.present(1, d.Value)
	case d.Param != "" || d.named:
		o.content(2, []byte(d.Param))
	}
	o.text(3, d.Denotation)
	return o
}
