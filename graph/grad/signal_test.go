package grad_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

func TestFourier(t *testing.T) {
	r := rand.New(rand.NewPCG(42, 1))
	var list []check
	none := tensor.Tensor{}
	for way := range 4 {
		for parts := 1; parts <= 2; parts++ {
			for _, n := range []int{5, 6} {
				a := attr("inverse", way/2, "onesided", way%2)
				if way == 1 && parts == 2 || way == 3 && parts == 1 {
					continue // one side of real signals, and of complex ones back
				}
				list = append(list, check{op: "DFT", name: fmt.Sprint("way ", way, " parts ", parts, " of ", n), attr: a, in: []tensor.Tensor{random(r, 2, n, 3, parts), none, tensor.Scalar(int64(1))}, open: l{0, 1, 2}})
			}
			a := attr("inverse", way/2, "onesided", way%2)
			if way == 1 && parts == 2 || way == 3 && parts == 1 {
				continue
			}
			for _, length := range []int64{3, 4, 9} {
				list = append(list, check{op: "DFT", name: fmt.Sprint("way ", way, " parts ", parts, " to ", length), attr: a, in: []tensor.Tensor{random(r, 2, 5, parts), tensor.Scalar(length)}, open: l{0, 1}})
			}
		}
	}
	list = append(list,
		check{op: "STFT", in: []tensor.Tensor{random(r, 2, 11, 1), tensor.Scalar(int64(3)), none, tensor.Scalar(int64(4))}, open: l{0, 1}},
		check{op: "STFT", name: "window", attr: attr("onesided", 0), in: []tensor.Tensor{random(r, 2, 11), tensor.Scalar(int64(2)), positive(r, 5)}, weights: 1, open: l{0, 1}},
		check{op: "STFT", name: "of complex numbers", attr: attr("onesided", 0), in: []tensor.Tensor{random(r, 1, 9, 2), tensor.Scalar(int64(2)), positive(r, 4), tensor.Scalar(int64(4))}, weights: 2, open: l{0}})
	runAll(t, list)
}
