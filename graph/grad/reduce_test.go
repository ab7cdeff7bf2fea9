package grad_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

func TestReductions(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	var list []check
	for _, name := range []string{"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceProd", "ReduceSumSquare"} {
		draw := random
		if name == "ReduceLogSum" || name == "ReduceProd" {
			draw = positive
		}
		for keep := range 2 {
			for _, axes := range []tensor.Tensor{{}, ints(1), ints(0, -1), ints(-2)} {
				list = append(list, check{op: name, attr: attr("keepdims", keep), in: []tensor.Tensor{draw(r, 2, 3, 4), axes}})
			}
		}
		if name != "ReduceLogSumExp" && name != "ReduceMax" && name != "ReduceMin" {
			list = append(list, check{op: name, name: "over nothing", attr: attr("noop_with_empty_axes", 1), in: []tensor.Tensor{draw(r, 2, 3)}})
		}
	}
	list = append(list,
		check{op: "ReduceProd", name: "with a zero", in: []tensor.Tensor{tensor.Of([]float64{0, 2, 3, 1, 0.5, -2, 0, 0, 1}, 3, 3), ints(1)}, once: "divides by what is zero"},
		check{op: "CumSum", in: []tensor.Tensor{random(r, 3, 4), tensor.Scalar(int64(1))}},
		check{op: "CumSum", name: "reversed and exclusive", attr: attr("reverse", 1, "exclusive", 1), in: []tensor.Tensor{random(r, 3, 4), tensor.Scalar(int64(0))}},
	)
	for way := range 4 {
		a := attr("reverse", way/2, "exclusive", way%2)
		list = append(list, check{op: "CumProd", name: fmt.Sprint(way), attr: a, in: []tensor.Tensor{random(r, 3, 4), tensor.Scalar(int64(way % 2))}},
			check{op: "CumProd", name: fmt.Sprint("zeros ", way), attr: a, in: []tensor.Tensor{tensor.Of([]float64{0.5, 2, 0, 3, -1, 0, 1, 2, 0, 1, 1.5, 0}, 2, 6), ints(1)}, once: "divides by what is zero"})
	}
	runAll(t, list)
}
