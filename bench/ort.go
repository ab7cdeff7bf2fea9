package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/ort"
	"github.com/stratascope/stratascope/tensor"
)

// throughORT is the peer that is this program in a build with the tag ort.
const throughORT = "engine-ort"

// program returns what runs a peer: a script of that name, or this program, built for ONNX Runtime's library.
func (p *peers) program(library string) (*exec.Cmd, error) {
	if library != throughORT {
		return exec.CommandContext(p.ctx, p.python, filepath.Join(p.folder, library+"_peer.py")), nil
	}
	find := exec.CommandContext(p.ctx, p.python, "-c", `import glob, onnxruntime, os; print(glob.glob(os.path.join(os.path.dirname(onnxruntime.__file__), "capi", "*onnxruntime.*[0-9y]*"))[0])`)
	path, err := find.Output()
	if err != nil {
		return nil, fmt.Errorf("finding ONNX Runtime's library: %w", err)
	}
	built := filepath.Join(p.folder, throughORT)
	if out, err := exec.CommandContext(p.ctx, "go", "build", "-tags", "ort", "-o", built, "github.com/stratascope/stratascope/bench").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building with the tag ort: %w: %s", err, tail(out))
	}
	return exec.CommandContext(p.ctx, built, "peer", strings.TrimSpace(string(path))), nil
}

// speak is the other end of a peer in Go: peers/protocol.py says what is said.
func speak(ctx context.Context, library string, in io.Reader, out io.Writer) error {
	e, err := ort.Open(ort.Options{Library: library})
	if err != nil {
		return err
	}
	threads := 1
	var run func(int) (cost, error)
	var held *training // of the last piece of work
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var q asked
		var r reply
		err := json.Unmarshal(lines.Bytes(), &q)
		switch {
		case err != nil:
		case q.Do == "start":
			threads, r.Version = q.Threads, e.Kernel()
		case q.Do == "prepare":
			if held != nil {
				held.close()
				held = nil
			}
			if q.What == "training" {
				run, r.Values, held, err = q.train(ctx, e, threads)
			} else {
				run, r.Values, err = q.prepare(ctx, e, threads)
			}
		case run == nil:
			err = errors.New("nothing is prepared")
		default:
			var c cost
			c, err = run(q.Times)
			r.Wall, r.CPU = c.wall, c.cpu
		}
		if err != nil {
			r.Error = err.Error()
		}
		if err := json.NewEncoder(out).Encode(r); err != nil {
			return err
		}
	}
	return lines.Err()
}

// asked is a request as it is read.
type asked struct {
	Do, What, Name, Model string
	Threads, Times        int
}

func (q asked) prepare(ctx context.Context, e engine.Engine, threads int) (func(int) (cost, error), []number, error) {
	i := slices.IndexFunc(timed, func(n subject) bool { return n.name == q.Name })
	if i < 0 || q.What != "network" {
		return nil, nil, fmt.Errorf("no %s called %q", q.What, q.Name)
	}
	p, in, err := compile(ctx, e, q.Model, threads)
	if err != nil {
		return nil, nil, err
	}
	feeds := map[string]tensor.Tensor{in: timed[i].input(i)}
	var out []number
	err = p.Run(ctx, feeds, func(_ string, y tensor.Tensor) error {
		for _, v := range y.Float32s() {
			out = append(out, number(v))
		}
		return nil
	})
	return own(func() error { return p.Run(ctx, feeds, nil) }), out, err
}

// train starts a training; the values are the losses of its first steps.
func (q asked) train(ctx context.Context, e engine.Engine, threads int) (func(int) (cost, error), []number, *training, error) {
	i := slices.IndexFunc(trainees, func(n trainee) bool { return n.name == q.Name })
	if i < 0 {
		return nil, nil, nil, fmt.Errorf("no %s called %q", q.What, q.Name)
	}
	run, err := trainees[i].start(ctx, e, q.Model, i, threads)
	if err != nil {
		return nil, nil, nil, err
	}
	var out []number
	for range firstSteps {
		loss, err := run.step()
		if err != nil {
			return nil, nil, nil, err
		}
		out = append(out, number(loss))
	}
	return own(func() error { _, err := run.step(); return err }), out, run, nil
}
