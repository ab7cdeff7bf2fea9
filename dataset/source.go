package dataset

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/tensor"
)

// A source gives the stored values of samples. Implementations are safe for concurrent use.
type source interface {
	len() int
	dtype() tensor.DType
	shape() []int // of one sample; nil dimensions are -1 where samples differ
	sample(i int) (tensor.Tensor, error)
	raw(dst []byte, i int) ([]byte, error) // appends the sample's bytes
}

// A gatherer reads many samples at once, faster than one by one.
type gatherer interface {
	gather(dst tensor.Tensor, indices []int) error
}

// gather reads samples into one new tensor [n, shape...].
func gather(s source, indices []int) (tensor.Tensor, error) {
	t := tensor.New(s.dtype(), append([]int{len(indices)}, s.shape()...)...)
	return t, s.(gatherer).gather(t, indices)
}

// stored is a source over an array in a file.
type stored struct{ *array.Array }

func (s stored) len() int            { return s.Len() }
func (s stored) dtype() tensor.DType { return s.DType() }
func (s stored) shape() []int        { return s.RowShape() }

func (s stored) sample(i int) (tensor.Tensor, error) {
	t := tensor.New(s.dtype(), s.shape()...)
	return t, s.Gather(t, []int{i})
}

func (s stored) raw(dst []byte, i int) ([]byte, error) {
	return s.AppendRow(fmt.Appendf(dst, "%v%v", s.Elem(), s.RowShape()), i)
}

func (s stored) gather(dst tensor.Tensor, indices []int) error { return s.Gather(dst, indices) }

// memory is a source over values in memory: the columns of a table.
type memory struct{ t tensor.Tensor } // float32 [n, d]

func (s memory) len() int            { return s.t.Dim(0) }
func (s memory) dtype() tensor.DType { return s.t.DType() }
func (s memory) shape() []int        { return s.t.Shape()[1:] }

func (s memory) sample(i int) (tensor.Tensor, error) {
	return s.t.Rows(i, i+1).Reshape(s.shape()...), nil
}

func (s memory) raw(dst []byte, i int) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	err := array.WriteElements(b, s.t.Rows(i, i+1))
	return b.Bytes(), err
}

func (s memory) gather(dst tensor.Tensor, indices []int) error {
	row := s.t.Len() / max(1, s.len())
	out, all := dst.Float32s(), s.t.Float32s()
	for k, i := range indices {
		copy(out[k*row:(k+1)*row], all[i*row:(i+1)*row])
	}
	return nil
}

// joined are sources one after another: x_train, x_val.
type joined struct {
	parts []source
	ends  []int // number of samples up to and with each part
}

// join returns the parts as one source; they must hold samples of one type and shape.
func join(name string, parts []source) (source, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	if _, ok := parts[0].(*files); ok {
		return joinFiles(parts)
	}
	s := joined{parts: parts}
	n := 0
	for _, p := range parts {
		if _, ok := p.(*files); ok || p.dtype() != parts[0].dtype() || !slices.Equal(p.shape(), parts[0].shape()) {
			return nil, fmt.Errorf("%s: samples are %v%v in one part and %v%v in another", name, parts[0].dtype(), parts[0].shape(), p.dtype(), p.shape())
		}
		n += p.len()
		s.ends = append(s.ends, n)
	}
	return s, nil
}

func (s joined) len() int            { return s.ends[len(s.ends)-1] }
func (s joined) dtype() tensor.DType { return s.parts[0].dtype() }
func (s joined) shape() []int        { return s.parts[0].shape() }

// part returns the number of the part that holds sample i, and the sample's number there.
func (s joined) part(i int) (p, row int) {
	p = sort.SearchInts(s.ends, i+1)
	if p > 0 {
		i -= s.ends[p-1]
	}
	return p, i
}

func (s joined) sample(i int) (tensor.Tensor, error) {
	p, row := s.part(i)
	return s.parts[p].sample(row)
}

func (s joined) raw(dst []byte, i int) ([]byte, error) {
	p, row := s.part(i)
	return s.parts[p].raw(dst, row)
}

// gather reads stretches of samples that lie in one part.
func (s joined) gather(dst tensor.Tensor, indices []int) error {
	rows := make([]int, len(indices))
	for lo := 0; lo < len(indices); {
		first, _ := s.part(indices[lo])
		hi := lo
		for ; hi < len(indices); hi++ {
			p, row := s.part(indices[hi])
			if p != first {
				break
			}
			rows[hi] = row
		}
		if err := s.parts[first].(gatherer).gather(dst.Rows(lo, hi), rows[lo:hi]); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}
