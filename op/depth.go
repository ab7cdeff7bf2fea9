package op

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// What exchanges channels and positions.
var (
	DepthToSpace = &Op{Name: "DepthToSpace", Run: depthToSpace}
	SpaceToDepth = &Op{Name: "SpaceToDepth", Run: spaceToDepth}
)

func depthToSpace(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	t, b := in[0], int(a.Int("blocksize", 0))
	if t.Rank() != 4 || b < 1 || b > largest || t.Dim(1)%(b*b) != 0 {
		return nil, fmt.Errorf("shape %v in blocks of %d", t.Shape(), b)
	}
	n, c, h, w := t.Dim(0), t.Dim(1)/b/b, t.Dim(2), t.Dim(3)
	split, perm := []int{n, b, b, c, h, w}, []int{0, 3, 4, 1, 5, 2}
	if a.Str("mode", "DCR") == "CRD" {
		split, perm = []int{n, c, b, b, h, w}, []int{0, 1, 4, 2, 5, 3}
	}
	y, err := transposed(x, t.Reshape(split...), perm)
	if err != nil {
		return nil, err
	}
	return []tensor.Tensor{y.Reshape(n, c, h*b, w*b)}, nil
}

func spaceToDepth(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	t, b := in[0], int(a.Int("blocksize", 0))
	if t.Rank() != 4 || b < 1 || b > largest || t.Dim(2)%b != 0 || t.Dim(3)%b != 0 {
		return nil, fmt.Errorf("shape %v in blocks of %d", t.Shape(), b)
	}
	n, c, h, w := t.Dim(0), t.Dim(1), t.Dim(2)/b, t.Dim(3)/b
	perm := []int{0, 3, 5, 1, 2, 4}
	if a.Str("mode", "DCR") == "CRD" {
		perm = []int{0, 1, 3, 5, 2, 4}
	}
	y, err := transposed(x, t.Reshape(n, c, h, b, w, b), perm)
	if err != nil {
		return nil, err
	}
	return []tensor.Tensor{y.Reshape(n, c*b*b, h, w)}, nil
}
