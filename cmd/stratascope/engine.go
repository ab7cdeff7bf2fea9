package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/engine/ort"
)

// engines are what --engine takes.
var engines = []string{"auto", "native", "ort", "ort-cuda"}

// ways say how to get what --engine ort needs.
const (
	wayBuild   = "ONNX Runtime comes in a build of its own: go build -tags ort ./cmd/stratascope."
	wayLibrary = "The library is in the packages onnxruntime (PyPI) and onnxruntime-node (npm): --engine-lib /its/absolute/path."
	wayCUDA    = "The library for CUDA is in the package onnxruntime-gpu (PyPI): --engine-lib /its/absolute/path."
)

// knownEngine refuses an engine that there is not, or not in this build.
func (p *program) knownEngine() error {
	name := p.settings.engine
	switch {
	case !slices.Contains(engines, name):
		return usage("--engine is %q, want auto, native, ort or ort-cuda", name)
	case name != "auto" && name != "native" && !ort.Built:
		return usage("--engine %s: this build holds the native engine only.", name).with(wayBuild, "Without it: --engine native.")
	}
	return nil
}

// pickEngine chooses what runs networks: what --engine says, and with auto ONNX Runtime where its library is.
func (p *program) pickEngine() (engine.Engine, error) {
	s := p.settings
	if s.engine == "native" {
		return native.Engine{}, nil
	}
	if !ort.Built {
		if s.engineLib != "" {
			p.warn("--engine-lib is not used: this build holds the native engine only. %s", wayBuild)
		}
		return native.Engine{}, nil
	}
	e, err := ort.Open(ort.Options{Library: s.engineLib, CUDA: s.engine == "ort-cuda"})
	switch {
	case err == nil:
		p.hint("  engine    %s, %s", e.Kernel(), e.Path)
		return e, nil
	case s.engine == "auto" && errors.Is(err, ort.ErrNone):
		return native.Engine{}, nil
	case s.engine == "auto" && s.engineLib == "":
		p.warn("%v. The native engine runs the network.", err)
		return native.Engine{}, nil
	}
	way := wayLibrary
	if s.engine == "ort-cuda" {
		way = wayCUDA
	}
	return nil, usage("--engine %s: %s.", s.engine, strings.TrimSuffix(err.Error(), ".")).with(way, "Without it: --engine native.")
}

// gap returns the first operator of a network that cannot be run. With auto the native engine takes over where it
// can run more.
func (j *job) gap(ctx context.Context, m *stratascope.Model) (*stratascope.Gap, error) {
	gap, err := m.Unsupported(ctx, j.engine)
	if gap == nil && err == nil || j.engine.Name() == "native" || j.settings.engine != "auto" {
		return gap, err
	}
	own, none := m.Unsupported(ctx, native.Engine{})
	if none != nil || own != nil && gap != nil && own.Before <= gap.Before {
		return gap, err
	}
	what := "does not take the network: " + fmt.Sprint(err)
	if gap != nil {
		what = "does not have " + gap.Op
	}
	j.hint("  engine    native, since ONNX Runtime %s", what)
	j.engine = native.Engine{}
	return own, nil
}

// cannot is the end of a message about an operator.
func cannot(e engine.Engine) string {
	if e.Name() == "native" {
		return "which Stratascope cannot run yet"
	}
	return "which " + e.Kernel() + " does not have"
}

// sayEngines says what could run networks here.
func (p *program) sayEngines(build string) {
	e := native.Engine{}
	p.say("engine", "%s, %s kernels; this build has %s", e.Name(), e.Kernel(), build)
	if !ort.Built {
		p.say("ort", "not in this build, and nothing needs it. %s", wayBuild)
		p.say("", wayLibrary)
		return
	}
	o, err := ort.Open(ort.Options{Library: p.settings.engineLib})
	if err != nil {
		p.say("ort", "%v.", err)
		p.say("", wayLibrary)
		return
	}
	p.say("ort", "%s, %s; --engine auto takes it", o.Kernel(), o.Path)
}
