package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/engine/native"
)

func (p *program) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "doctor [MODEL]",
		Short:   "What this machine and a model allow",
		Example: "  stratascope doctor\n  stratascope doctor model.onnx",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p.machine()
			if len(args) == 0 {
				return nil
			}
			return p.examine(c, args[0])
		},
	}
}

func (p *program) say(name, format string, args ...any) {
	fmt.Fprintf(p.out, "  %-10s%s\n", name, printable(fmt.Sprintf(format, args...)))
}

// machine says what the machine has.
func (p *program) machine() {
	p.say("system", "%s/%s, %s", runtime.GOOS, runtime.GOARCH, count(runtime.GOMAXPROCS(0), "core", "cores"))
	p.say("engine", "native, %s", native.Engine{}.Kernel())
	p.say("memory", "%s to be used at most (--memory)", size(p.memoryLimit()))
	dir, err := p.cacheFolder()
	if err != nil {
		p.say("cache", "none: %v; values are kept in memory", err)
		return
	}
	space := ""
	for at := dir; space == ""; at = filepath.Dir(at) {
		if free, ok := freeSpace(at); ok {
			space = ", " + size(free) + " free"
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	state := ""
	if _, err := os.Stat(dir); err != nil {
		state = ", made when it is needed"
	}
	p.say("cache", "%s%s%s", dir, space, state)
}

// examine says what a model allows.
func (p *program) examine(c *cobra.Command, path string) error {
	if err := weightsOnly(path); err != nil {
		return err
	}
	m, err := stratascope.OpenModel(path)
	if err != nil {
		return err
	}
	p.say("model", "%s, %s, %s parameters, opset %d", m.Name, count(len(m.Graph.Layers), "layer", "layers"), grouped(m.Parameters()), m.Opset)
	for _, in := range m.Inputs() {
		p.say("input", "%s %v", in.Name, in.Shape)
	}
	p.say("output", "%s: %s", m.Output, m.Kind)
	for _, n := range m.Graph.Notes {
		p.say("note", "%s %s", n.Layer, n.Text)
	}
	gap, err := m.Unsupported(c.Context(), native.Engine{})
	switch {
	case err != nil:
		return err
	case gap != nil:
		p.say("runs", "not past layer %d: %s", gap.Before, gap.Op)
	default:
		p.say("runs", "yes")
	}
	return nil
}
