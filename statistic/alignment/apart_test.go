package alignment

import (
	"errors"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

// Of several layers each is measured as it is alone; where one reads nothing, only all together are.
func TestApart(t *testing.T) {
	const n, d = 200, 32
	u := statistictest.Uniform(5, n, d)
	rows, groups := make([][]float32, n), make([]int, n)
	for i := range rows {
		rows[i], groups[i] = floats(u[i*d:(i+1)*d], 1, 0), i%infer.JackknifeGroups
		rows[i][0] *= 5
	}
	layers := []graph.Layer{{Name: "q", Units: 8}, {Name: "k", Units: 16}, {Name: "v", Units: 4}}
	w := floats(statistictest.Uniform(6, 28, d), 2, -1)
	measure := func(w []float32, layers ...graph.Layer) *Result {
		out := &Result{Layers: []string{layers[0].Name}, N: n, Rows: len(w) / d, Width: d}
		if err := out.measure(1, &reader{width: d, groups: 1, layers: layers}, w, rows, groups); err != nil {
			t.Fatal(err)
		}
		return out
	}
	all := measure(w, layers...)
	if len(all.Apart) != len(layers) {
		t.Fatalf("%d apart, want %d", len(all.Apart), len(layers))
	}
	at := 0
	for i, l := range layers {
		got, want := all.Apart[i], measure(w[at:at+l.Units*d], l)
		if got.Layers[0] != l.Name || got.Rows != l.Units || got.Cosine != want.Cosine || got.Spread != want.Spread || want.Apart != nil {
			t.Errorf("%s: %+v, want %+v", l.Name, got, want)
		}
		at += l.Units * d
	}
	var x []float32
	for _, row := range rows {
		x = append(x, row...)
	}
	if one, err := Of(1, w[:8*d], x, groups, d); err != nil || one.Cosine != all.Apart[0].Cosine || one.Rows != 8 {
		t.Errorf("a weight alone: %+v, %v", one, err)
	}
	if _, err := Of(1, w[:8*d], x[1:], groups, d); !errors.Is(err, infer.ErrRange) {
		t.Errorf("samples of another width: %v", err)
	}
	if _, err := Of(1, w[:8*d], x, append([]int{20}, groups[1:]...), d); !errors.Is(err, infer.ErrRange) {
		t.Errorf("a group too many: %v", err)
	}
	if all.Cosine == all.Apart[0].Cosine {
		t.Error("all together are as the first")
	}
	clear(w[:8*d])
	if x := measure(w, layers...); x.Apart != nil || x.Cosine.Value == 0 {
		t.Errorf("a weight of zero: %+v", x)
	}
}
