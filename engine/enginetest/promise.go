package enginetest

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// Promises tests on one network what package engine promises of every engine.
func Promises(t *testing.T, e engine.Engine, g *graph.Graph) {
	t.Run("workers", func(t *testing.T) { workers(t, e, g) })
	t.Run("concurrent", func(t *testing.T) { concurrent(t, e, g) })
	t.Run("cancelled", func(t *testing.T) { cancelled(t, e, g) })
	t.Run("memory", func(t *testing.T) { memory(t, e, g) })
	t.Run("precision", func(t *testing.T) { precision(t, e, g) })
	t.Run("unsupported", func(t *testing.T) { refused(t, e, g) })
	t.Run("feeds", func(t *testing.T) { badFeeds(t, e, g) })
}

// Feeds makes inputs of the given number of samples; other open dimensions are 4.
func Feeds(g *graph.Graph, samples int) map[string]tensor.Tensor {
	r := rand.New(rand.NewPCG(5, 6))
	out := map[string]tensor.Tensor{}
	for _, v := range g.Inputs {
		shape := make([]int, len(v.Shape))
		for i, d := range v.Shape {
			shape[i] = d.Size
			if d.Size < 0 {
				shape[i] = 4
				if i == 0 {
					shape[i] = samples
				}
			}
		}
		t := tensor.New(v.DType, shape...)
		if v.DType == tensor.Float32 {
			for i := range t.Float32s() {
				t.Float32s()[i] = float32(r.NormFloat64())
			}
		}
		out[v.Name] = t
	}
	return out
}

