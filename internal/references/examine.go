package main

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/culprit"
	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/untrained"
	"github.com/stratascope/stratascope/tensor"
)

// A record is what the rules measured of one network.
type record struct {
	Architecture  string
	Seed          uint64
	Damage, Layer string // "" for a healthy network
	Accuracy      float64
	Rules         map[string][]finding.Measurement // by code
}

// outcomes are those of the rules, as a diagnosis takes them.
func (r record) outcomes() []detector.Outcome {
	var out []detector.Outcome
	for _, d := range rules() {
		out = append(out, detector.Outcome{Detector: d, Measurements: r.Rules[d.Code]})
	}
	return out
}

// rules lists those that a population says something about.
func rules() []*detector.Detector {
	return slices.DeleteFunc(all.Detectors(), func(d *detector.Detector) bool { return !diagnosis.Comparable(d) })
}

// A bench trains and examines.
type bench struct {
	settings
	seen, held culprit.Images
}

// A job is a network to be examined.
type job struct {
	a     culprit.Architecture
	seed  uint64
	d     culprit.Damage
	layer string
}

// records examines all networks: every architecture from every seed, and the first of them with each damage.
func (b bench) records(ctx context.Context) ([]record, error) {
	var jobs []job
	for _, a := range culprit.Architectures() {
		if !slices.Contains(strings.Split(b.architectures, ","), a.Name) {
			continue
		}
		for seed := range uint64(b.seeds) {
			jobs = append(jobs, job{a: a, seed: seed + 1})
			if seed >= uint64(b.damaged) {
				continue
			}
			for i, d := range culprit.Damages() {
				if ls := d.Layers(a.New(seed + 1)); len(ls) > 0 {
					jobs = append(jobs, job{a, seed + 1, d, ls[(int(seed)*len(ls)/b.damaged+i)%len(ls)]})
				}
			}
		}
	}
	out := make([]record, len(jobs))
	err := parallel.Each(ctx, b.workers, len(jobs), func(ctx context.Context, i int) (err error) {
		out[i], err = b.record(ctx, jobs[i])
		fmt.Fprintf(os.Stderr, "%d of %d: %s %d %s %s\n", i+1, len(jobs), jobs[i].a.Name, jobs[i].seed, jobs[i].d.Name, jobs[i].layer)
		return err
	})
	return out, err
}

// record examines one network, or returns what was kept of it.
func (b bench) record(ctx context.Context, j job) (record, error) {
	r := record{Architecture: j.a.Name, Seed: j.seed, Damage: j.d.Name, Layer: j.layer, Rules: map[string][]finding.Measurement{}}
	name := fmt.Sprintf("%s-%d-%s-%s.record", j.a.Name, j.seed, j.d.Name, j.layer)
	if err := b.kept(name, &r); !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	g, err := b.network(ctx, j)
	if err != nil {
		return r, err
	}
	if r.Accuracy, err = culprit.Accuracy(ctx, g, b.held); err != nil {
		return r, err
	}
	c := culprit.Shown(g, b.seen, b.held)
	maps.Copy(c.Networks, untrained.Networks(g, c))
	var needs []statistic.Any
	for _, d := range rules() {
		needs = append(needs, d.Needs...)
	}
	results, err := statistic.Collect(ctx, c, needs, statistic.Options{})
	if err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	for _, d := range rules() {
		r.Rules[d.Code] = detector.Run(d, c, results, nil).Measurements
	}
	return r, b.keep(name, r)
}

// network trains and damages.
func (b bench) network(ctx context.Context, j job) (*graph.Graph, error) {
	if j.layer == "" {
		return b.trained(ctx, j.a, j.seed)
	}
	if j.d.Name == culprit.Frozen {
		return b.trained(ctx, j.a, j.seed, j.layer)
	}
	g, err := b.trained(ctx, j.a, j.seed)
	if err != nil {
		return nil, err
	}
	other, err := b.trained(ctx, j.a, j.seed%uint64(b.seeds)+1)
	if err != nil {
		return nil, err
	}
	return j.d.Apply(g, j.a.New(j.seed), other, j.layer, j.seed)
}

// trained returns a network after training, a layer of which may have been held as it began.
func (b bench) trained(ctx context.Context, a culprit.Architecture, seed uint64, frozen ...string) (*graph.Graph, error) {
	g := a.New(seed)
	var held []string
	for _, name := range frozen {
		l, _ := g.Layer(name)
		held = append(held, l.Weight)
		if l.Bias != "" {
			held = append(held, l.Bias)
		}
	}
	name := fmt.Sprintf("%s-%d-%v.network", a.Name, seed, frozen)
	values := map[string][]float32{}
	err := b.kept(name, &values)
	if errors.Is(err, fs.ErrNotExist) {
		if g, err = culprit.Train(ctx, a, seed, b.seen, b.epochs, held...); err != nil {
			return nil, err
		}
		for n, w := range g.Weights {
			if w.DType() == tensor.Float32 {
				values[n] = w.Float32s()
			}
		}
		return g, b.keep(name, values)
	}
	if err != nil {
		return nil, err
	}
	weights := map[string]tensor.Tensor{}
	for n, v := range values {
		weights[n] = tensor.Of(v, g.Weights[n].Shape()...)
	}
	return g.ReplaceWeights(weights)
}

// kept reads a file of the cache; without a cache there is none.
func (b bench) kept(name string, into any) error {
	if b.cache == "" {
		return fs.ErrNotExist
	}
	f, err := os.Open(filepath.Join(b.cache, name))
	if err != nil {
		return err
	}
	defer f.Close()
	return gob.NewDecoder(f).Decode(into)
}

// keep writes a file of the cache.
func (b bench) keep(name string, v any) error {
	if b.cache == "" {
		return nil
	}
	f, err := os.Create(filepath.Join(b.cache, name+".part"))
	if err != nil {
		return err
	}
	if err := errors.Join(gob.NewEncoder(f).Encode(v), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(b.cache, name))
}
