package recording

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
)

// A Summary is what there is to say of a recording at a glance.
type Summary struct {
	Name, SHA256    string // of the network
	Tool, Framework string
	Task            dataset.Task
	Splits          []SplitSize
	Layers          []LayerSummary
	Steps           []int64
	Network         bool // graph.onnx is there
	Weights         int  // tensors with weights
	Output          bool
	Inputs          bool
	Labels          bool
	Groups          []string
	Bytes           int64    // of the shards
	Damaged         []string // shards whose bytes are not those that were written
	Notes           []string
}

// A SplitSize is the number of a split's samples.
type SplitSize struct {
	Split   dataset.Split
	Samples int
}

// A LayerSummary says how a layer was recorded.
type LayerSummary struct {
	Name, Op, Activation string
	Shape                []int
	Stored               string   // whole, or the reduction; "not recorded"
	Of                   []string // quantities that are there
}

// Inspect opens a recording and looks at it; the hashes of all shards are compared.
func Inspect(ctx context.Context, dir string, o Options) (*Summary, error) {
	r, err := Open(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	m := r.manifest
	s := &Summary{Name: m.Model.Name, SHA256: m.Model.SHA256, Tool: m.MadeBy.Tool, Framework: m.MadeBy.Framework, Task: r.Task(), Steps: r.order,
		Labels: r.roll.labels != nil, Notes: r.notes}
	if r.network != nil {
		s.Network, s.Weights = len(r.network.Nodes) > 0, len(r.network.Weights)
	}
	for _, g := range r.roll.groups {
		s.Groups = append(s.Groups, g.Name)
	}
	for _, split := range r.Splits() {
		s.Splits = append(s.Splits, SplitSize{split, r.parts[portion{split: split}].n})
	}
	if len(s.Splits) > 0 {
		v := capture.View{Split: s.Splits[0].Split, Reduce: capture.Row}
		s.Output, s.Inputs = r.Offers(v, outputSite) == nil, r.Offers(v, inputSite) == nil
		for _, l := range r.layers {
			x := LayerSummary{Name: l.Name, Op: l.Op, Activation: l.Activation, Shape: l.Shape, Stored: "not recorded"}
			for _, of := range []finding.Quantity{finding.Activation, finding.PreActivation, finding.PreNorm, finding.Gradient} {
				if site := (capture.Site{Layer: l.Name, Of: of}); r.Offers(v, site) == nil {
					x.Of = append(x.Of, string(of))
					if of == finding.Activation {
						x.Stored = storedAs(r.tensors[site].site)
					}
				}
			}
			s.Layers = append(s.Layers, x)
		}
	}
	return s, r.verify(s)
}

func storedAs(s *Site) string {
	if s.whole() {
		return "whole"
	}
	return s.Reduce
}

// verify compares the shards with the hashes of the manifest.
func (r *Recording) verify(s *Summary) error {
	if len(r.parts) == 0 || len(r.steps) > 0 && r.steps[r.order[len(r.order)-1]].manifest == r.manifest {
		return nil // the shards are those of the steps
	}
	for _, shard := range r.manifest.Shards {
		f, size, err := r.folder.open(shard.File)
		if err != nil {
			if r.opt.Partial {
				continue
			}
			return err
		}
		s.Bytes += size
		h := sha256.New()
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return err
		}
		if shard.SHA256 != "" && hex.EncodeToString(h.Sum(nil)) != shard.SHA256 {
			s.Damaged = append(s.Damaged, shard.File)
		}
	}
	return nil
}

// String writes the summary as a few lines and a table of the layers.
func (s *Summary) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); text != "" {
			fmt.Fprintf(&b, "  %-10s%s\n", name, text)
		}
	}
	line("network", "%s", s.Name)
	line("made by", "%s", strings.Trim(s.Tool+", "+s.Framework, ", "))
	var splits []string
	for _, x := range s.Splits {
		splits = append(splits, spaced(x.Samples)+" "+string(x.Split))
	}
	line("samples", "%s", strings.Join(splits, ", "))
	task := string(s.Task.Kind)
	if n := len(s.Task.Classes); n > 0 {
		task += fmt.Sprintf(", %d classes", n)
	}
	line("task", "%s", task)
	var has []string
	for _, x := range []struct {
		there bool
		name  string
	}{{s.Labels, "labels"}, {s.Output, "outputs"}, {s.Inputs, "inputs"}, {s.Network, "the network"}, {s.Weights > 0, fmt.Sprintf("%d weights", s.Weights)}} {
		if x.there {
			has = append(has, x.name)
		}
	}
	line("holds", "%s", strings.Join(has, ", "))
	line("groups", "%s", strings.Join(s.Groups, ", "))
	if s.Bytes > 0 {
		line("size", "%.1f MB", float64(s.Bytes)/1e6)
	}
	if n := len(s.Steps); n > 0 {
		line("steps", "%d, from %d to %d", n, s.Steps[0], s.Steps[n-1])
	}
	for _, x := range s.Damaged {
		line("damaged", "%s: its bytes are not those that were written", x)
	}
	for _, x := range s.Notes {
		line("note", "%s", x)
	}
	b.WriteString("\n")
	for i, l := range s.Layers {
		op := l.Op
		if l.Activation != "" {
			op += " " + l.Activation
		}
		fmt.Fprintf(&b, "  %4d  %-32s %-22s %-16s %-12s %s\n", i+1, l.Name, op, strings.Trim(strings.ReplaceAll(fmt.Sprint(l.Shape), " ", " x "), "[]"), l.Stored, strings.Join(l.Of, ", "))
	}
	return clean(b.String())
}

// clean strips control and bidirectional characters, which names from files may hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x200e && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}