// everything lists all values that a graph calculates.
func everything(g *graph.Graph) []string {
	var out []string
	for _, n := range g.Nodes {
		for _, name := range n.Outputs {
			if name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

// collect runs a program and keeps a copy of what it shows.
func collect(p engine.Program, feeds map[string]tensor.Tensor) (map[string]tensor.Tensor, error) {
	got := map[string]tensor.Tensor{}
	err := p.Run(context.Background(), feeds, func(name string, t tensor.Tensor) error {
		got[name] = t.Clone()
		return nil
	})
	return got, err
}

func run(t *testing.T, e engine.Engine, g *graph.Graph, o engine.Options, feeds map[string]tensor.Tensor) map[string]tensor.Tensor {
	t.Helper()
	p, err := e.Compile(context.Background(), g, o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	got, err := collect(p, feeds)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// bits compares two runs bit by bit.
func bits(a, b map[string]tensor.Tensor) (string, bool) {
	for name, t := range a {
		u, ok := b[name]
		if !ok || !slices.Equal(t.Shape(), u.Shape()) || t.DType() != u.DType() {
			return name, false
		}
		if t.DType() != tensor.Float32 {
			if Compare(t, u, 0, 0) != nil {
				return name, false
			}
			continue
		}
		for i, v := range t.Float32s() {
			if math.Float32bits(v) != math.Float32bits(u.Float32s()[i]) {
				return name, false
			}
		}
	}
	return "", len(a) == len(b)
}

// workers demands the same bits of every number of goroutines, fused or not.
func workers(t *testing.T, e engine.Engine, g *graph.Graph) {
	feeds := Feeds(g, 9)
	for _, names := range [][]string{nil, everything(g)} {
		one := run(t, e, g, engine.Options{Workers: 1, Values: names}, feeds)
		for _, n := range []int{2, 8} {
			if name, ok := bits(one, run(t, e, g, engine.Options{Workers: n, Values: names}, feeds)); !ok {
				t.Errorf("value %q differs between 1 and %d workers", name, n)
			}
		}
	}
}

// concurrent runs one program from several goroutines, with inputs of different sizes.
func concurrent(t *testing.T, e engine.Engine, g *graph.Graph) {
	p, err := e.Compile(context.Background(), g, engine.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var wait sync.WaitGroup
	for i := range 4 {
		want := run(t, e, g, engine.Options{}, Feeds(g, i+1))
		wait.Go(func() {
			for range 3 {
				got, err := collect(p, Feeds(g, i+1))
				if err != nil {
					t.Error(err)
					return
				}
				if name, ok := bits(want, got); !ok {
					t.Errorf("value %q differs when programs run at once", name)
				}
			}
		})
	}
	wait.Wait()
}

// cancelled ends the context in the middle of a run.
func cancelled(t *testing.T, e engine.Engine, g *graph.Graph) {
	p, err := e.Compile(context.Background(), g, engine.Options{Values: everything(g)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, cancel := context.WithCancel(context.Background())
	seen := 0
	err = p.Run(ctx, Feeds(g, 2), func(string, tensor.Tensor) error {
		seen++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || seen != 1 {
		t.Errorf("after %d values of a cancelled run: %v", seen, err)
	}
	stop := errors.New("enough")
	if err := p.Run(context.Background(), Feeds(g, 2), func(string, tensor.Tensor) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("a visitor's error became %v", err)
	}
	if _, err := e.Compile(ctx, g, engine.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("compiling with a cancelled context gives %v", err)
	}
}

// memory compares the estimate with the limit.
func memory(t *testing.T, e engine.Engine, g *graph.Graph) {
	p, err := e.Compile(context.Background(), g, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	few, many := p.Memory(8), p.Memory(64)
	p.Close()
	if few <= 0 || many < 4*few {
		t.Fatalf("8 samples take %d bytes, 64 take %d", few, many)
	}
	tight, err := e.Compile(context.Background(), g, engine.Options{Memory: few})
	if err != nil {
		t.Fatal(err)
	}
	defer tight.Close()
	if _, err := collect(tight, Feeds(g, 8)); err != nil {
		t.Errorf("a run within its own estimate: %v", err)
	}
	var refused *engine.MemoryError
	if _, err := collect(tight, Feeds(g, 64)); !errors.As(err, &refused) {
		t.Errorf("a run over its limit: %v", err)
	}
}

// single returns why an engine cannot calculate in double precision, nil if it can.
func single(e engine.Engine, g *graph.Graph) error {
	p, err := e.Compile(context.Background(), g, engine.Options{Float64: true})
	switch {
	case err == nil:
		return p.Close()
	case errors.Is(err, errors.ErrUnsupported):
		return err
	}
	return nil // what else is wrong shows when it is run
}

// precision compares double with single precision, where the engine has both.
func precision(t *testing.T, e engine.Engine, g *graph.Graph) {
	names := everything(g)
	if why := single(e, g); why != nil {
		t.Skip(why)
	}
	one := run(t, e, g, engine.Options{Workers: 2, Values: names}, Feeds(g, 3))
	double := run(t, e, g, engine.Options{Workers: 2, Values: names, Float64: true}, Feeds(g, 3))
	for name, w := range double {
		if w.DType() == tensor.Float32 {
			t.Errorf("value %q is single precision in a run that is to be double", name)
		}
		if d, err := distance(one[name], w); err != nil || d > agreement {
			t.Errorf("value %q: single and double precision are %v apart (%v)", name, d, err)
		}
	}
}

// refused demands an UnsupportedError that says where.
func refused(t *testing.T, e engine.Engine, g *graph.Graph) {
	h := *g
	h.Nodes = slices.Clone(g.Nodes)
	last := &h.Nodes[len(h.Nodes)-1]
	last.Op, last.Domain = "Frobnicate", "com.example"
	_, err := e.Compile(context.Background(), &h, engine.Options{})
	var u *engine.UnsupportedError
	if !errors.As(err, &u) || u.Op != "Frobnicate" || u.Domain != "com.example" || u.Index != len(h.Nodes) {
		t.Errorf("an unknown operator gives %v", err)
	}
}

// badFeeds demands errors, not panics, of inputs that do not fit.
func badFeeds(t *testing.T, e engine.Engine, g *graph.Graph) {
	p, err := e.Compile(context.Background(), g, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	in := g.Inputs[0].Name
	for what, feeds := range map[string]map[string]tensor.Tensor{
		"none":    {},
		"unknown": {in: Feeds(g, 2)[in], "nothing": tensor.Scalar(float32(1))},
		"type":    {in: tensor.New(tensor.Bool, Feeds(g, 2)[in].Shape()...)},
		"shape":   {in: tensor.New(g.Inputs[0].DType, 2, 3, 1, 1, 1, 1)},
	} {
		if _, err := collect(p, feeds); err == nil {
			t.Errorf("feeds with %s: no error", what)
		}
	}
	if _, err := collect(p, Feeds(g, 2)); err != nil {
		t.Errorf("good feeds after bad ones: %v", err)
	}
}
