package onnx

import "fmt"

func (d *decoder) model(b []byte, m *Model) error {
	return d.decode(b, &m.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			return true, integer(s, f, &m.IRVersion)
		case 2:
			return true, s.text(f, &m.ProducerName)
		case 3:
			return true, s.text(f, &m.ProducerVersion)
		case 4:
			return true, s.text(f, &m.Domain)
		case 5:
			return true, integer(s, f, &m.ModelVersion)
		case 6:
			return true, s.text(f, &m.DocString)
		case 7:
			return true, within("graph", one(s, f, &m.Graph, (*decoder).graph))
		case 8:
			return true, more(s, f, &m.OpsetImports, "opset import", (*decoder).opset)
		case 14:
			return true, more(s, f, &m.Metadata, "metadata", (*decoder).kv)
		case 25:
			return true, more(s, f, &m.Functions, "function", (*decoder).function)
		}
		return false, nil
	})
}

func within(where string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}

func (d *decoder) graph(b []byte, g *Graph) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer func() { d.depth-- }()
	return d.decode(b, &g.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			return true, more(s, f, &g.Nodes, "node", (*decoder).node)
		case 2:
			return true, s.text(f, &g.Name)
		case 5:
			return true, more(s, f, &g.Initializers, "initializer", (*decoder).tensor)
		case 10:
			return true, s.text(f, &g.DocString)
		case 11:
			return true, more(s, f, &g.Inputs, "input", (*decoder).valueInfo)
		case 12:
			return true, more(s, f, &g.Outputs, "output", (*decoder).valueInfo)
		case 13:
			return true, more(s, f, &g.ValueInfos, "value info", (*decoder).valueInfo)
		case 15:
			return true, more(s, f, &g.SparseInitializers, "sparse initializer", (*decoder).sparse)
		case 16:
			return true, more(s, f, &g.Metadata, "metadata", (*decoder).kv)
		}
		return false, nil
	})
}

func (d *decoder) function(b []byte, fn *Function) error {
	return d.decode(b, &fn.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			return true, s.text(f, &fn.Name)
		case 4:
			return true, s.texts(f, &fn.Inputs)
		case 5:
			return true, s.texts(f, &fn.Outputs)
		case 6:
			return true, s.texts(f, &fn.Attributes)
		case 7:
			return true, more(s, f, &fn.Nodes, "node", (*decoder).node)
		case 8:
			return true, s.text(f, &fn.DocString)
		case 9:
			return true, more(s, f, &fn.Opsets, "opset import", (*decoder).opset)
		case 10:
			return true, s.text(f, &fn.Domain)
		case 11:
			return true, more(s, f, &fn.Defaults, "attribute", (*decoder).attribute)
		case 12:
			return true, more(s, f, &fn.ValueInfos, "value info", (*decoder).valueInfo)
		case 13:
			return true, s.text(f, &fn.Overload)
		case 14:
			return true, more(s, f, &fn.Metadata, "metadata", (*decoder).kv)
		}
		return false, nil
	})
}

func (d *decoder) opset(b []byte, o *Opset) error {
	return d.decode(b, &o.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			return true, s.text(f, &o.Domain)
		case 2:
			return true, integer(s, f, &o.Version)
		}
		return false, nil
	})
}

func (d *decoder) kv(b []byte, kv *KV) error {
	return d.decode(b, &kv.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			return true, s.text(f, &kv.Key)
		case 2:
			return true, s.text(f, &kv.Value)
		}
		return false, nil
	})
}
