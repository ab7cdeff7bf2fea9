package main

import (
	"bufio"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// scripts are the peers' programs and the exporter.
//
//go:embed peers/*.py
var scripts embed.FS

// peers starts the peers' processes when they are first asked for: one for each library and number of
// threads, for libraries read that number before they start.
type peers struct {
	ctx     context.Context
	python  string
	folder  string // of the scripts
	open    map[string]*peer
	missing map[string]string // reasons by library
	lines   []string          // versions and reasons, for the page
}

// newPeers writes the scripts where Python can read them.
func newPeers(ctx context.Context, python, cache string) (*peers, error) {
	p := &peers{ctx: ctx, python: python, folder: filepath.Join(cache, "peers"), open: map[string]*peer{}, missing: map[string]string{}}
	if err := os.MkdirAll(p.folder, 0o755); err != nil {
		return nil, err
	}
	entries, err := scripts.ReadDir("peers")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, err := scripts.ReadFile("peers/" + e.Name())
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(p.folder, e.Name()), b, 0o644); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// get returns a library's process, nil if it cannot be had; the reason is printed once.
func (p *peers) get(library string, threads int) *peer {
	key := fmt.Sprint(library, threads)
	if p.missing[library] != "" {
		return nil
	}
	if c := p.open[key]; c != nil {
		return c
	}
	c, version, err := p.start(library, threads)
	if err != nil {
		p.missing[library] = err.Error()
		p.note("%s is left out: %v", library, err)
		return nil
	}
	p.open[key] = c
	p.note("%d %s: %s", threads, plural(threads, "thread"), version)
	return c
}

// note keeps a line for the page and tells it at once.
func (p *peers) note(format string, a ...any) {
	line := fmt.Sprintf(format, a...)
	p.lines = append(p.lines, line)
	fmt.Fprintln(os.Stderr, line)
}

func (p *peers) start(library string, threads int) (*peer, string, error) {
	cmd, err := p.program(library)
	if err != nil {
		return nil, "", err
	}
	c := &peer{library: library, cmd: cmd}
	c.cmd.Env = environment(os.Environ(), threads)
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, "", err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, "", err
	}
	c.out = bufio.NewReader(out)
	r, err := c.ask(request{"do": "start", "threads": threads})
	if err != nil {
		c.close()
		return nil, "", err
	}
	return c, r.Version, nil
}

// environment is env with the number of threads set and OpenBLAS free to choose its kernel.
func environment(env []string, threads int) []string {
	var out []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS":
		default:
			out = append(out, v)
		}
	}
	for _, name := range []string{"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"} {
		out = append(out, fmt.Sprintf("%s=%d", name, threads))
	}
	return out
}

func (p *peers) close() {
	for _, c := range p.open {
		c.close()
	}
}

// A peer is a running library; peers/protocol.py is the other end.
type peer struct {
	library string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

type request map[string]any

type reply struct {
	Error, Version string
	Values         []number
	Wall, CPU      float64
	Resident       float64
}

// A number is a float64 whose NaN and infinities Python sends as null.
type number float64

// UnmarshalJSON reads null as NaN.
func (n *number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

func (c *peer) ask(q request) (reply, error) {
	var r reply
	b, err := json.Marshal(q)
	if err != nil {
		return r, err
	}
	if _, err := c.in.Write(append(b, '\n')); err != nil {
		return r, fmt.Errorf("%s has ended: %w", c.library, err)
	}
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return r, fmt.Errorf("%s has ended: %w", c.library, err)
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("%s: %w", c.library, err)
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

// prepare makes the peer ready for a piece of work and returns values to compare.
func (c *peer) prepare(q request) ([]float64, error) {
	q["do"] = "prepare"
	r, err := c.ask(q)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(r.Values))
	for i, v := range r.Values {
		out[i] = float64(v)
	}
	return out, nil
}

// run is a side.
func (c *peer) run(times int) (cost, error) {
	r, err := c.ask(request{"do": "run", "times": times})
	return cost{r.Wall, r.CPU}, err
}

// close ends the process by ending its input. How it ends is of no interest any more.
func (c *peer) close() {
	c.in.Close()
	_ = c.cmd.Wait()
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
