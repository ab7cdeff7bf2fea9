package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"time"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// measured is what a child tells of its run.
type measured struct {
	Wall, CPU           float64 // seconds
	Anonymous, Resident float64 // most bytes
}

// A task is what a child does.
type task struct {
	model, data      string
	samples, workers int
	cache            string
}

// child runs a diagnosis, a forward pass or some steps of a training in this process and writes what it took as JSON.
func child(args []string) error {
	if len(args) < 6 {
		return fmt.Errorf("child has %d arguments, want what model data samples workers cache [profile]", len(args))
	}
	samples, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	workers, err := strconv.Atoi(args[4])
	if err != nil {
		return err
	}
	t := task{args[1], args[2], samples, workers, args[5]}
	var heap string
	if len(args) > 6 {
		heap = args[6] + ".heap"
		f, err := os.Create(args[6])
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	debug.SetGCPercent(40) // as the command does
	most := watch(heap)
	c, err := t.run(context.Background(), args[0])
	if err != nil {
		return err
	}
	m := measured{Wall: c.wall, CPU: c.cpu}
	m.Anonymous, m.Resident = most()
	return json.NewEncoder(os.Stdout).Encode(m)
}

func (t task) run(ctx context.Context, what string) (cost, error) {
	switch what {
	case "diagnose":
		return own(func() error { return t.diagnose(ctx) })(1)
	case "forward":
		return t.forward(ctx)
	case "pass":
		return t.pass(ctx)
	case "train":
		return t.train(ctx)
	}
	return cost{}, fmt.Errorf("no child called %s", what)
}

// open reads network and data as check does with its defaults.
func (t task) open(ctx context.Context) (*stratascope.Model, *dataset.Set, *stratascope.Run, error) {
	m, err := stratascope.OpenModel(ctx, t.model)
	if err != nil {
		return nil, nil, nil, err
	}
	set, err := stratascope.OpenData(t.data, m, dataset.Options{})
	if err != nil {
		return nil, nil, nil, err
	}
	others, _ := set.Alternatives()
	r, err := stratascope.Live(m, set, stratascope.LiveOptions{Seed: 1, Workers: t.workers, Memory: runMemory, Samples: t.samples, Alternatives: others})
	return m, set, r, err
}

const (
	runMemory   = 2 << 30        // what check gives the runs on a machine of 16 GiB or more
	stateMemory = runMemory / 17 // and a worker's set of states
)

// diagnose is a whole check without its report.
func (t task) diagnose(ctx context.Context) error {
	_, set, r, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer set.Close()
	if r.Result.Data.SHA256, err = r.HashData(); err != nil {
		return err
	}
	cache, err := stratascope.OpenCache(t.cache, r.Identity("bench"), false)
	if err != nil {
		return err
	}
	r.Keep(cache)
	o := stratascope.Options{Memory: stateMemory * int64(t.workers+1), Store: cache}
	v, err := r.Verify(ctx, o)
	if err != nil {
		return err
	}
	if v != nil {
		o.Known = append(o.Known, v.Outcome)
	}
	if _, err := r.Diagnose(ctx, o); err != nil {
		return err
	}
	return cache.Remove()
}

// forward times one pass over all images, a run of 32 on each worker, from images in memory.
func (t task) forward(ctx context.Context) (cost, error) {
	m, set, r, err := t.open(ctx)
	if err != nil {
		return cost{}, err
	}
	defer set.Close()
	batches, err := read(ctx, r)
	if err != nil {
		return cost{}, err
	}
	p, err := native.Engine{}.Compile(ctx, m.Graph, engine.Options{Workers: 1})
	if err != nil {
		return cost{}, err
	}
	defer p.Close()
	pass := func() error {
		failed := make([]error, len(batches))
		kernel.Parallel(t.workers, len(batches), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				failed[i] = p.Run(ctx, batches[i], nil)
			}
		})
		for _, err := range failed {
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := p.Run(ctx, batches[0], nil); err != nil { // the first run finds no memory to reuse
		return cost{}, err
	}
	return own(pass)(1)
}

// read reads all samples of a run in batches of 32.
func read(ctx context.Context, r *stratascope.Run) ([]map[string]tensor.Tensor, error) {
	var out []map[string]tensor.Tensor
	for _, split := range r.Case.Splits {
		v := capture.View{Split: split}
		n := r.Samples.Samples(v).Len()
		for lo := 0; lo < n; lo += 32 {
			feeds, err := r.Samples.Read(ctx, v, lo, min(lo+32, n))
			if err != nil {
				return nil, err
			}
			out = append(out, feeds)
		}
	}
	return out, nil
}

// watch samples this process's memory; the function it returns tells the most there was. The heap of the
// largest moment is written to a file if one is named.
func watch(heap string) func() (anonymous, resident float64) {
	stop, done := make(chan struct{}), make(chan float64)
	go func() {
		var most, written float64
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, status("RssAnon"))
			if heap != "" && most > 1.1*written {
				written = most
				writeHeap(heap)
			}
			select {
			case <-stop:
				done <- most
				return
			case <-tick.C:
			}
		}
	}()
	return func() (float64, float64) {
		close(stop)
		return <-done, status("VmHWM")
	}
}

func writeHeap(path string) {
	f, err := os.Create(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, "no heap profile:", err)
		return
	}
	defer f.Close()
	if err := pprof.WriteHeapProfile(f); err != nil {
		fmt.Fprintln(os.Stderr, "no heap profile:", err)
	}
}
