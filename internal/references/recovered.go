package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/culprit"
	"github.com/stratascope/stratascope/internal/parallel"
)

// What a damaged network is put beside, to name the cause by patching (e10).
const (
	nothing = "no reference"
	others  = "three of other seeds"
	before  = "itself before the damage"
)

// A naming is the cause of a damage as it is told beside some references.
type naming struct {
	Architecture, Damage, Layer, Beside string
	Seed                                uint64
	First                               string // suspect, "" if none
	Causal                              bool   // patching bore it out
	Accuracy                            float64
}

// namings asks for the cause of every damage that costs accuracy, beside each kind of reference.
func (b bench) namings(ctx context.Context, all []record) ([]naming, error) {
	var out []naming
	for _, r := range all {
		for _, beside := range []string{nothing, others, before} {
			if r.Damage != "" {
				out = append(out, naming{Architecture: r.Architecture, Seed: r.Seed, Damage: r.Damage, Layer: r.Layer, Beside: beside, Accuracy: r.Accuracy})
			}
		}
	}
	return out, parallel.Each(ctx, b.workers, len(out), func(ctx context.Context, i int) error {
		err := b.name(ctx, &out[i])
		fmt.Fprintf(os.Stderr, "%d of %d: %+v\n", i+1, len(out), out[i])
		return err
	})
}

// name fills in who is suspected.
func (b bench) name(ctx context.Context, n *naming) error {
	file := fmt.Sprintf("%s-%d-%s-%s-%s.naming", n.Architecture, n.Seed, n.Damage, n.Layer, n.Beside)
	if err := b.kept(file, n); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var a culprit.Architecture
	for _, x := range culprit.Architectures() {
		if x.Name == n.Architecture {
			a = x
		}
	}
	j := job{a: a, seed: n.Seed, layer: n.Layer}
	for _, d := range culprit.Damages() {
		if d.Name == n.Damage {
			j.d = d
		}
	}
	g, err := b.network(ctx, j)
	if err != nil {
		return err
	}
	c := culprit.Shown(g, b.seen, b.held)
	if c.References, err = b.beside(ctx, j, n.Beside); err != nil {
		return err
	}
	d, err := stratascope.Diagnose(ctx, c, stratascope.Options{Detectors: []*detector.Detector{}, Culprit: true})
	if err != nil {
		return err
	}
	if len(d.Suspects) > 0 {
		n.First, n.Causal = d.Suspects[0].Layer, d.Suspects[0].Verdict == finding.Causal
	}
	return b.keep(file, n)
}

// beside returns the references of a damaged network. Those of other seeds are none that a layer was taken from.
func (b bench) beside(ctx context.Context, j job, what string) ([]*graph.Graph, error) {
	var seeds []uint64
	switch what {
	case before:
		seeds = []uint64{j.seed}
	case others:
		for k := range uint64(3) {
			seeds = append(seeds, (j.seed+1+k)%uint64(b.seeds)+1)
		}
	}
	var out []*graph.Graph
	for _, s := range seeds {
		g, err := b.trained(ctx, j.a, s)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}
