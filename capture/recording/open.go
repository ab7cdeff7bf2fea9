package recording

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
)

// Options of a recording that is read.
type Options struct {
	Partial bool           // use the complete shards where some are cut or missing
	Workers int            // blocks that are read at once; 0 is 1
	Keeper  capture.Keeper // where reduced rows of whole maps are kept; nil keeps them in memory
}

// A Recording is an open recording, a source of values. It is safe for concurrent use.
type Recording struct {
	opt      Options
	folder   *folder
	manifest *Manifest
	roll     *roll
	parts    map[portion]*part
	stores   []*store
	network  *graph.Graph // nil without graph.onnx and weights
	layers   []graph.Layer
	tensors  map[capture.Site]recorded // where values at a site lie
	notes    []string
	steps    map[int64]*Recording
	order    []int64

	mu   sync.Mutex
	kept map[capture.Request]bool
}

// A portion is the key of a part.
type portion struct {
	split     dataset.Split
	condition capture.Condition
}

// Open opens a recording: a folder with a manifest, a folder of .npy files, or a folder of either by
// training step.
func Open(ctx context.Context, dir string, o Options) (*Recording, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	return open(ctx, f, o)
}

func open(ctx context.Context, f *folder, o Options) (*Recording, error) {
	if o.Workers <= 0 {
		o.Workers = 1
	}
	if o.Keeper == nil {
		o.Keeper = capture.NewMemory()
	}
	r := &Recording{opt: o, folder: f, parts: map[portion]*part{}, tensors: map[capture.Site]recorded{}, steps: map[int64]*Recording{},
		kept: map[capture.Request]bool{}}
	if err := r.load(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Recording) load(ctx context.Context) error {
	entries, err := r.folder.list()
	if err != nil {
		return err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == name })
	}
	for _, e := range entries {
		if step, ok := stepOf(e.Name()); ok && e.IsDir() {
			r.order = append(r.order, step)
		}
	}
	slices.Sort(r.order)
	switch {
	case has(ManifestName):
		err = r.loadManifest()
	case slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return isLayerFile(e.Name()) }):
		err = r.loadPlain(entries)
	case len(r.order) > 0:
		return r.loadSteps(ctx)
	default:
		return &dataset.Problem{Message: fmt.Sprintf("%s: no recording: found no %s and no layer files such as 01-conv1.npy", r.folder.name, ManifestName),
			Help: []string{"Record a model: stratascope record MODEL --data D --out DIR. Or in your framework: python/stratascope_recorder.py."}}
	}
	if err != nil {
		return err
	}
	if err := r.findLayers(ctx, has("graph.onnx")); err != nil {
		return err
	}
	return r.loadSteps(ctx)
}

// stepPrefix begins the name of a sub-folder with the recording of one training step.
const stepPrefix = "step-"

func stepOf(name string) (int64, bool) {
	digits, ok := strings.CutPrefix(name, stepPrefix)
	if !ok || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

// loadSteps opens the sub-folders. A recording of steps alone is that of its last one.
func (r *Recording) loadSteps(ctx context.Context) error {
	entries, err := r.folder.list()
	if err != nil {
		return err
	}
	for _, e := range entries {
		step, ok := stepOf(e.Name())
		if !ok || !e.IsDir() {
			continue
		}
		if r.steps[step] != nil {
			return fmt.Errorf("%s: step %d is there twice", r.folder.name, step)
		}
		f, err := r.folder.sub(e.Name())
		if err != nil {
			return err
		}
		if r.steps[step], err = open(ctx, f, r.opt); err != nil {
			return err
		}
	}
	if len(r.order) == 0 || r.manifest != nil {
		return nil
	}
	last := r.steps[r.order[len(r.order)-1]]
	r.manifest, r.roll, r.parts, r.network, r.layers, r.tensors = last.manifest, last.roll, last.parts, last.network, last.layers, last.tensors
	r.notes = append([]string{fmt.Sprintf("%d training steps were recorded; where none is named, the last, %d, is meant", len(r.order), r.order[len(r.order)-1])}, last.notes...)
	return nil
}

// Close closes the files.
func (r *Recording) Close() error {
	err := r.folder.close()
	for _, s := range r.stores {
		err = errors.Join(err, s.close())
	}
	for _, step := range r.order {
		if s := r.steps[step]; s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// Manifest returns what the recording says of itself; for a plain folder, what was assumed. It is shared:
// do not write to it.
func (r *Recording) Manifest() *Manifest { return r.manifest }

// Notes returns what was assumed and left out, a sentence each.
func (r *Recording) Notes() []string { return r.notes }

// Steps returns the training steps that were recorded as sub-folders, in order.
func (r *Recording) Steps() []int64 { return r.order }

// Graph returns the recorded network where graph.onnx is there. Where only weights are, the graph holds
// them and the layers; without either it is nil.
func (r *Recording) Graph() *graph.Graph { return r.network }

// Task returns what the labels say the network should do.
func (r *Recording) Task() dataset.Task {
	kind := dataset.Kind(r.manifest.Task.Kind)
	if kind == "" {
		kind = dataset.NoTask
		if r.roll.labels != nil {
			kind = dataset.Classification
		}
	}
	return dataset.Task{Kind: kind, Classes: r.manifest.Task.Classes}
}

// Output returns what the network gives, logits or probabilities, as far as the recording says.
func (r *Recording) Output() string { return r.manifest.Task.Output }

// Splits returns the splits that hold samples, in their usual order.
func (r *Recording) Splits() []dataset.Split {
	var out []dataset.Split
	for _, s := range dataset.Splits() {
		if p := r.parts[portion{split: s}]; p != nil && p.n > 0 {
			out = append(out, s)
		}
	}
	return out
}

// spaced writes a number with a space between thousands.
func spaced(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}
