package recording

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// A Plan says what of a source is recorded.
type Plan struct {
	Splits   []dataset.Split
	MadeBy   MadeBy
	Model    Model
	Task     Task
	Reduce   capture.Reduction     // Maps keeps whole values; Mean keeps means over positions, in much less room
	NoInputs bool                  // leave the network's input out
	Network  func(io.Writer) error // writes the network's ONNX file; nil leaves it out
	Resume   bool                  // go on with a recording that was not finished
	Progress func(split dataset.Split, done, total int)
}

// Record reads a source once over each split and writes what it shows: the activations of all layers, what
// batch normalisations read, input and output. Where whole values are kept, and the network, what is made
// of the recording is what is made of the source.
func Record(ctx context.Context, src capture.Source, dir string, p Plan) (err error) {
	if len(p.Splits) == 0 {
		return errors.New("there are no samples to record")
	}
	m := Manifest{MadeBy: p.MadeBy, Model: p.Model, Task: p.Task, Sites: p.sites(src)}
	if a, ok := src.(capture.Refeeder); ok {
		m.Alternatives = a.Alternatives()
	}
	w, err := Create(dir, m, p.Resume)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if p.Network != nil {
		if err := w.PutNetwork(p.Network); err != nil {
			return err
		}
	}
	samples := func(s dataset.Split) capture.Samples { return src.Samples(capture.View{Split: s}) }
	if err := w.List(p.Splits, samples, fingerprints(src, p.Splits)); err != nil {
		return err
	}
	for _, split := range p.Splits {
		for _, v := range views(src, split, len(m.Alternatives)) {
			if err := w.view(ctx, src, v, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// views lists the split as it is, then as the other preprocessings show it.
func views(src capture.Source, split dataset.Split, alternatives int) []capture.View {
	out := []capture.View{{Split: split}}
	for i := range alternatives {
		v := capture.View{Split: split, Condition: capture.Condition{Name: capture.Preprocessed, Level: i + 1}}
		if src.Offers(v, outputSite) == nil {
			out = append(out, v)
		}
	}
	return out
}

var (
	inputSite  = capture.Site{Layer: "input", Of: finding.Input}
	outputSite = capture.Site{Layer: "output", Of: finding.Output}
)

func activation(l graph.Layer) capture.Site {
	return capture.Site{Layer: l.Name, Of: finding.Activation}
}

// fingerprints returns how the samples' hashes are had, nil if they are not.
func fingerprints(src capture.Source, splits []dataset.Split) func(dataset.Split, int) ([32]byte, error) {
	o, ok := src.(capture.Original)
	if !ok {
		return nil
	}
	if _, err := o.Fingerprint(capture.View{Split: splits[0]}, 0); err != nil {
		return nil
	}
	return func(s dataset.Split, row int) ([32]byte, error) { return o.Fingerprint(capture.View{Split: s}, row) }
}

// sites describes the layers for the manifest.
func (p Plan) sites(src capture.Source) []Site {
	var out []Site
	for _, l := range src.Layers("") {
		s := Site{Name: l.Name, Order: l.Index, Op: l.Op, Kernel: l.Kernel, Shape: l.Shape, Axis: l.Axis, Reduce: "none", DType: "F32",
			After: l.After, Role: string(l.Role), Activation: l.Activation, Parameters: l.Parameters, Weight: l.Weight, Bias: l.Bias, Head: l.Head}
		if l.Groups > 1 {
			s.Groups = l.Groups
		}
		if s.Activation == "" {
			s.Activation = "none"
		}
		if p.Reduce != capture.Maps {
			s.Reduce, s.Stored = string(p.Reduce), []int{l.Units}
		}
		if src.Offers(capture.View{Split: p.Splits[0]}, activation(l)) != nil {
			s.Reduce, s.Stored, s.DType = "absent", nil, ""
		}
		out = append(out, s)
	}
	return out
}

func (w *Writer) view(ctx context.Context, src capture.Source, v capture.View, p Plan) error {
	s := src.Samples(v)
	r := w.Reader(v, s)
	var sites []capture.Site
	if v.Condition == (capture.Condition{}) {
		if !p.NoInputs && src.Offers(v, inputSite) == nil {
			sites = append(sites, inputSite)
		}
		for _, l := range src.Layers("") {
			if src.Offers(v, activation(l)) == nil {
				sites = append(sites, activation(l))
			}
			if norm := (capture.Site{Layer: l.Name, Of: finding.PreNorm}); l.Norm != nil && p.Reduce == capture.Maps && src.Offers(v, norm) == nil {
				sites = append(sites, norm)
			}
			if s := capture.Reads(src.Layers(""), l); s.Of == finding.Read && p.Reduce == capture.Maps && !slices.Contains(l.After, "input") && src.Offers(v, s) == nil {
				sites = append(sites, s)
			}
		}
	}
	if src.Offers(v, outputSite) == nil {
		sites = append(sites, outputSite)
	}
	if p.Reduce != capture.Maps {
		r.Fold = reduced(r.Fold, p.Reduce)
	}
	if done := r.Done; p.Progress != nil {
		r.Done = func(b int) error {
			err := done(b)
			p.Progress(v.Split, min((b+1)*capture.Block, s.Len()), s.Len())
			return err
		}
	}
	return src.Read(ctx, v, sites, r)
}

// reduced hands on one row a sample instead of whole values.
func reduced(fold func(int) capture.Fold, by capture.Reduction) func(int) capture.Fold {
	return func(b int) capture.Fold {
		next := fold(b)
		return func(q capture.Request, rows capture.Rows) error {
			if q.Site.Of == finding.Activation {
				row, err := capture.Reduce(rows.X, rows.Axis, by, nil, rows.IDs)
				if err != nil {
					return err
				}
				n := rows.X.Dim(0)
				rows.X, rows.Axis = tensor.Of(row, n, len(row)/n), 1
			}
			return next(q, rows)
		}
	}
}
