package onnx

import "fmt"

func (s *scope) attributes(list []*Attribute) error {
	seen := map[string]bool{}
	for _, a := range list {
		if a.Name == "" {
			return fmt.Errorf("an attribute has no name")
		}
		if seen[a.Name] {
			return fmt.Errorf("attribute %q is there twice", a.Name)
		}
		seen[a.Name] = true
		if err := s.attribute(a); err != nil {
			return fmt.Errorf("attribute %q: %w", a.Name, err)
		}
	}
	return nil
}

func (s *scope) attribute(a *Attribute) error {
	if valueField(a.Type) == 0 {
		return fmt.Errorf("%v is no type of a value", a.Type)
	}
	for t := range attributeTypes[1:] {
		if other := AttributeType(t + 1); has(a.kept, valueField(other)) {
			return fmt.Errorf("is %v and has a value of type %v too", a.Type, other)
		}
	}
	if a.Ref != "" {
		return s.reference(a)
	}
	if missing(a.Value) {
		return fmt.Errorf("is %v and has no value", a.Type)
	}
	if t := typeOf(a.Value); t != a.Type {
		return fmt.Errorf("is %v and has a value of type %v", a.Type, t)
	}
	return s.content(a)
}

// reference makes sure that an attribute that takes its value from the function's call can do so.
func (s *scope) reference(a *Attribute) error {
	switch {
	case a.Value != nil:
		return fmt.Errorf("refers to %q and has a value, want one", a.Ref)
	case !s.inFunction:
		return fmt.Errorf("refers to %q outside of a function", a.Ref)
	case !s.parameters[a.Ref]:
		return fmt.Errorf("refers to %q, which is no parameter of the function", a.Ref)
	}
	return nil
}

func missing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case *Tensor:
		return v == nil
	case *Graph:
		return v == nil
	case *SparseTensor:
		return v == nil
	case *Type:
		return v == nil
	}
	return false
}

// content checks the graphs and tensors that an attribute holds.
func (s *scope) content(a *Attribute) error {
	switch v := a.Value.(type) {
	case *Tensor:
		return checkTensor(v)
	case []*Tensor:
		for _, t := range v {
			if err := checkTensor(t); err != nil {
				return err
			}
		}
	case *SparseTensor:
		return checkSparse(v)
	case []*SparseTensor:
		for _, t := range v {
			if err := checkSparse(t); err != nil {
				return err
			}
		}
	}
	for _, g := range a.graphs() {
		if err := s.inner().graph(g); err != nil {
			return err
		}
	}
	return nil
}
