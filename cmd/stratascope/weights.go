package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/dataset/pickle"
	"github.com/stratascope/stratascope/graph"
)

// asNetwork says how to get at a network that a file of weights does not hold.
const asNetwork = "Export the network as ONNX: torch.onnx.export. Or record it in your framework: stratascope_recorder.py."

// weightsAlone reports whether a file holds weights and no network.
func weightsAlone(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, input("%s: %v", path, reason(err))
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return false, input("%s: %v", path, reason(err))
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, input("%s: %v", path, reason(err))
	}
	if bytes.HasPrefix(head[:n], []byte("\x89HDF")) {
		return false, input("%s is a Keras file.", filepath.Base(path)).with("Export the network as ONNX: tf2onnx. Or record it in your framework.")
	}
	return stratascope.HoldsWeights(head[:n], st.Size()), nil
}

// openWeights opens a file of weights, for the rules that need no more.
func (j *job) openWeights(ctx context.Context) error {
	if j.unkept {
		return input("%s holds weights but no network.", filepath.Base(j.path)).with(asNetwork)
	}
	o := stratascope.WeightsOptions{Seed: j.settings.seed, Memory: j.memoryLimit()}
	var err error
	if j.settings.initial != "" {
		if o.Initial, err = j.initial(ctx); err != nil {
			return err
		}
	}
	if len(j.settings.references) > 0 {
		return usage("--reference: %s holds weights but no network that could be compared.", filepath.Base(j.path)).with(asNetwork)
	}
	w, err := readWeights(j.path, o)
	if err != nil {
		return err
	}
	if j.settings.redact {
		w.Result.Model.Name = "model"
	}
	j.subject = w
	return nil
}

// initial opens the network before training, or its weights.
func (j *job) initial(ctx context.Context) (*graph.Graph, error) {
	path := j.settings.initial
	alone, err := weightsAlone(path)
	switch {
	case err != nil:
		return nil, err
	case !alone:
		m, err := j.openNetwork(ctx, path)
		if err != nil {
			return nil, err
		}
		return m.Graph, nil
	}
	w, err := readWeights(path, stratascope.WeightsOptions{Memory: j.memoryLimit()})
	if err != nil {
		return nil, err
	}
	return w.Case.Graph, nil
}

// readWeights opens a file of weights, or says why it is not read.
func readWeights(path string, o stratascope.WeightsOptions) (*stratascope.Weights, error) {
	w, err := stratascope.OpenWeights(path, o)
	name := filepath.Base(path)
	var call *pickle.CallError
	switch {
	case err == nil:
		return w, nil
	case errors.As(err, &call) && call.Network():
		return nil, input("%s holds a whole network as objects (%s), which are never loaded.", name, call.Global).with("Save its weights: torch.save(model.state_dict(), \"weights.pt\"). " + asNetwork)
	case errors.As(err, &call):
		return nil, input("%s asks to call %s. Refused. This file may be hostile: tell its source.", name, call.Global).with("If it is a network of your own: torch.save(model.state_dict(), \"weights.pt\").")
	case errors.Is(err, pickle.ErrForm):
		return nil, input("%s is a pickle, but no dictionary of weights as PyTorch from 1.6 on saves it.", name).with("Save it so: torch.save(model.state_dict(), \"weights.pt\"). " + asNetwork)
	}
	return nil, err
}
