package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/capture/recording"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
)

func (p *program) doctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor [INPUT]",
		Short: "What this machine and an input allow",
		Long: "Doctor says what this machine has, and what was understood of a network, a recording or data. It runs\n" +
			"nothing and writes nothing.",
		Example: "  stratascope doctor\n  stratascope doctor model.onnx\n  stratascope doctor data/",
		Args:    arguments(0, 1, "at most one input: an ONNX file, a recording, or data"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := environment(c, map[string]bool{"engine-lib": c.Flags().Changed("engine-lib")}); err != nil {
				return err
			}
			if len(args) == 0 {
				p.machine()
				return nil
			}
			found, err := understand(c.Context(), args[0])
			if err != nil {
				return err
			}
			defer found.close()
			p.machine()
			fmt.Fprintln(p.out)
			return found.say(c.Context(), p)
		},
	}
	libraryFlag(c.Flags(), p.prepare(c))
	return c
}

func (p *program) say(name, format string, args ...any) {
	fmt.Fprintf(p.out, "  %-10s%s\n", name, printable(fmt.Sprintf(format, args...)))
}

// machine says what the machine has.
func (p *program) machine() {
	p.say("system", "%s/%s, %s, %s", runtime.GOOS, runtime.GOARCH, count(runtime.GOMAXPROCS(0), "core", "cores"), runtime.Version())
	if name := processor(); name != "" {
		p.say("processor", "%s", name)
	}
	p.sayEngines(strings.Join(kernels(runtime.GOARCH), ", "))
	total := ""
	if n, ok := machineMemory(); ok {
		total = size(n) + ", of which "
	}
	p.say("memory", "%s%s to be used at most (--memory)", total, size(p.memoryLimit()))
	p.cacheSpace()
}

// kernels lists the kernels a build has for a kind of processor, the best one first. Which of them runs is
// the engine's choice at the start.
func kernels(arch string) []string {
	switch arch {
	case "amd64":
		return []string{"amx", "avx512", "avx2", "portable"}
	case "arm64":
		return []string{"neon", "portable"}
	}
	return []string{"portable"}
}

