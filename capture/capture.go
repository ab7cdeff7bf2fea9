// Package capture says what a reading of a network sees: under which view, at which site, on which
// samples. A Source yields the values; live runs a network, recording reads what a run left behind.
// What is made of the values is the business of package statistic.
package capture

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// A Condition is a way the data is shown; the zero value is the data as it is.
type Condition struct {
	Name  string
	Level int
}

// A Reduction says how a layer's values become one row a sample.
type Reduction string

// The reductions. Whole maps are seen in a live pass only; every other form can be replayed.
const (
	Maps       Reduction = ""            // as the layer gives them
	Row        Reduction = "row"         // the layer's one reduction, named in the result (ARCHITECTURE "Budgets" 4)
	Mean       Reduction = "gap"         // mean over positions
	ClassToken Reduction = "cls"         // the first token
	LastToken  Reduction = "last"        // the last token
	MaskedMean Reduction = "masked-mean" // mean over tokens that are not padding
	Flat       Reduction = "flat"        // all values of a sample in one row
	Spot       Reduction = "spot"        // one position of each sample, chosen by the hash of its id
)

// A View is what one reading of the data sees. It is comparable.
type View struct {
	Network   string        // "" is the network under examination, else a reference: initial, renormalised
	Step      int64         // training step of a checkpoint
	Split     dataset.Split // train, val, test, deploy
	Condition Condition
	Reduce    Reduction
}

// String names the view for messages and keys.
func (v View) String() string {
	s := string(v.Split)
	if v.Network != "" {
		s = v.Network + "/" + s
	}
	if v.Step != 0 {
		s += fmt.Sprintf("@%d", v.Step)
	}
	if v.Condition != (Condition{}) {
		s += fmt.Sprintf("+%s-%d", v.Condition.Name, v.Condition.Level)
	}
	if v.Reduce != Maps {
		s += ":" + string(v.Reduce)
	}
	return s
}

// A Site is an address in a network; branch or stream is a property of the layer.
type Site = finding.Site

// Reads returns the site that holds what a layer's weight reads: the activation of the layer that it reads as
// it is, else a site of its own.
func Reads(layers []graph.Layer, l graph.Layer) Site {
	for _, o := range layers {
		if o.Output == l.Input && o.Output != "" && o.Batch == 0 {
			return Site{Layer: o.Name, Of: finding.Activation}
		}
	}
	return Site{Layer: l.Name, Of: finding.Read}
}

// A Request asks for the values of one site under one view.
type Request struct {
	View View
	Site Site
}

// Rows are some samples' values at one site under one view; they are valid during the visit only.
type Rows struct {
	X     tensor.Tensor // float32; the first dimension is the samples
	Axis  int           // the dimension of X that holds the units: 1 for maps, the last for tokens
	First int           // row of the first sample in the view's order
	IDs   []uint64      // hashes of the samples' ids
	Mask  []bool        // [samples x tokens], true where a token counts; nil if all count
}

// Samples are the samples of a view in the order of its rows.
type Samples struct {
	IDs    []string
	Hashes []uint64
	Labels []int32             // -1 where a sample has none; nil without labels
	Groups map[string][]int32  // category of each sample by attribute; -1 where it has none
	Names  map[string][]string // category names by attribute
}

// Len returns the number of samples.
func (s Samples) Len() int { return len(s.IDs) }

// A Block is the run of samples that is summed on its own, so that the same bytes come out for any
// number of workers. It belongs to the plan, never to the machine.
const Block = 128

// A Matrix holds one row a sample, row-major float32.
type Matrix struct {
	X    []float32
	N, D int
}

// Row returns row i.
func (m Matrix) Row(i int) []float32 { return m.X[i*m.D : (i+1)*m.D] }

// A Fold takes in the values of one block of one view, one site after the other in the order of the
// network, batch after batch. It is used by one goroutine.
type Fold func(Request, Rows) error

// A Source replays a run, live or recorded.
type Source interface {
	// Layers returns the layers of a network in their order.
	Layers(network string) []graph.Layer
	// Samples returns the samples a view reads.
	Samples(View) Samples
	// Define says how to build a network that views name; a source that cannot run networks ignores it.
	Define(name string, build func() (*graph.Graph, error))
	// Offers returns nil if the values can be had, else an *Unavailable error.
	Offers(View, Site) error
	// Read shows the values asked for. Blocks run concurrently, each with a fold of its own; done is
	// called once a block is complete, in order of blocks and never concurrently. A block for which
	// skip says true is left out: an earlier run finished it.
	Read(ctx context.Context, v View, sites []Site, r Reader) error
	// Table returns the rows of a whole view at one site, one a sample: what an earlier Read kept, or the
	// recording.
	Table(v View, s Site) (Table, error)
}

// An Original is a source that knows its samples as they are stored, before any preprocessing.
type Original interface {
	// Fingerprint returns a hash of a sample's stored bytes.
	Fingerprint(v View, row int) ([32]byte, error)
}

// A Sampled source reads some of the samples there are.
type Sampled interface {
	// Total returns how many samples of a split there are, read or not.
	Total(s dataset.Split) int
}

// A Refeeder is a source that can show samples under other preprocessings.
type Refeeder interface {
	// Alternatives returns the names of the other preprocessings; alternative i is shown under the
	// condition Preprocessed with level i+1.
	Alternatives() []string
}

// Preprocessed is the name of the condition under which samples are shown as a network might have been
// fed in training; its level is the number of the alternative.
const Preprocessed = "preprocessed"

// A Reader is what Read calls, and the rows it keeps for Table.
type Reader struct {
	Keep []Request // under the view that is read, with the reduction to keep
	Skip func(block int) bool
	Fold func(block int) Fold
	Done func(block int) error
}

// An Unavailable error says why values cannot be had, with the reason code that the result carries.
type Unavailable struct {
	Code string // no-model, no-labels, folded-norm, ...
	Why  string
}

// Error returns the reason in words.
func (u *Unavailable) Error() string { return u.Why }
