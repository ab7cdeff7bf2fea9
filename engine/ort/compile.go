//go:build ort

package ort

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/export"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// An executor is a library with the device to use.
type executor struct {
	lib  *library
	cuda bool
}

// Name returns ort or ort-cuda.
func (e executor) Name() string {
	if e.cuda {
		return "ort-cuda"
	}
	return "ort"
}

// Kernel names the library's version: ort 1.32.0.
func (e executor) Kernel() string { return e.Name() + " " + e.lib.version }

// Compile makes a session of the graph. What ONNX Runtime has no operator for is an *engine.UnsupportedError.
func (e executor) Compile(ctx context.Context, g *graph.Graph, o engine.Options) (engine.Program, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Float64 {
		return nil, fmt.Errorf("ONNX Runtime has most operators in single precision only: %w", errors.ErrUnsupported)
	}
	if err := repeatable(g); err != nil {
		return nil, err
	}
	p := &program{lib: e.lib, graph: g, limit: o.Memory}
	if err := p.sort(slices.Concat(g.Outputs, o.Values)); err != nil {
		return nil, err
	}
	if len(p.outputs) > 0 {
		if err := e.session(p, max(1, o.Workers)); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// session hands the model over.
func (e executor) session(p *program, workers int) error {
	named := *p.graph
	named.Nodes = slices.Clone(p.graph.Nodes)
	for i := range named.Nodes {
		named.Nodes[i].Name = "#" + strconv.Itoa(i+1)
	}
	if e.cuda {
		if err := forCUDA(&named); err != nil {
			return err
		}
	}
	m, err := export.Model(widened(&named), p.outputs, export.Options{Outside: inModel})
	if err != nil {
		return err
	}
	var model bytes.Buffer
	if err := m.Write(&model); err != nil {
		return err
	}
	options, err := e.options(workers, signed(p.graph))
	if err != nil {
		return err
	}
	defer e.lib.releaseOptions(options)
	release, err := e.lib.weights(options, m.Graph.Initializers, named.Weights)
	defer release()
	if err != nil {
		return err
	}
	b := model.Bytes()
	if err := e.lib.check(e.lib.createSession(e.lib.env, unsafe.Pointer(&b[0]), uintptr(len(b)), options, &p.session)); err != nil {
		return refusal(p.graph, err)
	}
	return nil
}

// inModel is how many bytes a weight may have that is written into the model. Larger ones are lent: a model is not
// to be larger than 2 GiB, and is in memory several times while it is read.
const inModel = 1 << 12

// weights lends the library those that are not in the model, until release is called.
func (l *library) weights(options handle, list []*onnx.Tensor, weights map[string]tensor.Tensor) (release func(), err error) {
	var names []string
	var lent []handle
	release = func() {
		for _, v := range lent {
			l.releaseValue(v)
		}
		runtime.KeepAlive(weights)
	}
	for _, t := range list {
		if !t.IsExternal() {
			continue
		}
		v, err := l.lend(weights[t.Name])
		if err != nil {
			return release, fmt.Errorf("weight %q: %w", t.Name, err)
		}
		names, lent = append(names, t.Name), append(lent, v)
	}
	if len(lent) == 0 {
		return release, nil
	}
	return release, l.check(l.lendWeights(options, terminated(names), unsafe.SliceData(lent), uintptr(len(lent))))
}

// signed tells whether some quantised operator reads signed bytes: the exact way of adding, which makes weights
// unsigned, has no kernel for it.
func signed(g *graph.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(n graph.Node) bool {
		return strings.HasPrefix(n.Op, "QLinear") && g.Values[n.Inputs[0]].DType == tensor.Int8
	})
}

func (e executor) options(workers int, signed bool) (options handle, err error) {
	l := e.lib
	if err := l.check(l.createOptions(&options)); err != nil {
		return 0, err
	}
	const quiet = 4
	for _, status := range []handle{l.setSeverity(options, quiet), l.setThreads(options, int32(workers)), l.setInterOp(options, 1), l.deterministic(options, true),
		l.configure(options, "session.disable_quant_qdq", "1")} { // else weights are quantised anew, to other values
		err = errors.Join(err, l.check(status))
	}
	if !signed { // else sums of products of eight bits saturate on processors without VNNI
		err = errors.Join(err, l.check(l.configure(options, "session.x64quantprecision", "1")))
	}
	if err == nil && e.cuda {
		err = l.useCUDA(options)
	}
	if err != nil {
		l.releaseOptions(options)
		return 0, err
	}
	return options, nil
}

// useCUDA puts the first CUDA device before the processor. TensorFloat-32 is off: it has ten bits of fraction.
func (l *library) useCUDA(options handle) error {
	var cuda handle
	if err := l.check(l.createCUDA(&cuda)); err != nil {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	defer l.releaseCUDA(cuda)
	keys, values := []string{"device_id", "use_tf32", "cudnn_conv_algo_search"}, []string{"0", "0", "HEURISTIC"}
	if err := l.check(l.updateCUDA(cuda, terminated(keys), terminated(values), uintptr(len(keys)))); err != nil {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	if err := l.check(l.appendCUDA(options, cuda)); err != nil {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	return nil
}
