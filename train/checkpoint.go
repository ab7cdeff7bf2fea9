package train

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/safetensors"
	"github.com/stratascope/stratascope/tensor"
)

// A Checkpoint says where the state of a training is kept. A training whose file is there goes on from it and
// gives the same bits as one that was not interrupted; a file of other settings is refused.
type Checkpoint struct {
	Path  string // a safetensors file (docs/training.md); "" for none
	Every int    // steps between writes; 0 is only at the end, or when the context ends
}

const (
	checkpointFormat  = "stratascope-training"
	checkpointVersion = "1.0"
)

// A state is what a checkpoint holds beside tensors. Everything random depends on seed and step, the place in
// the order of batches on step.
type state struct {
	Step     int     `json:"step"`
	Loss     float64 `json:"loss"`
	Looked   int     `json:"looked"`
	Latest   float64 `json:"latest"`
	BestLoss float64 `json:"best_loss"`
	BestStep int     `json:"best_step"`
	Waited   int     `json:"waited"`
	Stopped  bool    `json:"stopped"`
}

func (t *trainer) saves() bool {
	c := t.options.Checkpoint
	return c.Every > 0 && t.step > 0 && t.step%c.Every == 0
}

// tensors are the state's, by their names in the file; with a best copy of the weights where one is kept.
func (t *trainer) tensors(best map[string]tensor.Tensor) map[string]tensor.Tensor {
	out := map[string]tensor.Tensor{}
	for name, v := range t.values {
		out["weight."+name] = v
	}
	for name, v := range best {
		out["best."+name] = v
	}
	for _, w := range t.weights {
		for i, slot := range t.options.Optimiser.Slots() {
			out[slot+"."+w.name] = tensor.Of(w.slots[i], len(w.slots[i]))
		}
	}
	return out
}

// save writes the checkpoint under another name first, and gives it its own once it is whole.
func (t *trainer) save() (err error) {
	path := t.options.Checkpoint.Path
	if path == "" {
		return nil
	}
	text, err := json.Marshal(state{t.step, t.loss, t.looked, t.latest, t.bestLoss, t.bestStep, t.waited, t.stopped})
	if err != nil {
		return err
	}
	meta := map[string]string{"format": checkpointFormat, "version": checkpointVersion, "settings": t.settings, "state": string(text)}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("the checkpoint: %w", err)
		}
	}()
	all := t.tensors(t.best)
	w := bufio.NewWriterSize(f, 1<<20)
	if err := safetensors.Write(w, slices.Sorted(maps.Keys(all)), all, meta); err != nil {
		return err
	}
	if err := errors.Join(w.Flush(), f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// resume takes over the state of a checkpoint if there is one.
func (t *trainer) resume() error {
	path := t.options.Checkpoint.Path
	if path == "" {
		return nil
	}
	f, err := safetensors.OpenPath(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	defer f.Close()
	if err := t.load(f); err != nil {
		return fmt.Errorf("the checkpoint %s: %w", filepath.Base(path), err)
	}
	return nil
}

func (t *trainer) load(f *safetensors.File) error {
	meta := f.Meta()
	if meta["format"] != checkpointFormat || meta["version"] != checkpointVersion {
		return fmt.Errorf("format %q %q, want %q %q", meta["format"], meta["version"], checkpointFormat, checkpointVersion)
	}
	if meta["settings"] != t.settings {
		return errors.New("was written by another training (network, data or options differ), want another path")
	}
	var s state
	if err := json.Unmarshal([]byte(meta["state"]), &s); err != nil {
		return fmt.Errorf("its state: %w", err)
	}
	if s.Step < 0 || s.Step > t.options.Steps {
		return fmt.Errorf("step %d of %d", s.Step, t.options.Steps)
	}
	var best map[string]tensor.Tensor
	if s.BestStep > 0 {
		best = map[string]tensor.Tensor{}
		for name, v := range t.values {
			best[name] = v.Clone()
		}
	}
	want := t.tensors(best)
	read := map[string]tensor.Tensor{}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		a, _ := f.Array(name)
		if a == nil || a.Elem() != array.Float32 || !slices.Equal(a.Shape(), want[name].Shape()) {
			return fmt.Errorf("tensor %q is missing or not %v", name, want[name])
		}
		v, err := a.Tensor()
		if err != nil {
			return err
		}
		read[name] = v
	}
	for name, v := range read {
		copy(want[name].Float32s(), v.Float32s())
	}
	t.step, t.loss = s.Step, s.Loss
	t.watch = watch{s.Looked, s.Latest, best, s.BestLoss, s.BestStep, s.Waited, s.Stopped}
	return nil
}

// fingerprint is a hash of all that the steps depend on: network, first batch, order and options.
func (t *trainer) fingerprint(first map[string]tensor.Tensor) (string, error) {
	o, h := t.options, sha256.New()
	fmt.Fprintf(h, "%#v %#v %#v %d %d %v %d %v %#v %#v %#v %#v\n", o.Losses, o.Optimiser, o.Schedule,
		o.Batch, o.Steps, o.DropLast, o.Seed, t.net.trained, o.Penalty, o.Clip, o.Dropout, o.Noise)
	fmt.Fprintln(h, o.Mixup, t.data.Len(), t.order.list(0), o.Engine.Name(), o.Engine.Kernel())
	if v := o.Validation; v != nil {
		fmt.Fprintln(h, v.Data.Len(), v.Every, v.Batch, v.Patience, v.Least)
	}
	for _, n := range t.net.graph.Nodes {
		fmt.Fprintln(h, n.Op, n.Domain, n.Inputs, n.Outputs, n.Attributes) // fmt sorts maps
	}
	if err := errors.Join(hashed(h, t.net.graph.Weights), hashed(h, o.Masks), hashed(h, first)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hashed adds tensors to a hash.
func hashed(h hash.Hash, all map[string]tensor.Tensor) error {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintln(h, name, all[name])
		if all[name].DType() == tensor.String {
			continue
		}
		if err := array.WriteElements(io.Writer(h), all[name]); err != nil {
			return err
		}
	}
	return nil
}
