// Command references measures what a population of reference networks (METHODS 3.7, R1) is worth: how often rules that
// judge by it find something in a healthy network that is none of them, and how often in damaged ones. It trains the
// networks, examines each once, and prints a page in Markdown.
//
//	go run ./internal/references -data /usr/share/datasets/fashion-mnist -cache DIR >docs/references.md
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"

	"github.com/stratascope/stratascope/internal/culprit"
)

type settings struct {
	data, cache    string
	architectures  string // names, with commas
	train, epochs  int
	seeds, damaged int // networks of each architecture; how many of those are damaged
	workers        int
}

func main() {
	var s settings
	flag.StringVar(&s.data, "data", "", "folder with Fashion-MNIST's four IDX files")
	flag.StringVar(&s.cache, "cache", "", "folder that keeps what was trained and measured")
	flag.StringVar(&s.architectures, "architectures", "perceptron,cnn", "of package culprit")
	flag.IntVar(&s.train, "train", 6000, "training images")
	flag.IntVar(&s.epochs, "epochs", 8, "of each training")
	flag.IntVar(&s.seeds, "seeds", 12, "networks of each architecture")
	flag.IntVar(&s.damaged, "damaged", 3, "networks of each architecture that are damaged")
	flag.IntVar(&s.workers, "workers", runtime.NumCPU(), "networks at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "references:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, s settings) error {
	b := bench{settings: s}
	var err error
	if b.seen, err = culprit.Read(s.data, "train", s.train); err != nil {
		return err
	}
	if b.held, err = culprit.Read(s.data, "t10k", 1000); err != nil {
		return err
	}
	all, err := b.records(ctx)
	if err != nil {
		return err
	}
	told, err := b.namings(ctx, all)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, page(s, all, told))
	return err
}
