package healthy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/statistic"
)

const folder = "../golden/testdata/healthy/"

// examined is a healthy network with all that was measured and found on it.
type examined struct {
	run       *stratascope.Run
	results   *statistic.Results
	diagnosis finding.Diagnosis
	reference reference
}

// reference holds what NumPy and scikit-learn give for a network, and other programs; the README of
// internal/golden says how.
type reference struct {
	Train float64 `json:"accuracy_train"`
	Val   float64 `json:"accuracy_val"`
	NLL   float64 `json:"nll_val"`
	ECE   struct {
		Mass float64 `json:"equal_mass"`
	} `json:"ece"`
	Sites []struct {
		Value         string
		Units         int
		Dead          []int
		Twins         float64 `json:"duplicate_share"`
		RankMe        float64
		Participation float64
		Mean          []float64
		Variance      []float64
	}
	Biased   [][]float64 `json:"cka_biased"`
	Debiased [][]float64 `json:"cka_debiased"`
	Norms    map[string]struct {
		RMS      float64 `json:"rms_m"`
		Absolute float64 `json:"mean_abs_v"`
	} `json:"batchnorm_train"`
	Probes map[string]struct{ Accuracy float64 }
	Peers  peers
}

// names lists the healthy networks.
func names(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, family := range []string{"perceptron", "cnn", "resnet", "vit"} {
		for seed := 1; seed <= 3; seed++ {
			out = append(out, fmt.Sprintf("%s-%d", family, seed))
		}
	}
	found, err := filepath.Glob(folder + "*-?.onnx")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(out) {
		t.Fatalf("%d networks lie in %s, want %d", len(found), folder, len(out))
	}
	return out
}

// examine runs the whole diagnosis on a network and reads its reference.
func examine(t *testing.T, name string) examined {
	t.Helper()
	x := diagnosed(t, folder+name+".onnx", folder+"data.npz", dataset.Options{})
	b, err := os.ReadFile(folder + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &x.reference); err != nil {
		t.Fatal(err)
	}
	return x
}

// diagnosed runs the whole diagnosis on a network and data.
func diagnosed(t *testing.T, network, data string, o dataset.Options) examined {
	t.Helper()
	m, err := stratascope.OpenModel(context.Background(), network)
	if err != nil {
		t.Fatal(err)
	}
	set, err := stratascope.OpenData(data, m, o)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	r, err := stratascope.Live(m, set, stratascope.LiveOptions{Seed: 1, Workers: runtime.NumCPU()})
	if err != nil {
		t.Fatal(err)
	}
	x := examined{run: r}
	var options stratascope.Options
	if x.results, err = statistic.Collect(t.Context(), r.Case, options.Needs(), statistic.Options{}); err != nil {
		t.Fatal(err)
	}
	x.diagnosis = stratascope.Judge(r.Case, x.results, options)
	return x
}

// TestThirdPartyNetworks is silent on trained networks of other people, which make thirdparty fetches.
func TestThirdPartyNetworks(t *testing.T) {
	fetched := os.Getenv("STRATASCOPE_THIRDPARTY")
	if fetched == "" {
		t.Skip("STRATASCOPE_THIRDPARTY names no folder")
	}
	for _, c := range []struct {
		name string
		data dataset.Options
	}{{"mnist", dataset.Options{Preprocess: dataset.Preprocess{Mean: []float64{0.1307}, Std: []float64{0.3081}}}}, {"magika", dataset.Options{}}} {
		t.Run(c.name, func(t *testing.T) {
			base := filepath.Join(fetched, "trained", c.name)
			silent(t, diagnosed(t, base+".onnx", base+".npz", c.data))
		})
	}
}

func TestHealthyNetworks(t *testing.T) {
	for _, name := range names(t) {
		if testing.Short() && !strings.HasSuffix(name, "-1") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			x := examine(t, name)
			silent(t, x)
			outputs(t, x)
			sites(t, x)
			norms(t, x)
			similar(t, x)
			accuracies(t, x)
			similarities(t, x)
			probes(t, x)
		})
	}
}

// silent checks that nothing above minor is confirmed, and shows whatever was found.
func silent(t *testing.T, x examined) {
	t.Helper()
	for _, f := range x.diagnosis.Findings {
		line := fmt.Sprintf("%s %s %s %.0f %s: %s (%.4f, %.4f to %.4f)", f.Code, f.Verdict, f.Severity.Word, f.Severity.Value, f.Site.Layer, f.Message, f.Measure.Value, f.Measure.Low, f.Measure.High)
		if f.Verdict != finding.Suspected && f.Severity.Value >= 40 {
			t.Errorf("on a healthy network: %s", line)
		} else {
			t.Log(line)
		}
	}
	for _, r := range x.diagnosis.Rules {
		if r.Reason == "failed" {
			t.Errorf("%s failed: %s", r.Code, r.Text)
		}
	}
	if a := x.diagnosis.Verdict.Advice; a == finding.DoNotShip || a == finding.CannotTell {
		t.Errorf("the advice is %s: %s", a, x.diagnosis.Verdict.Sentence)
	}
	if s := x.diagnosis.Verdict.Sentence; strings.Contains(s, "NaN") {
		t.Errorf("sentence: %s", s)
	}
}
