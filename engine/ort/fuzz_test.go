//go:build ort

package ort

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/enginetest"
	"github.com/stratascope/stratascope/engine/enginetest/random"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// FuzzDifferential gives random networks to ONNX Runtime as they are, and in canonical form to both engines: values,
// and the types and shapes inferred, are the same.
func FuzzDifferential(f *testing.F) {
	e := installed(f)
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		b := make([]byte, 20+r.IntN(100))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := random.New(b)
		want, err := asFile(t, e, n)
		if err != nil {
			t.Skip(err)
		}
		for _, on := range []engine.Engine{native.Engine{}, e} {
			t.Log(on.Name())
			enginetest.Differential(t, on, native.Engine{}, n, want)
		}
	})
}

// asFile runs a model as it is written, all values.
func asFile(t *testing.T, e *Engine, n random.Network) (enginetest.Values, error) {
	t.Helper()
	x := e.Engine.(executor)
	m := n.Open()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	p := &program{lib: x.lib, graph: &graph.Graph{}}
	for _, v := range m.Graph.Inputs {
		p.graph.Inputs = append(p.graph.Inputs, graph.Value{Name: v.Name})
	}
	for _, v := range m.Graph.Outputs {
		p.outputs = append(p.outputs, v.Name)
	}
	options, err := x.options(1, false)
	if err != nil {
		t.Fatal(err)
	}
	defer x.lib.releaseOptions(options)
	if err := x.lib.check(x.lib.createSession(x.lib.env, unsafe.Pointer(&b.Bytes()[0]), uintptr(b.Len()), options, &p.session)); err != nil {
		return nil, err
	}
	defer p.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	out := enginetest.Values{}
	err = p.Run(ctx, n.Feeds, func(name string, v tensor.Tensor) error { out[name] = v.Clone(); return nil })
	return out, err
}
