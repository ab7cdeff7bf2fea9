package pickle

import (
	"archive/zip"
	"errors"
	"fmt"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/tensor"
)

// usual are the keys under which checkpoints keep the weights.
var usual = []string{"state_dict", "model_state_dict", "model_state", "model", "net", "weights", "params"}

// weights finds the dictionary of tensors: the whole, or an entry of it.
func weights(v Value) *Dict {
	d, ok := v.(*Dict)
	if !ok {
		return nil
	}
	if d.holdsTensors() {
		return d
	}
	inner := map[string]*Dict{}
	var first *Dict
	for _, e := range d.Items {
		x, ok := e.Value.(*Dict)
		if !ok || !x.holdsTensors() {
			continue
		}
		if name, ok := e.Key.(string); ok {
			inner[name] = x
		}
		if first == nil {
			first = x
		}
	}
	for _, name := range usual {
		if inner[name] != nil {
			return inner[name]
		}
	}
	return first
}

func (d *Dict) holdsTensors() bool {
	for _, e := range d.Items {
		if rebuilt(e.Value) != nil {
			return true
		}
	}
	return false
}

// rebuilt returns the call that rebuilds a tensor, nil if a value is none. A parameter holds its tensor.
func rebuilt(v Value) *Object {
	for range 2 {
		o, ok := v.(*Object)
		if !ok {
			return nil
		}
		g, _ := o.Callee.(Global)
		args, _ := o.Args.(Tuple)
		switch g.String() {
		case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
			return o
		case "torch._utils._rebuild_parameter":
			if len(args) == 0 {
				return nil
			}
			v = args[0]
		default:
			return nil
		}
	}
	return nil
}

// tensor places a tensor: its arguments are the storage, the first element, the shape and the strides.
func (a *archive) tensor(o *Object) (stored, error) {
	args, _ := o.Args.(Tuple)
	if len(args) < 4 {
		return stored{}, fmt.Errorf("%d arguments, want 4", len(args))
	}
	storage, err := a.storage(args[0])
	if err != nil {
		return stored{}, err
	}
	first, ok := args[1].(int64)
	shape, ok2 := ints(args[2])
	stride, ok3 := ints(args[3])
	if !ok || !ok2 || !ok3 || len(shape) != len(stride) {
		return stored{}, errors.New("its shape and strides are no whole numbers")
	}
	n, err := tensor.Count(shape)
	if err != nil {
		return stored{}, err
	}
	have := int64(storage.Len())
	last := first
	for i, s := range shape {
		if n > 0 && stride[i] > 0 && int64(s-1) > have/int64(stride[i]) {
			last = have
			break
		}
		last += int64(s-1) * int64(stride[i])
	}
	if first < 0 || first > have || int64(n) > have || n > 0 && last >= have {
		return stored{}, fmt.Errorf("shape %v from element %d on lies outside its storage of %d", shape, first, storage.Len())
	}
	return stored{storage, int(first), shape, stride}, nil
}

// ints reads a tuple of sizes; none is larger than any storage could be.
func ints(v Value) ([]int, bool) {
	t, ok := v.(Tuple)
	if !ok || len(t) > 16 {
		return nil, false
	}
	out := make([]int, len(t))
	for i, x := range t {
		n, ok := x.(int64)
		if !ok || n < 0 || n > 1<<40 {
			return nil, false
		}
		out[i] = int(n)
	}
	return out, true
}

// storage finds the values of a tensor: ("storage", its class, its key, its device, its length).
func (a *archive) storage(v Value) (*array.Array, error) {
	p, _ := v.(Persistent)
	id, _ := p.ID.(Tuple)
	if len(id) < 5 || id[0] != any("storage") {
		return nil, errors.New("its storage is of another form")
	}
	class, ok := id[1].(Global)
	key, ok2 := id[2].(string)
	n, ok3 := id[4].(int64)
	elem, ok4 := elements[class]
	if !ok || !ok2 || !ok3 || !ok4 {
		return nil, errors.New("its storage is of another form")
	}
	if s := a.storages[key]; s != nil && s.Elem() == elem {
		return s, nil
	}
	e := a.members["data/"+key]
	if e == nil {
		return nil, fmt.Errorf("its storage %.40q is not there", key)
	}
	if e.Method != zip.Store || e.UncompressedSize64 != e.CompressedSize64 || n < 0 || n > int64(e.CompressedSize64)/int64(elem.Size()) {
		return nil, fmt.Errorf("its storage %.40q has %d bytes, want %d values of %v, not compressed", key, e.CompressedSize64, n, elem)
	}
	at, err := e.DataOffset()
	if err != nil {
		return nil, err
	}
	s, err := array.New(a.file, array.Layout{Elem: elem, Big: a.big, Shape: []int{int(n)}, Offset: at})
	if err == nil {
		a.storages[key] = s
	}
	return s, err
}
