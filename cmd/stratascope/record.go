package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/capture/recording"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector/all"
)

func (p *program) recordCommand() *cobra.Command {
	var reduce string
	c := &cobra.Command{
		Use:   "record MODEL --data D --out DIR",
		Short: "Record the values of a network's layers",
		Long: "Record runs a network on data and writes the values of every layer into a folder, which check reads\n" +
			"without the network. Other frameworks make the same with stratascope_recorder.py.",
		Example: "  stratascope record model.onnx --data data/ --out recording/\n  stratascope record inspect recording/",
		Args:    arguments(1, 1, "one ONNX file"),
		RunE:    func(c *cobra.Command, args []string) error { return p.record(c, args[0], reduce) },
	}
	f, s := c.Flags(), p.prepare(c)
	p.inputFlags(f, s)
	p.workFlags(f, s)
	f.StringVarP(&s.out, "out", "o", "", "folder of the recording")
	f.StringVar(&reduce, "reduce", "none", "values to keep: none reduced, or gap for means over positions")
	f.BoolVar(&s.resume, "resume", false, "go on with an interrupted recording")
	c.AddCommand(p.inspectCommand())
	return c
}

func (p *program) record(c *cobra.Command, path, reduce string) error {
	rules := all.Detectors()
	if err := p.settle(c, rules); err != nil {
		return err
	}
	if err := p.valid(); err != nil {
		return err
	}
	forms := map[string]capture.Reduction{"none": capture.Maps, "gap": capture.Mean}
	form, ok := forms[reduce]
	switch {
	case !ok:
		return usage("--reduce is %q, want none or gap", reduce)
	case p.settings.out == "":
		return usage("nowhere to write: give a folder with --out.").with("stratascope record model.onnx --data data/ --out recording/")
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return input("%s: a folder, want an ONNX file", path).with("Look at a recording: stratascope record inspect DIR")
	}
	j := &job{program: p, path: path, rules: rules, unkept: true}
	return j.do(c.Context(), func(ctx context.Context) error { return j.record(ctx, form) })
}

// record runs the network and writes what it shows.
func (j *job) record(ctx context.Context, form capture.Reduction) error {
	dir := j.settings.out
	if err := j.inputs(); err != nil {
		return err
	}
	told := map[dataset.Split]bool{}
	o := stratascope.RecordOptions{Reduce: form, Resume: j.settings.resume, Progress: func(split dataset.Split, done, total int) {
		if done == total && !told[split] {
			told[split] = true
			j.hint("  recorded  %s, %s", split, count(total, "sample", "samples"))
		}
	}}
	j.resumable.Store(true)
	if err := j.live.Record(ctx, j.path, dir, o); err != nil {
		return err
	}
	bytes, err := folderSize(dir)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.out, "  recording %s  %s\n  next      stratascope check %s\n", filepath.ToSlash(dir), size(bytes), quoted(filepath.ToSlash(dir)))
	return err
}

func folderSize(dir string) (int64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	var n int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			n += info.Size()
		}
	}
	return n, nil
}

func (p *program) inspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "inspect DIR",
		Short:   "What a recording holds",
		Example: "  stratascope record inspect recording/",
		Args:    arguments(1, 1, "one recording"),
		RunE:    func(c *cobra.Command, args []string) error { return p.inspect(c.Context(), args[0]) },
	}
}

func (p *program) inspect(ctx context.Context, dir string) error {
	s, err := recording.Inspect(ctx, dir, recording.Options{Partial: true})
	if err != nil {
		return err
	}
	fmt.Fprint(p.out, s)
	return nil
}
