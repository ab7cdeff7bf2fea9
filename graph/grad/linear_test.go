package grad_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

func TestProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	var list []check
	for _, s := range [][2][]int{{{3, 4}, {4, 5}}, {{2, 3, 4}, {4, 5}}, {{2, 3, 4}, {2, 4, 5}}, {{2, 1, 3, 4}, {5, 4, 2}}, {{3, 4}, {2, 4, 5}},
		{{4}, {4, 5}}, {{3, 4}, {4}}, {{4}, {4}}, {{2, 3, 4}, {4}}, {{4}, {2, 4, 5}}, {{2, 3, 4}, {1, 4, 5}}} {
		list = append(list, check{op: "MatMul", in: []tensor.Tensor{random(r, s[0]...), random(r, s[1]...)}})
	}
	for _, ta := range []int64{0, 1} {
		for _, tb := range []int64{0, 1} {
			a, b := []int{3, 4}, []int{4, 5}
			if ta == 1 {
				a = []int{4, 3}
			}
			if tb == 1 {
				b = []int{5, 4}
			}
			for _, c := range [][]int{nil, {}, {5}, {3, 1}, {3, 5}} {
				in := []tensor.Tensor{random(r, a...), random(r, b...)}
				if c != nil {
					in = append(in, random(r, c...))
				}
				list = append(list, check{op: "Gemm", attr: op.Attributes{"transA": ta, "transB": tb, "alpha": float32(1.5), "beta": float32(0.25)}, in: in})
			}
		}
	}
	for _, e := range []struct {
		equation string
		shapes   [][]int
	}{
		{"ij,jk->ik", [][]int{{2, 3}, {3, 4}}}, {"bij,bkj->bik", [][]int{{2, 3, 4}, {2, 5, 4}}}, {"bhid,bhjd->bhij", [][]int{{2, 2, 3, 4}, {2, 2, 5, 4}}},
		{"ij->ji", [][]int{{2, 3}}}, {"ij->i", [][]int{{2, 3}}}, {"ij->", [][]int{{2, 3}}}, {"i,j->ij", [][]int{{2}, {3}}}, {"ij,jk", [][]int{{2, 3}, {3, 4}}},
		{"...ij,...jk->...ik", [][]int{{2, 3, 4}, {2, 4, 5}}}, {"ij,kl->il", [][]int{{2, 3}, {4, 5}}}, {"ij,jk,kl->il", [][]int{{2, 3}, {3, 4}, {4, 2}}}, {"ij, ij -> i", [][]int{{2, 3}, {2, 3}}},
		{"ii->i", [][]int{{3, 3}}}, {"ii", [][]int{{3, 3}}}, {"bii,ic->bc", [][]int{{2, 3, 3}, {3, 2}}}, {"iji,iii->j", [][]int{{3, 2, 3}, {3, 3, 3}}}, {"...ii->...", [][]int{{2, 3, 3}}},
		{"...ij->...i", [][]int{{2, 2, 3}}}, {"...i->i", [][]int{{2, 2, 3}}}, {"i...k,...k->i...", [][]int{{2, 3, 4}, {3, 4}}}, {"a...b,...->a...", [][]int{{2, 3, 4}, {5, 3}}}, // which ONNX Runtime does not run
	} {
		c := check{op: "Einsum", name: e.equation, attr: op.Attributes{"equation": e.equation}}
		for _, s := range e.shapes {
			c.in = append(c.in, random(r, s...))
		}
		list = append(list, c)
	}
	runAll(t, list)
}

func TestDeterminants(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 1))
	singular := tensor.Of([]float64{1, 2, 3, 2, 4, 6, 0.5, 1, -1}, 3, 3)
	list := []check{{op: "Det", name: "singular", in: []tensor.Tensor{singular}, open: l{5}}, {op: "Det", name: "zero", in: []tensor.Tensor{tensor.New(tensor.Float64, 2, 2)}, open: l{5}},
		{op: "Det", name: "stack", in: []tensor.Tensor{random(r, 2, 3, 4, 4)}, open: l{0, 1}}}
	for n := range 6 {
		list = append(list, check{op: "Det", in: []tensor.Tensor{random(r, 2, n+1, n+1)}, open: l{0}})
	}
	runAll(t, list)
}
