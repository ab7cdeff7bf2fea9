// Command measure evaluates how often the culprit is named and writes the cases, or the page of the manual from
// cases that were written before.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/stratascope/stratascope/internal/culprit"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run() error {
	data := flag.String("data", "/usr/share/datasets/fashion-mnist", "folder of Fashion-MNIST's four IDX files")
	out := flag.String("out", "cases.json", "file the cases are written to, or read from with -page")
	page := flag.String("page", "", "write this page from the cases, without measuring")
	workers := flag.Int("workers", runtime.NumCPU(), "cases at once")
	limit := flag.Duration("limit", 10*time.Minute, "stop then and write what is done")
	train := flag.Int("train", 6000, "training images")
	epochs := flag.Int("epochs", 8, "of each training")
	per := flag.Int("layers", 2, "layers for each damage and network")
	seeds := flag.String("seeds", "1,2,3", "of the networks")
	networks := flag.String("networks", "", "folder that trained networks are kept in and read from")
	flag.Parse()
	if *page != "" {
		return writePage(*out, *page)
	}
	o := culprit.Options{Epochs: *epochs, PerKind: *per, Workers: *workers, Networks: *networks, Progress: func(s string) { fmt.Fprintln(os.Stderr, s) }}
	for _, s := range strings.Split(*seeds, ",") {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return fmt.Errorf("seed %q: %w", s, err)
		}
		o.Seeds = append(o.Seeds, n)
	}
	var err error
	if o.Train, err = culprit.Read(*data, "train", *train); err != nil {
		return err
	}
	if o.Held, err = culprit.Read(*data, "t10k", 1000); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), *limit)
	defer stop()
	cases, failed := culprit.Evaluate(ctx, o)
	b, err := json.MarshalIndent(culprit.Evaluation{Train: o.Train.Len(), Epochs: *epochs, Seeds: o.Seeds, Cases: cases}, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(*out, append(b, '\n'), 0o644); err != nil {
		return err
	}
	return failed
}

func writePage(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var e culprit.Evaluation
	if err := json.Unmarshal(b, &e); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return os.WriteFile(to, []byte(e.Page()), 0o644)
}
