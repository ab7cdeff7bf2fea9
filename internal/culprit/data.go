package culprit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/dataset/idx"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// Images are pictures of 28 x 28 with pixels 0-1 and their labels.
type Images struct {
	Pixels []float32
	Labels []int32
}

// Len is how many there are.
func (m Images) Len() int { return len(m.Labels) }

// Some returns images lo to hi.
func (m Images) Some(lo, hi int) Images {
	return Images{m.Pixels[lo*side*side : hi*side*side], m.Labels[lo:hi]}
}

func (m Images) tensor() tensor.Tensor { return tensor.Of(m.Pixels, m.Len(), 1, side, side) }

// samples are what a training reads.
func (m Images) samples() train.Tensors {
	y := make([]int64, m.Len())
	for i, l := range m.Labels {
		y[i] = int64(l)
	}
	return train.Tensors{"input": m.tensor(), "label": tensor.Of(y, len(y))}
}

// Read returns the first n images of a pair of IDX files, such as "train" of Fashion-MNIST.
func Read(folder, name string, n int) (Images, error) {
	x, err := open(folder, name+"-images-idx3-ubyte", n)
	if err != nil {
		return Images{}, err
	}
	y, err := open(folder, name+"-labels-idx1-ubyte", n)
	if err != nil {
		return Images{}, err
	}
	m := Images{make([]float32, len(x)), make([]int32, len(y))}
	if len(x) != len(y)*side*side {
		return m, fmt.Errorf("%s: %d pixels for %d labels, want images of %d x %d", name, len(x), len(y), side, side)
	}
	for i, v := range x {
		m.Pixels[i] = float32(v) / 255
	}
	for i, v := range y {
		m.Labels[i] = int32(v)
	}
	return m, nil
}

// open reads the first n rows of a file, gzipped or not.
func open(folder, name string, n int) ([]uint8, error) {
	f, err := os.Open(filepath.Join(folder, name+".gz"))
	if os.IsNotExist(err) {
		f, err = os.Open(filepath.Join(folder, name))
	}
	if err != nil {
		return nil, err
	}
	file, err := idx.Open(f)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	t, err := file.Tensor()
	if err != nil {
		return nil, err
	}
	v := tensor.Data[uint8](t)
	return append([]uint8(nil), v[:min(n, t.Dim(0))*len(v)/t.Dim(0)]...), nil
}

// A source shows images to networks: training ones and those held out.
type source map[dataset.Split]Images

// Samples names the images by split and number.
func (s source) Samples(v capture.View) capture.Samples {
	m := s[v.Split]
	out := capture.Samples{Labels: m.Labels}
	for i := range m.Len() {
		id := fmt.Sprintf("%s/%05d", v.Split, i)
		out.IDs, out.Hashes = append(out.IDs, id), append(out.Hashes, infer.Seed(0, id))
	}
	return out
}

// Offers knows the images as they are.
func (s source) Offers(v capture.View) error {
	if v.Condition != (capture.Condition{}) {
		return &capture.Unavailable{Code: "no-condition", Why: "the images are shown as they are"}
	}
	return nil
}

// Read returns some images.
func (s source) Read(_ context.Context, v capture.View, lo, hi int) (map[string]tensor.Tensor, error) {
	return map[string]tensor.Tensor{"input": s[v.Split].Some(lo, hi).tensor()}, nil
}
