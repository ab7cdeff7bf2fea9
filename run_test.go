package stratascope_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/clusterdisorder"
	"github.com/stratascope/stratascope/detector/deadunits"
	"github.com/stratascope/stratascope/report"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/clusters"
)

// The stale BatchNorm statistics of the demo's network make a diagnosis run the network again under other
// statistics, so that every kind of pass and wave takes part.
const demo = "cmd/stratascope/demo/"

// open opens the demo's case with some samples of each split, and with other preprocessings if there is a
// list of them.
func open(t *testing.T, o stratascope.LiveOptions) *stratascope.Run {
	t.Helper()
	m, err := stratascope.OpenModel(context.Background(), demo+"model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	set, err := stratascope.OpenData(demo+"data.npz", m, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	if o.Samples == 0 {
		o.Samples = 300
	}
	if o.Alternatives != nil {
		o.Alternatives, _ = set.Alternatives()
	}
	o.Seed = 1
	r, err := stratascope.Live(m, set, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// diagnose returns the bytes of the result file.
func diagnose(ctx context.Context, t *testing.T, r *stratascope.Run, o stratascope.Options) ([]byte, error) {
	t.Helper()
	d, err := r.Diagnose(ctx, o)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := report.WriteJSON(&b, &d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), nil
}

func must(t *testing.T, r *stratascope.Run, o stratascope.Options) []byte {
	t.Helper()
	b, err := diagnose(t.Context(), t, r, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSameBytesForAnyNumberOfWorkers(t *testing.T) {
	want := must(t, open(t, stratascope.LiveOptions{Workers: 1}), stratascope.Options{})
	if !bytes.Contains(want, []byte(`"code": "NRM-01"`)) {
		t.Error("the stale normalisation was not looked at")
	}
	for _, workers := range []int{2, 8} {
		if got := must(t, open(t, stratascope.LiveOptions{Workers: workers}), stratascope.Options{}); !bytes.Equal(got, want) {
			t.Errorf("the result of %d workers differs from that of one", workers)
		}
	}
}

func identity(t *testing.T, r *stratascope.Run) stratascope.Identity {
	t.Helper()
	sum, err := r.HashData()
	if err != nil {
		t.Fatal(err)
	}
	r.Result.Data.SHA256 = sum
	return r.Identity("test")
}

// eager is a store that keeps every block.
type eager struct{ *stratascope.Cache }

func (eager) Due() bool { return true }

func TestResumeGivesTheSameBytes(t *testing.T) {
	plain := open(t, stratascope.LiveOptions{Workers: 2})
	identity(t, plain)
	want := must(t, plain, stratascope.Options{})
	// Stopped after the first block, in the second split, and while rules of replays run.
	for _, stop := range []struct {
		stage string
		done  int
	}{{"train", 128}, {"val", 256}, {"statistics", 3}, {"batch-norm/train", 128}} {
		t.Run(stop.stage, func(t *testing.T) {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r := open(t, stratascope.LiveOptions{Workers: 2})
			c, err := stratascope.OpenCache(dir, identity(t, r), false)
			if err != nil {
				t.Fatal(err)
			}
			r.Keep(c)
			reached := false
			_, err = diagnose(ctx, t, r, stratascope.Options{Store: eager{c}, Progress: func(stage string, done, _ int) {
				if stage == stop.stage && done >= stop.done {
					reached = true
					cancel()
				}
			}})
			if !errors.Is(err, context.Canceled) || !reached {
				t.Fatalf("stopped: %v, error %v; want an interruption at %s", reached, err, stop.stage)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}

			again := open(t, stratascope.LiveOptions{Workers: 2})
			c, err = stratascope.OpenCache(dir, identity(t, again), true)
			if err != nil {
				t.Fatal(err)
			}
			again.Keep(c)
			first := ""
			got, err := diagnose(t.Context(), t, again, stratascope.Options{Store: c, Progress: func(stage string, done, _ int) {
				if first == "" && stage == stop.stage {
					first = stage
					if stage != "statistics" && done <= 128 {
						t.Errorf("%s was begun anew", stage)
					}
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Error("the result differs from that of a run that was not interrupted")
			}
			if err := c.Remove(); err != nil {
				t.Fatal(err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%d folders are left of a run that is over", len(left))
			}
		})
	}
}

func TestResumeRefusesOtherRuns(t *testing.T) {
	dir := t.TempDir()
	id := stratascope.Identity{Tool: stratascope.Tool, Kernel: "native avx2", Model: "a.onnx", SHA256: strings.Repeat("1", 64), Data: "d", Preprocess: "p", Settings: "s"}
	c, err := stratascope.OpenCache(dir, id, true) // there is nothing yet: a run begins
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*stratascope.Identity){
		"the model a.onnx (111111111111), this is b.onnx (222222222222)": func(i *stratascope.Identity) { i.Model, i.SHA256 = "b.onnx", strings.Repeat("2", 64) },
		"other data":              func(i *stratascope.Identity) { i.Data = "e" },
		"another preprocessing":   func(i *stratascope.Identity) { i.Preprocess = "q" },
		"other settings":          func(i *stratascope.Identity) { i.Settings = "t" },
		"on native avx2, this is": func(i *stratascope.Identity) { i.Kernel = "native avx512" },
	} {
		other := id
		change(&other)
		if _, err := stratascope.OpenCache(dir, other, true); !errors.Is(err, stratascope.ErrOtherRun) || !strings.Contains(err.Error(), name) {
			t.Errorf("error is %v, want one that says %q", err, name)
		}
	}
	c, err = stratascope.OpenCache(dir, id, true)
	if err != nil {
		t.Fatalf("the run's own cache is refused: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestResumeRefusesDamagedStates(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := open(t, stratascope.LiveOptions{Workers: 1})
	id := identity(t, r)
	c, err := stratascope.OpenCache(dir, id, false)
	if err != nil {
		t.Fatal(err)
	}
	r.Keep(c)
	if _, err := diagnose(ctx, t, r, stratascope.Options{Store: eager{c}, Progress: func(string, int, int) { cancel() }}); err == nil {
		t.Fatal("not interrupted")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	states, err := filepath.Glob(filepath.Join(dir, "*", "state-*"))
	if err != nil || len(states) == 0 {
		t.Fatalf("no saved states: %v", err)
	}
	b, err := os.ReadFile(states[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2]++
	if err := os.WriteFile(states[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err = stratascope.OpenCache(dir, id, true)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	again := open(t, stratascope.LiveOptions{Workers: 1})
	identity(t, again)
	again.Keep(c)
	if _, err := diagnose(t.Context(), t, again, stratascope.Options{Store: c}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("error is %v, want one about damage", err)
	}
}

func TestRecordingSaysTheSameAsTheRun(t *testing.T) {
	o := stratascope.LiveOptions{Workers: 2, Samples: 300, Alternatives: []dataset.Preprocess{}}
	r := open(t, o)
	identity(t, r)
	want := must(t, r, stratascope.Options{})
	dir := t.TempDir()
	if err := r.Record(t.Context(), demo+"model.onnx", dir, stratascope.RecordOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 8} {
		rec, err := stratascope.OpenRecording(context.Background(), dir, stratascope.RecordedOptions{Live: stratascope.LiveOptions{Seed: 1, Workers: workers}})
		if err != nil {
			t.Fatal(err)
		}
		d, err := rec.Diagnose(t.Context(), stratascope.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := report.WriteJSON(&b, &d); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("with %d workers the recording's result differs from the run's", workers)
		}
		if err := rec.Recording.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A first look at 256 samples stands for the whole rule: it must say what the rule says in a full run.
func TestFirstLookIsTheRule(t *testing.T) {
	o := stratascope.LiveOptions{Workers: 2, Alternatives: []dataset.Preprocess{}}
	want := must(t, open(t, o), stratascope.Options{})
	r := open(t, o)
	v, err := r.Verify(t.Context(), stratascope.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v.Better != nil || v.Renamed != "" || v.N != 256 {
		t.Errorf("first look: better %v, renamed %q, %d samples; want none of 256", v.Better, v.Renamed, v.N)
	}
	if got := must(t, r, stratascope.Options{Known: append(stratascope.Options{}.Known, v.Outcome)}); !bytes.Equal(got, want) {
		t.Error("with the first look's outcome the result differs from a full run's")
	}
}

// A plan is what then happens, as far as nothing is off.
func TestPlanIsWhatHappens(t *testing.T) {
	r := open(t, stratascope.LiveOptions{Workers: 2})
	p, err := r.Plan(t.Context(), stratascope.Options{})
	if err != nil {
		t.Fatal(err)
	}
	planned := map[string]int{}
	for _, x := range p.Passes {
		planned[x.View] += x.Samples
	}
	done := map[string]int{}
	if _, err := r.Diagnose(t.Context(), stratascope.Options{Progress: func(stage string, n, _ int) { done[stage] = n }}); err != nil {
		t.Fatal(err)
	}
	for view, n := range planned {
		if done[view] != n {
			t.Errorf("%s: %d samples were planned, %d read", view, n, done[view])
		}
	}
	if done["train"] == 0 || done["val"] == 0 {
		t.Errorf("read %v, want train and val", done)
	}
	var kept int64
	for _, q := range []string{"train", "val"} {
		for _, x := range p.Passes {
			if x.View == q {
				kept += x.Rows
			}
		}
	}
	if kept != p.Rows() || kept == 0 {
		t.Errorf("%d bytes of rows kept in train and val, %d in all", kept, p.Rows())
	}
}

// Clusters are made for the result of all rules, and where a rule needs them.
func TestSomeRulesNeedNoClusters(t *testing.T) {
	for _, c := range []struct {
		rules []*detector.Detector
		want  bool
	}{{nil, true}, {[]*detector.Detector{deadunits.Detector}, false}, {[]*detector.Detector{clusterdisorder.Detector}, true}} {
		if got := slices.Contains(stratascope.Options{Detectors: c.rules}.Needs(), statistic.Any(clusters.Statistic)); got != c.want {
			t.Errorf("%v: clusters %v, want %v", c.rules, got, c.want)
		}
	}
}
