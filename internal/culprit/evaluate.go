package culprit

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/parallel"
)

// Options of an evaluation.
type Options struct {
	Train, Held Images // Held are images that no training sees
	Seeds       []uint64
	Epochs      int
	PerKind     int // layers a damage and network
	Workers     int
	// Networks is a folder that trained networks are kept in and read from, "" for none. It must be emptied when
	// training changes.
	Networks string
	Progress func(string)
}

// samples are how many images of training and held out the diagnosis reads.
const samples = 600

// A Case is a damaged layer, or a healthy network, with what the diagnosis says.
type Case struct {
	Architecture string   `json:"architecture"`
	Seed         uint64   `json:"seed"`
	Damage       string   `json:"damage"` // "" for a healthy network
	Layer        string   `json:"layer"`
	Accuracy     float64  `json:"accuracy"`
	Layers       int      `json:"layers"`   // that could be the cause
	Rank         int      `json:"rank"`     // of the damaged layer, 1 for the first; 0 for a healthy network
	First        string   `json:"first"`    // ranked first
	Suspects     []string `json:"suspects"` // told to the user
	Named        bool     `json:"named"`
	Share        float64  `json:"share"`
	Sentence     string   `json:"sentence"`
	Edge         bool     `json:"edge"`  // an edge is told in the place of a layer
	Holds        bool     `json:"holds"` // the damaged layer lies in it
}

// A job is one case to be made: which network, which damage.
type job struct {
	a     Architecture
	seed  uint64
	d     Damage
	layer string
}

// Evaluate trains the networks, damages them and asks for the culprit of each. When ctx ends, the cases that are
// done are returned with its error.
func Evaluate(ctx context.Context, o Options) ([]Case, error) {
	healthy, err := o.trainAll(ctx)
	if err != nil {
		return nil, err
	}
	var jobs []job
	for _, a := range Architectures() {
		for k, seed := range o.Seeds {
			g := healthy[a.Name][k]
			jobs = append(jobs, job{a: a, seed: seed})
			for i, d := range Damages() {
				for _, l := range o.layers(g, d, i+k) {
					jobs = append(jobs, job{a, seed, d, l})
				}
			}
		}
	}
	// What takes longest, the trainings, comes first.
	slices.SortStableFunc(jobs, func(a, b job) int { return trains(b) - trains(a) })
	out := make([]Case, len(jobs))
	var mu sync.Mutex
	done := 0
	err = parallel.Each(ctx, o.Workers, len(jobs), func(ctx context.Context, i int) error {
		j := jobs[i]
		k := slices.Index(o.Seeds, j.seed)
		c, err := o.run(ctx, j, healthy[j.a.Name][k], healthy[j.a.Name][(k+1)%len(o.Seeds)])
		if err != nil {
			return fmt.Errorf("%s %d, %s in %s: %w", j.a.Name, j.seed, j.d.Name, j.layer, err)
		}
		mu.Lock()
		defer mu.Unlock()
		out[i], done = c, done+1
		o.tell("case %d of %d: %s %d, %s in %s, rank %d, first %s", done, len(jobs), j.a.Name, j.seed, j.d.Name, j.layer, c.Rank, c.First)
		return nil
	})
	return slices.DeleteFunc(out, func(c Case) bool { return c.Architecture == "" }), err
}

func trains(j job) int {
	if j.d.Name == Frozen {
		return 1
	}
	return 0
}

func (o Options) tell(format string, args ...any) {
	if o.Progress != nil {
		o.Progress(fmt.Sprintf(format, args...))
	}
}

// trainAll trains a healthy network of every architecture from every seed.
func (o Options) trainAll(ctx context.Context) (map[string][]*graph.Graph, error) {
	as := Architectures()
	nets := make([]*graph.Graph, len(as)*len(o.Seeds))
	err := parallel.Each(ctx, o.Workers, len(nets), func(ctx context.Context, i int) (err error) {
		a, seed := as[i/len(o.Seeds)], o.Seeds[i%len(o.Seeds)]
		nets[i], err = o.network(ctx, a, seed)
		o.tell("trained %s %d", a.Name, seed)
		return err
	})
	out := map[string][]*graph.Graph{}
	for i, g := range nets {
		a := as[i/len(o.Seeds)].Name
		out[a] = append(out[a], g)
	}
	return out, err
}

// layers picks layers spread over the depth, others for each network.
func (o Options) layers(g *graph.Graph, d Damage, shift int) []string {
	var out []string
	fit := d.Layers(g)
	for k := range o.PerKind {
		if len(fit) == 0 {
			break
		}
		l := fit[(k*len(fit)/o.PerKind+shift)%len(fit)]
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// run makes one case and asks.
func (o Options) run(ctx context.Context, j job, g, other *graph.Graph) (Case, error) {
	c := Case{Architecture: j.a.Name, Seed: j.seed, Damage: j.d.Name, Layer: j.layer}
	var err error
	switch {
	case j.d.Name == Frozen:
		l, ok := g.Layer(j.layer)
		if !ok {
			return c, fmt.Errorf("no layer %s", j.layer)
		}
		held := []string{l.Weight}
		if l.Bias != "" {
			held = append(held, l.Bias)
		}
		g, err = o.network(ctx, j.a, j.seed, held...)
	case j.layer != "":
		g, err = j.d.Apply(g, j.a.New(j.seed), other, j.layer, j.seed)
	}
	if err != nil {
		return c, err
	}
	return c, c.Ask(ctx, g, o.Train.Some(0, min(samples, o.Train.Len())), o.Held.Some(0, min(samples, o.Held.Len())))
}

// Ask fills in what the diagnosis says of a network.
func (c *Case) Ask(ctx context.Context, g *graph.Graph, seen, held Images) error {
	var err error
	if c.Accuracy, err = Accuracy(ctx, g, held); err != nil {
		return err
	}
	cs, r, err := examine(ctx, g, seen, held)
	if err != nil {
		return err
	}
	v := diagnosis.NameCulprit(cs, r, nil)
	c.Layers, c.Sentence = len(v.Ranking), v.Sentence()
	c.First = v.Ranking[0]
	c.Rank = slices.Index(v.Ranking, c.Layer) + 1
	for _, s := range v.Suspects {
		c.Suspects = append(c.Suspects, s.Layer)
	}
	if c.Named = v.Named; len(v.Suspects) > 0 {
		c.Share = v.Suspects[0].Share
	}
	if c.Edge = v.From != ""; c.Edge {
		place := func(layer string) int {
			return slices.IndexFunc(g.Layers, func(l graph.Layer) bool { return l.Name == layer })
		}
		c.Holds = place(v.From) < place(c.Layer) && place(c.Layer) <= place(v.To)
	}
	return nil
}
