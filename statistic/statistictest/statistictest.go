// Package statistictest is the suite that every live statistic passes: the laws of merging, and states
// that survive being written and read.
package statistictest

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/tensor"
)

// Shapes are the forms of values a live statistic must take: rows, maps, tokens.
func Shapes() []capture.Rows {
	return []capture.Rows{
		rows(1, 61, 7),
		rows(1, 40, 5, 4, 3),
		rows(2, 33, 6, 8),
	}
}

func rows(axis int, shape ...int) capture.Rows {
	r := rand.New(rand.NewPCG(1, uint64(len(shape))))
	x := tensor.New(tensor.Float32, shape...)
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(r.NormFloat64()*3 + 100*float64(i%2))
	}
	ids := make([]uint64, shape[0])
	for i := range ids {
		ids[i] = r.Uint64()
	}
	return capture.Rows{X: x, Axis: axis, IDs: ids}
}

// Part returns samples lo to hi of rows.
func Part(r capture.Rows, lo, hi int) capture.Rows {
	return capture.Rows{X: r.X.Rows(lo, hi), Axis: r.Axis, First: r.First + lo, IDs: r.IDs[lo:hi]}
}

// Run tests a statistic on every shape; finish turns a state into the bytes of its finished numbers,
// which must not depend on how samples were split, in which order parts were merged, or on having been
// written and read between.
func Run[A statistic.State[A]](t *testing.T, s *statistic.Live[A], finish func(A) []byte) {
	for _, all := range Shapes() {
		t.Run(all.X.String(), func(t *testing.T) {
			start := func() A {
				a, err := s.New(statistic.Env{})
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			n := all.X.Dim(0)
			whole := start()
			check(t, whole.Add(all))
			want := finish(whole)
			if len(want) == 0 {
				t.Fatal("a finished state has no bytes")
			}
			r := rand.New(rand.NewPCG(7, 7))
			for range 10 {
				cuts := []int{0, n}
				for range r.IntN(6) {
					cuts = append(cuts, r.IntN(n))
				}
				slices.Sort(cuts)
				var parts []A
				for i := 1; i < len(cuts); i++ {
					p := start()
					if cuts[i] > cuts[i-1] {
						check(t, p.Add(Part(all, cuts[i-1], cuts[i])))
					}
					parts = append(parts, copied(t, start, p))
				}
				r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
				sum := start()
				for _, p := range parts {
					check(t, sum.Merge(p))
				}
				if got := finish(sum); !bytes.Equal(got, want) {
					t.Fatalf("split at %v and merged in another order the numbers differ", cuts)
				}
			}
			b, err := whole.AppendBinary(nil)
			check(t, err)
			for _, cut := range []int{0, 1, len(b) / 2, len(b) - 1} {
				if err := start().UnmarshalBinary(b[:cut]); err == nil && cut < len(b) {
					t.Errorf("a state cut after %d of %d bytes was read", cut, len(b))
				}
			}
		})
	}
}

// copied writes a state and reads it back.
func copied[A statistic.State[A]](t *testing.T, start func() A, a A) A {
	b, err := a.AppendBinary(nil)
	check(t, err)
	out := start()
	check(t, out.UnmarshalBinary(b))
	return out
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
