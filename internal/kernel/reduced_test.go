package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Rounded values are multiplied exactly: what differs from float64 is the rounding of float32 sums alone.
func TestPanelsBF16(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		t.Logf("runs on %s", Reduced())
		r := rand.New(rand.NewPCG(5, 6))
		for _, s := range [][3]int{{1, 1, 1}, {5, 40, 1}, {32, 32, 1}, {33, 65, 1}, {70, 500, 1}, {1, 1, 2}, {5, 40, 2}, {33, 65, 2}, {70, 500, 2}} {
			n, k, parts := s[0], s[1], s[2]
			x, centre, at := random[float32](r, 2*n*k), random[float32](r, k), r.Perm(2 * n)[:n]
			count := (n + PanelRows - 1) / PanelRows
			m := count * PanelRows
			rows := make([]float32, m*k)
			for i := range n {
				for p := range k {
					rows[i*k+p] = (x[at[i]*k+p] - centre[p]) * 0.25
				}
			}
			roundPortable(parts, rows)
			want, size := slowProduct(false, true, m, m, k, rows, k, rows, k)
			left := 0.0 // products of second parts
			if parts == 2 {
				left = math.Exp2(-16)
			}
			same := func(what string, got float32, i, j int) {
				if d := math.Abs(float64(got) - want[i*m+j]); !(d <= (6e-8*float64(k)+left)*size[i*m+j]) {
					t.Fatalf("%v, %s: entry (%d, %d) is %v, want %v", s, what, i, j, got, want[i*m+j])
				}
			}
			panels, ld := random[float32](r, m*SizeBF16(parts, k)), m+3
			PanelsBF16(parts, panels, x, at, k, centre, 0.25)
			triangle, square := make([]float32, count*(count+1)/2*panelSize), make([]float32, m*ld)
			TriangleBF16(false, parts, count, k, panels, triangle)
			twice, columns := slices.Clone(triangle), 0
			RowsTriangleBF16(parts, make([]float32, m*SizeBF16(parts, k)), x, at, k, centre, 0.25, twice, func(j int) {
				if columns++; j != columns-1 {
					t.Fatalf("%v: column %d is told as number %d", s, j, columns)
				}
			})
			if columns != count || !slices.Equal(twice, triangle) {
				t.Fatalf("%v: other products of rows than of panels, %d columns", s, columns)
			}
			TriangleBF16(true, parts, count, k, panels, twice)
			for i, v := range triangle {
				if row, col := i%panelSize/PanelRows, i%PanelRows; row <= col && math.Abs(float64(twice[i]-2*v)) > 1e-4*math.Abs(float64(v))+1e-4 {
					t.Fatalf("%v: entry %d is %v and added once more %v", s, i, v, twice[i])
				}
			}
			for _, upper := range []bool{true, false} {
				ProductsBF16(parts, upper, count, count, k, panels, panels, square, ld)
				for i := range m {
					for j := range m {
						if j >= i {
							b := j/PanelRows*(j/PanelRows+1)/2 + i/PanelRows
							same("triangle", triangle[(b*PanelRows+i%PanelRows)*PanelRows+j%PanelRows], i, j)
						}
						if j >= i || !upper {
							same("square", square[i*ld+j], i, j)
						}
					}
				}
			}
		}
	})
}

// Columns of panels are rows of other panels: their products are sums over rows.
func TestColumnsBF16(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, s := range [][3]int{{40, 33, 1}, {100, 64, 2}, {64, 40, 2}} {
			n, k, parts := s[0], s[1], s[2]
			x, zero := random[float32](r, n*k), make([]float32, k)
			at := r.Perm(n)
			all, wide := (n+PanelRows-1)/PanelRows, roundUp(k, PanelRows)
			columns := random[float32](r, wide*all*PanelRows)
			panels := make([]float32, all*PanelRows*SizeBF16(parts, k))
			PanelsBF16(parts, panels, x, at, k, zero, 1)
			ColumnsBF16(columns, parts, all, k, panels)
			if !Tiles() { // their first parts are those of the sum of both
				roundPortable(parts, x)
			}
			roundPortable(1, x)
			want, size := slowProduct(true, false, k, k, n, x, k, x, k)
			got := make([]float32, wide*wide)
			ProductsBF16(1, false, wide/PanelRows, wide/PanelRows, all*PanelRows, columns, columns, got, wide)
			for i := range wide {
				for j := range wide {
					if i >= k || j >= k {
						if got[i*wide+j] != 0 {
							t.Fatalf("%v: entry (%d, %d) is %v, want 0", s, i, j, got[i*wide+j])
						}
					} else if d := math.Abs(float64(got[i*wide+j]) - want[i*k+j]); !(d <= 6e-8*float64(n)*size[i*k+j]) {
						t.Fatalf("%v: entry (%d, %d) is %v, want %v", s, i, j, got[i*wide+j], want[i*k+j])
					}
				}
			}
		}
	})
}

// Pairs of rounded rows, for numbers of rows and values of every remainder.
func TestAddPairsBF16(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		for _, rows := range []int{1, 5, 17, 32, 50} {
			for _, n := range []int{32, 2048, 2112} {
				v, stride := random[float32](r, rows*n), RoundedSize(n)+16
				rounded, c := make([]float32, rows*stride), make([]float64, rows*rows)
				for i := range rows {
					RoundBF16(rounded[i*stride:], v[i*n:(i+1)*n])
				}
				roundPortable(1, v)
				want, size := slowProduct(false, true, rows, rows, n, v, n, v, n)
				for i := range c {
					c[i] = 1
				}
				AddPairsBF16(rows, n, rounded, stride, c)
				checkPairs(t, c, want, size, rows, n)
			}
		}
	})
}

// Halves go to the even neighbour, and 1 + 2^-8 lies half way between two bfloat16 values; two hold 16 bits.
func TestRound(t *testing.T) {
	const third, rest = 1.0 / 3, 1.0/3 - 171.0/512 // 1/3 less its nearest bfloat16 value
	for parts, want := range [][]float32{{1, 1 + 2.0/128, -1 - 1.0/128, 0, float32(math.Inf(1)), 171.0 / 512}, {1 + 1.0/256, 1 + 3.0/256, -1 - 164.0/32768, 0, 0, third}} {
		got := []float32{1 + 1.0/256, 1 + 3.0/256, -1 - 1.0/200, 0, float32(math.Inf(1)), third}
		roundPortable(parts+1, got)
		for i, v := range want {
			if d := math.Abs(float64(got[i] - v)); d > math.Abs(rest)/256 && (parts == 0 || i != 4) {
				t.Errorf("%d parts: value %d is %v, want %v", parts+1, i, got[i], v)
			}
		}
	}
}
