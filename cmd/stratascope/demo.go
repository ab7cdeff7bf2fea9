package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope/detector/all"
)

// demoFiles are a network with two planted mistakes and data for it; demo/make_demo.py makes them.
//
//go:embed demo/model.onnx demo/data.npz demo/classes.txt
var demoFiles embed.FS

func (p *program) demoCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "demo",
		Short: "A whole case, no input needed",
		Long: "Demo checks a small network, trained on Fashion-MNIST with two mistakes that people really make: the\n" +
			"statistics of one normalisation are stale, and a learning rate that was too high at first has killed\n" +
			"many units of one layer. It needs nothing but this program.",
		Example: "  stratascope demo\n  stratascope demo --out demo/",
		Args:    arguments(0, 0, "no input"),
		RunE:    p.demo,
	}
	s := p.prepare(c)
	p.workFlags(c.Flags(), s)
	c.Flags().StringVarP(&s.out, "out", "o", ".", "folder for the result and the page")
	c.Flags().BoolVar(&s.showSkipped, "show-skipped", false, "list the rules that were not assessed, with the reason, and notes")
	return c
}

// demo writes the embedded files into a folder of its own, checks them and takes the folder away.
func (p *program) demo(c *cobra.Command, _ []string) error {
	if err := p.valid(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "stratascope-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"model.onnx", "data.npz", "classes.txt"} {
		b, err := demoFiles.ReadFile("demo/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	s := p.settings
	s.data, s.classes = filepath.Join(dir, "data.npz"), filepath.Join(dir, "classes.txt")
	j := &job{program: p, path: filepath.Join(dir, "model.onnx"), rules: all.Detectors(), unkept: true}
	fmt.Fprintf(p.out, "  A small network, trained on Fashion-MNIST with two mistakes that people really make.\n\n")
	return j.do(c.Context(), j.demonstrate)
}

// planted are the rules that find the demo's two mistakes, with their layers.
var planted = map[string]string{"NRM-01": "features.block4.conv", "UNI-01": "features.conv5"}

// demonstrate runs the check, which must find the two mistakes.
func (j *job) demonstrate(ctx context.Context) error {
	if err := j.run(ctx); err != nil || j.settings.samples > 0 { // fewer samples may show less
		return err
	}
	found := 0
	for _, f := range j.result.Findings {
		if planted[f.Code] == f.Site.Layer {
			found++
		}
	}
	if found != len(planted) {
		return fmt.Errorf("the demo found %d of its %d planted mistakes", found, len(planted))
	}
	return nil
}
