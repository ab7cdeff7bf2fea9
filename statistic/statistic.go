// Package statistic turns rows into finished numbers, in as few passes over the network as the needs
// of what is asked allow. A Live statistic folds whole maps while the network runs and merges block by
// block; a Replay statistic computes from the rows that the pass kept, all at once. Statistics sum;
// they know no rule. Each has a folder of its own.
package statistic

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
)

// A State is what a live statistic keeps for one site: sums, so that parts merge into the whole.
type State[A any] interface {
	// Add takes in some samples.
	Add(capture.Rows) error
	// Merge takes in the state of other samples.
	Merge(A) error
	// AppendBinary and UnmarshalBinary keep a state on disk, so that a run can go on.
	AppendBinary([]byte) ([]byte, error)
	UnmarshalBinary([]byte) error
}

// A Case is what a statistic may look at when it chooses its views and sites.
type Case struct {
	Layers  []graph.Layer
	Graph   *graph.Graph // nil for a recording without one
	Initial *graph.Graph // the network before training, nil if not given
	// References are healthy networks of the same architecture, their layers named as those of Graph.
	References []*graph.Graph
	Patched    []string // layers in whose place those of the references are put
	Source     capture.Source
	Keeper     capture.Keeper  // where a large state puts its rows, beside those of Source; nil keeps them in the state
	Splits     []dataset.Split // those that hold samples: train, val, test, deploy
	Seen       bool            // the network is known to have seen train and not val
	Task       dataset.Task
	Classes    int    // 0 without labels
	Output     string // what the network gives: logits, probabilities, log-probabilities, sigmoids, values
	Seed       uint64
	Workers    int
	Comparison Comparison
	// Networks builds the networks that views name beside "", from what was found so far.
	Networks map[string]func(*Results) (*graph.Graph, error)
}

// A Comparison is what is asked of the comparison of all layers beside the usual; the zero value asks nothing.
type Comparison struct {
	Fast         bool // values rounded to bfloat16 where that changes no similarity by more than similarity.FastError
	Permutations int  // of the samples of every layer, which check the p of all pairs
	Deconfounded bool // also without what the input explains
}

// Has reports whether a split holds samples.
func (c Case) Has(s dataset.Split) bool {
	for _, x := range c.Splits {
		if x == s {
			return true
		}
	}
	return false
}

// Held returns the split that stands for data the network has not seen: val, else test, else what there
// is; ok is false without any.
func (c Case) Held() (dataset.Split, bool) {
	for _, s := range []dataset.Split{dataset.Val, dataset.Test, dataset.Deploy, dataset.Train} {
		if c.Has(s) {
			return s, true
		}
	}
	return "", false
}

// An Env is one state's surroundings: where it stands and what was finished before.
type Env struct {
	Case    Case
	Key     Key
	Results *Results
	Workers int // goroutines a Replay may use
}

// Samples returns the samples of the key's view.
func (e Env) Samples() capture.Samples { return e.Case.Source.Samples(e.Key.View) }

// A Cost is what a state needs: said before the run starts.
type Cost struct {
	Bytes int64 // held until the run is over
	Ops   int64 // operations a sample
}

// A Key is where a result lies. It is comparable and says everything that made it.
type Key struct {
	Statistic string
	Version   int
	A, B      capture.Site
	View      capture.View
	Other     capture.View
	Settings  string
}

// All is the site of statistics that look at all layers together.
var All = capture.Site{Layer: "*", Of: "activation"}

// At returns the key of a site under a view; the statistic fills in its name.
func At(v capture.View, sites ...capture.Site) Key {
	k := Key{View: v}
	if len(sites) > 0 {
		k.A = sites[0]
	}
	if len(sites) > 1 {
		k.B = sites[1]
	}
	return k
}

// String names the key for messages.
func (k Key) String() string {
	s := fmt.Sprintf("%s at %s %s, %s", k.Statistic, k.A.Layer, k.A.Of, k.View)
	return s
}

// Compare orders keys, for listings.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Statistic, o.Statistic), cmp.Compare(k.A.Layer, o.A.Layer), cmp.Compare(k.A.Of, o.A.Of),
		cmp.Compare(k.View.String(), o.View.String()), cmp.Compare(k.Settings, o.Settings))
}

// A Missing error is a result that does not exist, with the reason code the result file carries.
type Missing struct {
	Key  Key
	Code string
	Why  string
}

// Error returns the reason in words.
func (m *Missing) Error() string { return m.Why }

// Unavailable returns the reason of a statistic or key that cannot be computed.
func Unavailable(code, format string, args ...any) error {
	return &capture.Unavailable{Code: code, Why: fmt.Sprintf(format, args...)}
}

// Reason returns the code and the words of why a result is missing.
func Reason(err error) (code, why string) {
	var m *Missing
	if errors.As(err, &m) {
		return m.Code, m.Why
	}
	var u *capture.Unavailable
	if errors.As(err, &u) {
		return u.Code, u.Why
	}
	return "failed", err.Error()
}

// Live is a statistic that sums while the network runs.
type Live[A State[A]] struct {
	Name    string
	Version int // part of the key and of saved states
	Needs   []Any
	// Keys says which states to fill. An Unavailable error says why there are none.
	Keys func(Case, *Results) ([]Key, error)
	Cost func(Env) Cost
	New  func(Env) (A, error)
}

