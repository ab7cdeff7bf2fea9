package main

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.x); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.x, got, c.want)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		wall []float64
		want string
	}{
		{[]float64{0.002, 0.0015, 0.0123}, "2.00 (1.50..12.3) ms"},
		{[]float64{120, 75.04, 3000}, "120 (75.0..3000) s"},
	} {
		if got := (timing{wall: c.wall}).spread(); got != c.want {
			t.Errorf("spread is %q, want %q", got, c.want)
		}
	}
}

func TestDifference(t *testing.T) {
	if got := difference([]float64{1, -3.5}, []float64{1, -4}); got != 0.125 {
		t.Errorf("difference is %v, want 0.125", got)
	}
	for _, x := range [][]float64{{1}, {1, math.NaN()}} {
		if got := difference(x, []float64{1, 2}); !math.IsNaN(got) {
			t.Errorf("difference of %v is %v, want NaN", x, got)
		}
	}
}

// Sides take turns, the first call of each is not counted, and times are those of one run.
func TestInterleave(t *testing.T) {
	var order []string
	of := func(name string, seconds float64) side {
		return side{name, func(times int) (cost, error) {
			order = append(order, name)
			return cost{seconds * float64(times), 2 * seconds * float64(times)}, nil
		}}
	}
	ts, err := interleave(t.Context(), 2, 0, []side{of("a", 2), of("b", 1)})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, ""); got != "ababab" {
		t.Errorf("order is %s, want ababab", got)
	}
	if !slices.Equal(ts[0].wall, []float64{2, 2}) || !slices.Equal(ts[1].cpu, []float64{2, 2}) {
		t.Errorf("timings are %v", ts)
	}
	if wall, cpu := ratios(ts[0], ts[1]); wall != 2 || cpu != 2 {
		t.Errorf("ratios are %v and %v, want 2 and 2", wall, cpu)
	}
}

func TestInterleaveEnds(t *testing.T) {
	broken := errors.New("broken")
	_, err := interleave(t.Context(), 1, 0, []side{{"a", func(int) (cost, error) { return cost{}, broken }}})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "a: ") {
		t.Errorf("error is %v, want that of side a", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := interleave(ctx, 1, 0, []side{{"a", own(func() error { return nil })}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want canceled", err)
	}
}

func TestEnvironment(t *testing.T) {
	got := environment([]string{"HOME=/h", "OPENBLAS_CORETYPE=Prescott", "OMP_NUM_THREADS=7"}, 2)
	want := []string{"HOME=/h", "OPENBLAS_NUM_THREADS=2", "OMP_NUM_THREADS=2", "MKL_NUM_THREADS=2"}
	if !slices.Equal(got, want) {
		t.Errorf("environment is %v, want %v", got, want)
	}
}

func TestTable(t *testing.T) {
	x := table{title: "T", note: "Note.", head: []string{"a", "b"}}
	x.add("1", verdict("≤ 3", false))
	if got, want := x.String(), "## T\n\nNote.\n\n| a | b |\n|---|---|\n| 1 | ≤ 3: **missed** |\n"; got != want {
		t.Errorf("table is\n%s\nwant\n%s", got, want)
	}
}

func TestMissingPeer(t *testing.T) {
	p, err := newPeers(t.Context(), filepath.Join(t.TempDir(), "python"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if p.get("numpy", 1) != nil {
			t.Error("a peer without Python was started")
		}
	}
	if len(p.lines) != 1 || !strings.HasPrefix(p.lines[0], "numpy is left out: ") {
		t.Errorf("lines are %q, want one reason", p.lines)
	}
}

// A peer speaks the protocol: values, null for what is no finite number, errors that do not end it.
func TestPeer(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	p, err := newPeers(t.Context(), python, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	script := `import protocol
def prepare(r):
    if r["what"] != "square":
        raise ValueError("what is that")
    return (lambda: print("noise")), (lambda: [r["n"] ** 2, float("nan")])
protocol.serve(lambda threads: {"version": f"fake {threads}"}, prepare)
`
	if err := os.WriteFile(filepath.Join(p.folder, "fake_peer.py"), []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	c := p.get("fake", 3)
	if c == nil {
		t.Fatal(p.lines)
	}
	if p.lines[0] != "3 threads: fake 3" {
		t.Errorf("line is %q", p.lines[0])
	}
	if _, err := c.prepare(request{"what": "circle"}); err == nil || err.Error() != "ValueError: what is that" {
		t.Errorf("error is %v", err)
	}
	v, err := c.prepare(request{"what": "square", "n": 4})
	if err != nil || len(v) != 2 || v[0] != 16 || !math.IsNaN(v[1]) {
		t.Errorf("values are %v, %v, want 16 and NaN", v, err)
	}
	if r, err := c.run(2); err != nil || r.wall <= 0 {
		t.Errorf("run took %v, %v", r, err)
	}
}

func TestParse(t *testing.T) {
	for _, args := range [][]string{{"-threads", "0"}, {"-threads", "x"}, {"-sections", "weather"}, {"-rounds", "0"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	s, err := parse([]string{"-threads", "1,4", "-sections", "products"})
	if err != nil || s.most() != 4 || !slices.Equal(s.sections, []string{"products"}) {
		t.Errorf("settings are %+v, %v", s, err)
	}
}

func TestStatus(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc")
	}
	if v := status("VmHWM"); !(v > 1<<20) {
		t.Errorf("VmHWM is %v bytes", v)
	}
	if v := status("VmHWMx"); !math.IsNaN(v) {
		t.Errorf("an unknown line is %v, want NaN", v)
	}
}
