package healthy_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/dataset/npz"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/metric"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/tensor"
)

// peers holds what other people's programs give for a network: PyTorch, netcal, pytorch-cka and cleanlab.
type peers struct {
	Train float64 `json:"torch_accuracy_train"`
	Val   float64 `json:"torch_accuracy_val"`
	ECE   struct {
		Mass float64 `json:"equal_mass"`
	} `json:"ece"`
	Debiased [][]float64 `json:"cka_debiased"` // clamped to 0..1
	Labels   struct {
		Thresholds []float64
		Joint      [][]int `json:"confident_joint"`
		Flagged    []int
	}
}

func accuracies(t *testing.T, x examined) {
	t.Helper()
	for _, c := range []struct {
		split dataset.Split
		want  float64
	}{{dataset.Train, x.reference.Peers.Train}, {dataset.Val, x.reference.Peers.Val}} {
		p, err := prediction.Statistic.At(x.results, prediction.View(c.split), prediction.Site)
		if err != nil {
			t.Fatal(err)
		}
		right, n := p.Accuracy()
		near(t, "PyTorch's accuracy on "+string(c.split), float64(right)/float64(n), c.want, 1e-8)
	}
}

// similarities compares both estimates of CKA: the debiased with pytorch-cka, the biased, whose all pairs the
// diagnosis does not need, with centred Gram matrices.
func similarities(t *testing.T, x examined) {
	t.Helper()
	p, err := pairs.Get(x.run.Case, x.results)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]similarity.Matrix{}
	for _, s := range x.reference.Sites {
		l, ok := layerOf(x, s.Value)
		if !ok || !pooled(x, l) {
			continue
		}
		table, err := x.run.Case.Source.Table(capture.View{Split: dataset.Val, Reduce: capture.Row}, finding.Site{Layer: l.Name, Of: finding.Activation})
		if err != nil {
			t.Fatal(err)
		}
		m, err := table.Matrix()
		if err != nil {
			t.Fatal(err)
		}
		rows[l.Name] = similarity.Matrix{N: m.N, D: m.D, X: m.X}
	}
	compared := 0
	for i, a := range x.reference.Sites {
		for j, b := range x.reference.Sites {
			la, _ := layerOf(x, a.Value)
			lb, _ := layerOf(x, b.Value)
			xa, ok := rows[la.Name]
			xb, ok2 := rows[lb.Name]
			if !ok || !ok2 {
				continue
			}
			compared++
			pair := la.Name + " and " + lb.Name
			near(t, "pytorch-cka of "+pair, min(1, max(0, p.Value[p.Index[la.Name]*p.L+p.Index[lb.Name]])), x.reference.Peers.Debiased[i][j], 1e-5)
			biased, err := similarity.CKA(xa, xb)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "biased CKA of "+pair, biased, x.reference.Biased[i][j], 1e-5)
		}
	}
	if compared == 0 {
		t.Error("no pair of layers was compared")
	}
}

// TestLabelErrorsAreCleanlabs compares confident learning on out-of-fold probabilities of the networks of seed 1.
func TestLabelErrorsAreCleanlabs(t *testing.T) {
	for _, family := range []string{"perceptron", "cnn", "resnet", "vit"} {
		var r reference
		b, err := os.ReadFile(folder + family + "-1.json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
		labels, p := outOfFold(t, folder+family+"-1.labels.npz")
		n, err := metric.ConfidentLearning(labels, p, 10)
		if err != nil {
			t.Fatal(err)
		}
		want := r.Peers.Labels
		for c, v := range n.Threshold {
			near(t, family+": threshold", v, want.Thresholds[c], 1e-7)
		}
		if !slices.Equal(n.Count, slices.Concat(want.Joint...)) {
			t.Errorf("%s: counts %v, want %v", family, n.Count, want.Joint)
		}
		// How many samples of a pair are suspects is a row of the joint, rounded. Where remainders tie, cleanlab's last
		// digits decide which pair gets one more.
		found, differ := map[int]bool{}, 0
		for _, s := range n.Suspects() {
			found[s.Sample] = true
		}
		for _, i := range want.Flagged {
			if !found[i] {
				differ++
			}
			delete(found, i)
		}
		if differ+len(found) > 1 {
			t.Errorf("%s: %d of cleanlab's %d suspects are none, and %d others are", family, differ, len(want.Flagged), len(found))
		}
	}
}

// outOfFold reads the labels and the probabilities of ten classes that a file of seed 1 holds.
func outOfFold(t *testing.T, path string) ([]int32, []float64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := npz.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	read := func(name string) tensor.Tensor {
		a, err := z.Array(name)
		if err != nil {
			t.Fatal(err)
		}
		x, err := a.Tensor()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	var labels []int32
	for _, v := range tensor.Data[uint8](read("y")) {
		labels = append(labels, int32(v))
	}
	var p []float64
	for _, v := range read("p").Float32s() {
		p = append(p, float64(v))
	}
	return labels, p
}