// Replay is a statistic that computes from kept rows and finished statistics.
type Replay[A any] struct {
	Name    string
	Version int
	Needs   []Any
	// Reads names the sites and views whose rows Compute asks for, so that a live pass keeps them. It is
	// asked before every wave; what depends on results that do not exist yet is named later.
	Reads func(Case, *Results) []capture.Request
	Keys  func(Case, *Results) ([]Key, error)
	Cost  func(Env) Cost
	Wide  bool // Compute uses all workers itself, so keys run one after the other
	// Staged says that what it reads depends on its needs, so that it waits for a live pass after them.
	Staged  bool
	Compute func(context.Context, Env) (A, error)
}

// Any is a statistic whose type is forgotten; the plan of passes works with it.
type Any interface {
	identity() (name string, version int)
	live() bool
	needs() []Any
	reads(Case, *Results) []capture.Request
	keys(Case, *Results) ([]Key, error)
	cost(Env) Cost
	start(Env) (running, error)
	compute(context.Context, Env) (any, error)
	wide() bool
	staged() bool
}

// running is one live state with its type forgotten.
type running struct {
	state  any
	add    func(capture.Rows) error
	merge  func(any) error
	append func([]byte) ([]byte, error)
	read   func([]byte) error
}

func (s *Live[A]) identity() (string, int)                { return s.Name, s.Version }
func (s *Live[A]) live() bool                             { return true }
func (s *Live[A]) wide() bool                             { return false }
func (s *Live[A]) staged() bool                           { return false }
func (s *Live[A]) needs() []Any                           { return s.Needs }
func (s *Live[A]) reads(Case, *Results) []capture.Request { return nil }
func (s *Live[A]) keys(c Case, r *Results) ([]Key, error) {
	return named(s.Name, s.Version, s.Keys, c, r)
}
func (s *Live[A]) compute(context.Context, Env) (any, error) {
	return nil, errors.New("a live statistic is not replayed")
}
func (s *Live[A]) cost(e Env) Cost {
	if s.Cost == nil {
		return Cost{}
	}
	return s.Cost(e)
}

func (s *Live[A]) start(e Env) (running, error) {
	a, err := s.New(e)
	if err != nil {
		return running{}, err
	}
	return running{
		state:  a,
		add:    a.Add,
		merge:  func(o any) error { return a.Merge(o.(A)) },
		append: a.AppendBinary,
		read:   a.UnmarshalBinary,
	}, nil
}

func (s *Replay[A]) identity() (string, int) { return s.Name, s.Version }
func (s *Replay[A]) live() bool              { return false }
func (s *Replay[A]) wide() bool              { return s.Wide }
func (s *Replay[A]) staged() bool            { return s.Staged }
func (s *Replay[A]) needs() []Any            { return s.Needs }
func (s *Replay[A]) reads(c Case, r *Results) []capture.Request {
	if s.Reads == nil {
		return nil
	}
	return s.Reads(c, r)
}
func (s *Replay[A]) keys(c Case, r *Results) ([]Key, error) {
	return named(s.Name, s.Version, s.Keys, c, r)
}
func (s *Replay[A]) start(Env) (running, error) {
	return running{}, errors.New("a replayed statistic has no live state")
}
func (s *Replay[A]) cost(e Env) Cost {
	if s.Cost == nil {
		return Cost{}
	}
	return s.Cost(e)
}
func (s *Replay[A]) compute(ctx context.Context, e Env) (any, error) { return s.Compute(ctx, e) }

func named(name string, version int, keys func(Case, *Results) ([]Key, error), c Case, r *Results) ([]Key, error) {
	ks, err := keys(c, r)
	for i := range ks {
		ks[i].Statistic, ks[i].Version = name, version
	}
	return ks, err
}

// At returns the state of a site under a view, or why there is none.
func (s *Live[A]) At(r *Results, v capture.View, sites ...capture.Site) (A, error) {
	return at[A](r, s.Name, s.Version, At(v, sites...))
}

// Get returns the state under a key of the statistic's own making, or why there is none.
func (s *Live[A]) Get(r *Results, k Key) (A, error) { return at[A](r, s.Name, s.Version, k) }

// At returns the result of a site, or a pair of sites, under a view, or why there is none.
func (s *Replay[A]) At(r *Results, v capture.View, sites ...capture.Site) (A, error) {
	return at[A](r, s.Name, s.Version, At(v, sites...))
}

// Get returns the result under a key of the statistic's own making, or why there is none.
func (s *Replay[A]) Get(r *Results, k Key) (A, error) { return at[A](r, s.Name, s.Version, k) }

func at[A any](r *Results, name string, version int, k Key) (A, error) {
	k.Statistic, k.Version = name, version
	if a, ok := r.done[k].(A); ok {
		return a, nil
	}
	var zero A
	if err, ok := r.missing[k]; ok {
		code, why := Reason(err)
		return zero, &Missing{k, code, why}
	}
	if err, ok := r.absent[name]; ok {
		code, why := Reason(err)
		return zero, &Missing{k, code, why}
	}
	return zero, &Missing{k, "not-collected", k.String() + " was not collected"}
}
