package train

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// Options of a training. Losses, Schedule, and Steps or Epochs are wanted; everything else may be zero. Weights
// and layers are named by their names or patterns of them (path.Match).
type Options struct {
	Losses    []Term
	Optimiser Optimiser // SGD if nil
	Schedule  Schedule
	Batch     int // samples a step; 32 if 0
	Steps     int
	Epochs    int // instead of Steps
	DropLast  bool
	// Order returns the samples of an epoch, as many in each; nil shuffles all n.
	Order func(epoch, n int) []int
	Seed  uint64

	Trained []string                 // what is trained; nil is what Learned lists. Of it a matrix that is a copy of an embedding, or its transpose, stays one.
	Frozen  []string                 // what of it stays as it is. A normalisation without trained weights uses its stored statistics.
	Masks   map[string]tensor.Tensor // by weight: 0 where it is zero and stays so, 1 elsewhere
	Penalty Penalty
	Clip    Clip
	Dropout []Dropout
	Noise   Noise
	Mixup   float64 // samples are mixed in pairs, by a share from Beta(Mixup, Mixup); 0 for none

	Validation *Validation // nil trains all steps
	Checkpoint Checkpoint
	Log        io.Writer              // JSON lines of step, name, value (docs/training.md); nil for none
	LogEvery   int                    // steps between its entries; 1 if 0
	Progress   func(p Progress) error // called after each step; an error ends the training
	Engine     engine.Engine          // native if nil
	Workers    int                    // goroutines; the result does not depend on it
	Memory     int64                  // most bytes a run of the network may hold; 0 is no limit
}

// Progress is how far a training is.
type Progress struct {
	Step, Steps int // Step is 1 after the first
	Epoch       int // 0 for the first
	Loss, Rate  float64
	Validation  float64       // the latest loss of the validation samples, 0 before the first
	Elapsed     time.Duration // of this run
	Left        time.Duration // if the other steps take as long
}

// A Result is a trained network.
type Result struct {
	Graph   *graph.Graph // what was given, with the weights of the last step, or of the best where there is validation
	Step    int          // whose weights these are
	Steps   int          // that were taken
	Loss    float64      // of the last batch
	Best    float64      // loss of the validation samples with these weights
	Stopped bool         // because the validation loss no longer fell
}

// complete fills in defaults and refuses what cannot be.
func (o Options) complete() (Options, error) {
	o.Batch, o.LogEvery = or(o.Batch, 32), or(o.LogEvery, 1)
	if o.Optimiser == nil {
		o.Optimiser = SGD{}
	}
	if o.Engine == nil {
		o.Engine = native.Engine{}
	}
	if o.Validation != nil {
		v := *o.Validation
		v.Batch = or(v.Batch, o.Batch)
		o.Validation = &v
	}
	switch {
	case (o.Steps > 0) == (o.Epochs > 0):
		return o, fmt.Errorf("%d steps and %d epochs, want one of them above 0", o.Steps, o.Epochs)
	case o.Batch < 0 || o.LogEvery < 0:
		return o, fmt.Errorf("a batch of %d and a log every %d steps, want more than 0", o.Batch, o.LogEvery)
	case !(o.Mixup >= 0) || math.IsInf(o.Mixup, 0):
		return o, fmt.Errorf("mixup of %v, want a number of at least 0", o.Mixup)
	}
	for _, v := range []float64{o.Penalty.L1, o.Penalty.L2, o.Clip.Norm, o.Clip.Value, o.Noise.Input, o.Noise.Weight, o.Noise.Gradient} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return o, fmt.Errorf("a penalty, clip or noise of %v, want a number of at least 0", v)
		}
	}
	return o, nil
}

// chosen returns the weights to train, in order of name, and the layers of all weights.
func chosen(g *graph.Graph, o Options) ([]string, map[string]string, error) {
	never := statistics(g)
	all := slices.DeleteFunc(slices.Sorted(maps.Keys(g.Weights)), func(s string) bool {
		return never[s] || g.Weights[s].DType() != tensor.Float32
	})
	layers := owners(g, all)
	trained := slices.DeleteFunc(Learned(g), func(s string) bool { return never[s] })
	if o.Trained != nil {
		some, err := choose("trained", o.Trained, all, layers)
		if err != nil {
			return nil, nil, err
		}
		trained = slices.Sorted(maps.Keys(some))
	}
	frozen, err := choose("frozen", o.Frozen, trained, layers)
	if err != nil {
		return nil, nil, err
	}
	trained = slices.DeleteFunc(trained, func(s string) bool { return frozen[s] })
	if len(trained) == 0 {
		return nil, nil, errors.New("no weight of the network is trained")
	}
	return trained, layers, nil
}
