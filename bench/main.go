// Command bench measures the speed of this project beside its peers in one run, so that both meet the
// same machine in the same minute: the sides of a comparison take turns, and what is told is the median of
// each with its smallest and largest value, and the ratio of medians.
//
//	taskset -c 0,1 go run ./bench -python VENV/bin/python -results bench/results
//
// Measured are matrix products (NumPy's OpenBLAS, PyTorch), networks (ONNX Runtime, PyTorch) and steps of
// their training (PyTorch), a whole diagnosis against one forward pass and its memory, CKA of all pairs of
// layers (pytorch-cka, torch-cka, NumPy), k-means and spectral clustering (scikit-learn), eigenvalues (NumPy's
// LAPACK), and the error of CKA against float64. Peers run as child processes, by small scripts in peers; a
// peer that is not installed is left out with a reason.
//
// Not in this package: Go benchmarks of single functions, which lie beside the functions.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are what the command line says.
type settings struct {
	python   string
	cache    string
	results  string
	profile  string
	threads  []int
	rounds   int
	least    time.Duration // of one timing; short work is repeated
	sections []string
	only     []string // of the networks; all if empty
	short    bool
}

// A section measures one thing and gives its tables.
type section struct {
	name string
	run  func(*bench) ([]table, error)
}

func sections() []section {
	return []section{
		{"products", products}, {"networks", networks}, {"training", trainings}, {"diagnosis", diagnosis}, {"similarity", similarities}, {"clusters", clusters}, {"eigenvalues", eigen}, {"accuracy", accuracy},
	}
}

// A bench is one run of the benchmark.
type bench struct {
	settings
	ctx   context.Context
	peers *peers
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		exit(child(os.Args[2:]))
		return
	}
	if len(os.Args) == 3 && os.Args[1] == "peer" {
		exit(speak(context.Background(), os.Args[2], os.Stdin, os.Stdout))
		return
	}
	s, err := parse(os.Args[1:])
	if err != nil {
		exit(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exit(run(ctx, s))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (settings, error) {
	var s settings
	var threads, names []string
	for _, c := range sections() {
		names = append(names, c.name)
	}
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	python := os.Getenv("BENCH_PYTHON")
	if python == "" {
		python = "python3"
	}
	f.StringVar(&s.python, "python", python, "Python with the peers; also BENCH_PYTHON")
	f.StringVar(&s.cache, "cache", filepath.Join(".cache", "bench"), "folder for exported networks and data")
	f.StringVar(&s.results, "results", "", "folder to write DATE-PROCESSOR.md into")
	f.StringVar(&s.profile, "profile", "", "folder to write CPU profiles of our sides into")
	f.IntVar(&s.rounds, "rounds", 11, "timings of each side")
	f.DurationVar(&s.least, "least", 150*time.Millisecond, "shortest timing; shorter work is repeated")
	f.BoolVar(&s.short, "short", false, "smaller sizes, to see that everything runs")
	t := f.String("threads", "1,2", "numbers of threads")
	o := f.String("networks", "", "networks to run and train instead of all")
	n := f.String("sections", strings.Join(names, ","), "what to measure")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	threads, s.sections = strings.Split(*t, ","), strings.Split(*n, ",")
	if *o != "" {
		s.only = strings.Split(*o, ",")
	}
	for _, name := range s.sections {
		if !slices.Contains(names, name) {
			return s, fmt.Errorf("no section %q, want some of %s", name, strings.Join(names, ","))
		}
	}
	for _, t := range threads {
		k, err := strconv.Atoi(t)
		if err != nil || k < 1 {
			return s, fmt.Errorf("-threads has %q, want numbers from 1", t)
		}
		s.threads = append(s.threads, k)
	}
	if s.rounds < 1 {
		return s, fmt.Errorf("-rounds is %d, want at least 1", s.rounds)
	}
	return s, nil
}

// most is the largest number of threads, which the parts without a row per number use.
func (s settings) most() int { return slices.Max(s.threads) }

func run(ctx context.Context, s settings) error {
	runtime.GOMAXPROCS(max(s.most(), runtime.GOMAXPROCS(0)))
	b := &bench{settings: s, ctx: ctx}
	if err := os.MkdirAll(s.cache, 0o755); err != nil {
		return err
	}
	var err error
	if b.peers, err = newPeers(ctx, s.python, s.cache); err != nil {
		return err
	}
	defer b.peers.close()
	stop, err := b.startProfile()
	if err != nil {
		return err
	}
	defer stop()
	before, started := load(), time.Now()
	var tables []table
	for _, c := range sections() {
		if !slices.Contains(s.sections, c.name) {
			continue
		}
		b.say("%s", c.name)
		t, err := c.run(b)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		tables = append(tables, t...)
	}
	text := b.page(started, before, tables)
	fmt.Print(text)
	return b.keep(started, text)
}

// keep writes the page into the folder of results, if one was named.
func (b *bench) keep(started time.Time, text string) error {
	if b.results == "" {
		return nil
	}
	if err := os.MkdirAll(b.results, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.results, started.Format("2006-01-02")+"-"+slug(processor())+".md"), []byte(text), 0o644)
}

func (b *bench) startProfile() (stop func(), err error) {
	if b.profile == "" {
		return func() {}, nil
	}
	if err := os.MkdirAll(b.profile, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(b.profile, "bench.pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}

// say tells how far the run is; results go to standard output alone.
func (b *bench) say(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) }