// processor reads what the processor is called, where that is written down.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// cacheSpace says where states are kept and how much room is there.
func (p *program) cacheSpace() {
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

// An understood input is one of a network, a recording and data.
type understood struct {
	model     *stratascope.Model
	recording *stratascope.Recorded
	data      *dataset.Set
}

// understand finds out by content what an input is.
func understand(ctx context.Context, path string) (understood, error) {
	st, err := os.Stat(path)
	if err != nil {
		return understood{}, input("%s: %v", path, reason(err))
	}
	if st.IsDir() {
		return understandFolder(ctx, path)
	}
	data, none := dataset.Open(path, dataset.Options{})
	if none == nil {
		return understood{data: data}, nil
	}
	m, noModel := stratascope.OpenModel(ctx, path)
	if noModel == nil {
		return understood{model: m}, nil
	}
	var mistake *dataset.Problem
	switch alone, err := weightsAlone(path); {
	case errors.As(none, &mistake):
		return understood{}, none
	case err != nil:
		return understood{}, err
	case alone:
		if _, err := readWeights(path, stratascope.WeightsOptions{}); err != nil {
			return understood{}, err
		}
		return understood{}, input("%s holds weights but no network.", filepath.Base(path)).with("What can be said of them: stratascope check. " + asNetwork)
	case strings.EqualFold(filepath.Ext(path), ".onnx"):
		return understood{}, noModel
	}
	return understood{}, input("%s is neither a network nor data of a kind that is known.", path).with("As a network: "+noModel.Error(), "As data: "+none.Error())
}

// understandFolder tells a recording from data. Without a manifest both may be folders of arrays.
func understandFolder(ctx context.Context, path string) (understood, error) {
	_, err := os.Stat(filepath.Join(path, recording.ManifestName))
	if !errors.Is(err, fs.ErrNotExist) {
		r, err := stratascope.OpenRecording(ctx, path, stratascope.RecordedOptions{Partial: true})
		return understood{recording: r}, err
	}
	data, none := dataset.Open(path, dataset.Options{})
	if none == nil {
		return understood{data: data}, nil
	}
	r, err := stratascope.OpenRecording(ctx, path, stratascope.RecordedOptions{Partial: true})
	if err == nil {
		return understood{recording: r}, nil
	}
	var mistake *dataset.Problem
	if errors.As(none, &mistake) {
		return understood{}, none
	}
	return understood{}, input("%s is neither a recording nor data of a kind that is known.", path).with("As a recording: "+err.Error(), "As data: "+none.Error())
}

func (u understood) close() {
	switch { // only read from: there is nothing to lose
	case u.data != nil:
		_ = u.data.Close()
	case u.recording != nil:
		_ = u.recording.Recording.Close()
	}
}

func (u understood) say(ctx context.Context, p *program) error {
	switch {
	case u.data != nil:
		p.describeData(u.data)
	case u.recording != nil:
		p.describeRecording(u.recording)
	default:
		return p.describeModel(ctx, u.model)
	}
	return nil
}

func (p *program) describeData(s *dataset.Set) {
	p.say("data", "%s: %s", s.Name, s)
	p.say("task", "%s", s.Task.Kind)
	for i := range s.Groups {
		p.say("group", "%s, %s", s.Groups[i].Name, count(len(s.Groups[i].Categories), "category", "categories"))
	}
	for _, n := range s.Notes {
		p.say("note", "%s", n)
	}
}

func (p *program) describeRecording(r *stratascope.Recorded) {
	p.say("recording", "%s, %s, output %s", r.Result.Model.Name, count(len(r.Case.Layers), "layer", "layers"), r.Case.Output)
	for _, s := range r.Case.Splits {
		p.say(string(s), "%s", count(r.Recording.Samples(capture.View{Split: s}).Len(), "sample", "samples"))
	}
	p.say("task", "%s, %s", r.Case.Task.Kind, count(r.Case.Classes, "class", "classes"))
	for _, n := range r.Recording.Notes() {
		p.say("note", "%s", n)
	}
}

// describeModel says what a network is and whether it can be run.
func (p *program) describeModel(ctx context.Context, m *stratascope.Model) error {
	p.say("model", "%s, %s, %s parameters, opset %d", m.Name, count(len(m.Graph.Layers), "layer", "layers"), grouped(m.Parameters()), m.Opset)
	for _, in := range m.Inputs() {
		p.say("input", "%s %s", in.Name, dimensions(in.Shape))
	}
	p.say("output", "%s: %s", m.Output, m.Kind)
	for _, n := range m.Graph.Notes {
		p.say("note", "%s", strings.TrimSpace(n.Layer+" "+n.Text))
	}
	gap, err := m.Unsupported(ctx, native.Engine{})
	if err != nil {
		return err
	}
	if gap == nil {
		return p.describeRun(ctx, m)
	}
	for _, u := range unsupported(m.Graph) {
		p.say("not run", "%s", u)
	}
	if gap.Last == "" {
		p.say("runs", "no: no layer stands before %s", gap.Op)
		return nil
	}
	p.say("runs", "layers 1-%d: --until %s", gap.Before, gap.Last)
	return nil
}

// dimensions writes a shape as messages do: [N,3,224,224], ? for what is left open beside the batch.
func dimensions(shape []int) string {
	parts := make([]string, len(shape))
	for i, d := range shape {
		switch {
		case d >= 0:
			parts[i] = strconv.Itoa(d)
		case i == 0:
			parts[i] = "N"
		default:
			parts[i] = "?"
		}
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// together is how many samples the memory of a run is given for: as many as check runs at once.
const together = 32

// describeRun says what a run takes.
func (p *program) describeRun(ctx context.Context, m *stratascope.Model) error {
	program, err := native.Engine{}.Compile(ctx, m.Graph, engine.Options{})
	if err != nil {
		return err
	}
	p.say("runs", "yes, all layers")
	p.say("needs", "about %s for %d samples at once on each core, and %s of weights", size(program.Memory(together)), together, size(weight(m.Graph)))
	return program.Close()
}

func weight(g *graph.Graph) int64 {
	var n int64
	for _, t := range g.Weights {
		n += t.Bytes()
	}
	return n
}

// unsupported lists the operators that the native engine does not have, each with the first layer that
// cannot be had without it.
func unsupported(g *graph.Graph) []string {
	var out, seen []string
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for _, name := range missing(n) {
			if slices.Contains(seen, name) {
				continue
			}
			seen = append(seen, name)
			at := "after the last layer"
			if l, ok := firstBehind(g, i); ok {
				at = fmt.Sprintf("needed for layer %d %q", l.Index, l.Name)
			}
			out = append(out, name+", "+at)
		}
	}
	return out
}

// missing lists the operators of a node, and of graphs inside it, that cannot be run.
func missing(n *graph.Node) []string {
	domain := n.Domain
	if domain == "" {
		domain = "ai.onnx"
	}
	_, ok := op.Lookup(n.Domain, n.Op)
	if !n.Control() && (!ok || len(n.Subgraphs) > 0) {
		return []string{fmt.Sprintf("%s (%s)", n.Op, domain)}
	}
	var out []string
	for _, branch := range slices.Sorted(maps.Keys(n.Subgraphs)) {
		for i := range n.Subgraphs[branch].Nodes {
			out = append(out, missing(&n.Subgraphs[branch].Nodes[i])...)
		}
	}
	return out
}

// firstBehind returns the first layer whose output depends on a node.
func firstBehind(g *graph.Graph, node int) (graph.Layer, bool) {
	lost := map[string]bool{}
	for i := node; i < len(g.Nodes); i++ {
		if n := &g.Nodes[i]; i == node || readsAny(n, lost) {
			for _, name := range n.Outputs {
				lost[name] = true
			}
		}
	}
	i := slices.IndexFunc(g.Layers, func(l graph.Layer) bool { return lost[l.Output] })
	if i < 0 {
		return graph.Layer{}, false
	}
	return g.Layers[i], true
}

// readsAny reports whether a node, or a graph inside it, reads one of these values.
func readsAny(n *graph.Node, values map[string]bool) bool {
	if slices.ContainsFunc(n.Inputs, func(name string) bool { return values[name] }) {
		return true
	}
	for _, g := range n.Subgraphs {
		if slices.ContainsFunc(g.Outputs, func(name string) bool { return values[name] }) {
			return true
		}
		for i := range g.Nodes {
			if readsAny(&g.Nodes[i], values) {
				return true
			}
		}
	}
	return false
}
