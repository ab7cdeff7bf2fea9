package train_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// interrupted is the training of noisy with a validation and a checkpoint every second step.
func interrupted(t *testing.T, path string) (*train.Result, error) {
	g, data, o := noisy(t)
	o.Optimiser, o.Steps = train.SAM{Base: train.AdamW{Decay: 0.01}}, 11
	o.Schedule = train.Stairs{Start: 0.01, Every: 5, Factor: 30} // the best weights are those before the second stair
	o.Validation = &train.Validation{Data: few(data), Every: 4}
	o.Checkpoint = train.Checkpoint{Path: path, Every: 2}
	if os.Getenv("STRATASCOPE_TRAIN_KILL") != "" {
		o.Progress = func(p train.Progress) error { fmt.Println("step", p.Step); return nil }
	}
	return train.Run(context.Background(), g, data, o)
}

// A training that is killed goes on from its last checkpoint and ends with the same bits, in the network and in
// the checkpoint.
func TestKilledTrainingGoesOn(t *testing.T) {
	if path := os.Getenv("STRATASCOPE_TRAIN_KILL"); path != "" {
		_, err := interrupted(t, path)
		t.Fatal("the training was not killed: ", err)
	}
	dir := t.TempDir()
	whole, err := interrupted(t, filepath.Join(dir, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	if whole.Step != 4 {
		t.Fatalf("the best weights are those of step %d, want 4", whole.Step)
	}
	path := filepath.Join(dir, "killed")
	for _, last := range []string{"step 3", "step 9"} {
		killAt(t, path, last)
	}
	left, err := filepath.Glob(filepath.Join(dir, "killed*"))
	if err != nil || len(left) != 1 {
		t.Fatalf("files %v after a kill, want one (%v)", left, err)
	}
	r, err := interrupted(t, path)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "killed", whole.Graph, r.Graph)
	if r.Loss != whole.Loss || r.Best != whole.Best || r.Step != whole.Step {
		t.Errorf("%+v, want %+v", r, whole)
	}
	if !bytes.Equal(content(t, path), content(t, filepath.Join(dir, "whole"))) {
		t.Error("the checkpoints differ")
	}
}

// few are the first 40 samples.
func few(data train.Tensors) train.Tensors {
	return train.Tensors{"input": data["input"].Rows(0, 40), "label": data["label"].Rows(0, 40)}
}

// killAt runs the training in a process of its own and kills it once it has printed a line.
func killAt(t *testing.T, path, line string) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestKilledTrainingGoesOn$")
	c.Env = append(os.Environ(), "STRATASCOPE_TRAIN_KILL="+path)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for s := bufio.NewScanner(out); s.Scan(); {
		seen = append(seen, s.Text())
		if s.Text() == line {
			break
		}
	}
	c.Process.Kill()
	c.Wait()
	if len(seen) == 0 || seen[len(seen)-1] != line {
		t.Fatalf("the training printed %q, want %q", strings.Join(seen, "; "), line)
	}
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A context that ends leaves a checkpoint of the last whole step, wherever it ended.
func TestCancelledTrainingGoesOn(t *testing.T) {
	g, data, o := noisy(t)
	some := few(data)
	o.Steps, o.Validation = 6, &train.Validation{Data: some, Every: 2}
	whole := trained(t, g, data, o)
	o.Checkpoint.Path = filepath.Join(t.TempDir(), "state")
	for reads := 1; ; reads += 3 {
		ctx, cancel := context.WithCancel(context.Background())
		left := reads
		o.Validation.Data = &ending{Tensors: some, left: &left, cancel: cancel}
		r, err := train.Run(ctx, g, &ending{Tensors: data, left: &left, cancel: cancel}, o)
		cancel()
		if err == nil {
			same(t, "cancelled", whole.Graph, r.Graph)
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if reads > 50 {
			t.Fatal("the training makes no headway")
		}
	}
}

// ending is samples that end a context after so many reads.
type ending struct {
	train.Tensors
	left   *int
	cancel func()
}

func (e *ending) Batch(ctx context.Context, samples []int) (map[string]tensor.Tensor, error) {
	if *e.left--; *e.left < 0 {
		e.cancel()
	}
	return e.Tensors.Batch(ctx, samples)
}

// A checkpoint of another training, or of none, is refused.
func TestOtherCheckpoints(t *testing.T) {
	g, data, o := noisy(t)
	o.Checkpoint.Path, o.Steps = filepath.Join(t.TempDir(), "state"), 2
	trained(t, g, data, o)
	for name, change := range map[string]func(o *train.Options){
		"seed":      func(o *train.Options) { o.Seed++ },
		"steps":     func(o *train.Options) { o.Steps++ },
		"rate":      func(o *train.Options) { o.Schedule = train.Constant(0.1) },
		"optimiser": func(o *train.Options) { o.Optimiser = train.Adam{} },
		"loss":      func(o *train.Options) { o.Losses = []train.Term{{Loss: train.CrossEntropy{}, Target: "label"}} },
		"order":     func(o *train.Options) { o.Order = func(_, n int) []int { return upTo(n) } },
	} {
		other := o
		change(&other)
		if _, err := train.Run(context.Background(), g, data, other); err == nil || !strings.Contains(err.Error(), "another training") {
			t.Errorf("another %s: %v", name, err)
		}
	}
	whole := content(t, o.Checkpoint.Path)
	for _, n := range []int{0, 7, 100, len(whole) / 2, len(whole) - 1} {
		if err := os.WriteFile(o.Checkpoint.Path, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := train.Run(context.Background(), g, data, o); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}
