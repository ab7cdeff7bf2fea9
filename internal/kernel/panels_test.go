package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Panels are the rows named, centred and scaled; their products, the sums of those and the products of whole
// rows are those of float64.
func TestPanels(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, s := range [][2]int{{1, 1}, {5, 17}, {32, 16}, {40, 300}, {77, 515}} {
			n, k := s[0], s[1]
			x, centre := random[float32](r, 2*n*k), random[float32](r, k)
			at := r.Perm(2 * n)[:n]
			count := (n + PanelRows - 1) / PanelRows
			panels := random[float32](r, count*PanelRows*k)
			Panels32(panels, x, at, k, centre, 0.25)
			rows := make([]float32, count*PanelRows*k)
			for i := range count * PanelRows {
				for p := range k {
					if i < n {
						rows[i*k+p] = (x[at[i]*k+p] - centre[p]) * 0.25
					}
					if got := panels[(i/PanelRows*k+p)*PanelRows+i%PanelRows]; got != rows[i*k+p] {
						t.Fatalf("%v: row %d value %d is %v, want %v", s, i, p, got, rows[i*k+p])
					}
				}
			}
			testPanelProducts(t, count, k, panels, rows)
		}
	})
}

func testPanelProducts(t *testing.T, count, k int, panels, rows []float32) {
	m := count * PanelRows
	want, size := slowProduct(false, true, m, m, k, rows, k, rows, k)
	same := func(what string, got float32, i, j int) {
		if d := math.Abs(float64(got) - want[i*m+j]); !(d <= 6e-8*float64(k)*size[i*m+j]) {
			t.Fatalf("%d panels, %d values, %s: entry (%d, %d) is %v, want %v", count, k, what, i, j, got, want[i*m+j])
		}
	}
	triangle, square, ld := make([]float32, count*(count+1)/2*panelSize), make([]float32, m*(m+3)), m+3
	PanelTriangle32(count, k, panels, triangle)
	for _, upper := range []bool{true, false} {
		PanelProducts32(upper, count, count, k, panels, panels, square, ld)
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
	right, left := random[float32](rand.New(rand.NewPCG(1, uint64(k))), m*PanelRows), random[float32](rand.New(rand.NewPCG(2, uint64(k))), k*PanelRows)
	times, turned := make([]float32, m*PanelRows), make([]float32, k*PanelRows)
	PanelsTimes32(count, k, panels, left, times)
	TimesPanels32(count, k, panels, right, turned)
	for _, c := range []struct {
		got        []float32
		n, depth   int
		transposed bool
		b          []float32
	}{{times, m, k, false, left}, {turned, k, m, true, right}} {
		ld := k
		want, size := slowProduct(c.transposed, false, c.n, PanelRows, c.depth, rows, ld, c.b, PanelRows)
		for i, v := range c.got {
			if d := math.Abs(float64(v) - want[i]); !(d <= 6e-8*float64(c.depth)*size[i]) {
				t.Fatalf("%d panels, %d values, columns %v: entry %d is %v, want %v", count, k, c.transposed, i, v, want[i])
			}
		}
	}
	var sums [2][PanelRows]float32
	PanelSums32(square[:panelSize], sums[0][:], sums[1][:])
	var wanted [2][PanelRows]float64
	scale := 0.0
	for i, v := range square[:panelSize] {
		wanted[0][i/PanelRows] += float64(v)
		wanted[1][i%PanelRows] += float64(v)
		scale = max(scale, math.Abs(float64(v)))
	}
	for h := range sums {
		for i, v := range sums[h] {
			if !(math.Abs(float64(v)-wanted[h][i]) <= 4e-6*scale) {
				t.Fatalf("sum %d of kind %d is %v, want %v", i, h, v, wanted[h][i])
			}
		}
	}
}

// Squares and cubes of a row, and squares added to columns.
func TestPanelPowers32(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		row, cols := random[float32](rand.New(rand.NewPCG(3, 3)), 96), make([]float32, 96)
		var squares, cubes float64
		for i, v := range row {
			cols[i] = 2
			squares += float64(v) * float64(v)
			cubes += float64(v) * float64(v) * float64(v)
		}
		gotSquares, gotCubes := PanelPowers32(row, cols, new([32]float32))
		if math.Abs(gotSquares-squares) > 1e-6*squares || math.Abs(gotCubes-cubes) > 1e-6*squares {
			t.Errorf("squares %v and cubes %v, want %v and %v", gotSquares, gotCubes, squares, cubes)
		}
		for i, v := range row {
			if d := math.Abs(float64(cols[i]) - 2 - float64(v)*float64(v)); d > 1e-6 {
				t.Errorf("column %d is off by %v", i, d)
			}
		}
	})
}

// checkPairs compares c, which held 1 before products of rows of n values were added, with them from the diagonal on.
func checkPairs(t *testing.T, c, want, size []float64, rows, n int) {
	t.Helper()
	for i := range rows {
		for j := i; j < rows; j++ {
			if d := math.Abs(c[i*rows+j] - 1 - want[i*rows+j]); !(d <= 6e-8*128*size[i*rows+j]) {
				t.Fatalf("%d rows of %d values: (%d, %d) is %v, want %v", rows, n, i, j, c[i*rows+j], want[i*rows+j]+1)
			}
		}
	}
}

// Pairs of rows, for numbers of rows and values of every remainder.
func TestAddPairs64(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		for rows := 1; rows < 13; rows++ {
			for _, n := range []int{3, 16, 1100, 2050} {
				stride := n + 5
				v, c := random[float32](r, rows*stride), make([]float64, rows*rows)
				want, size := slowProduct(false, true, rows, rows, n, v, stride, v, stride)
				for i := range c {
					c[i] = 1
				}
				AddPairs64(rows, n, v, stride, c)
				checkPairs(t, c, want, size, rows, n)
			}
		}
	})
}

func BenchmarkPanels(b *testing.B) {
	const n, k, rows = 256, 512, 100_000
	r := rand.New(rand.NewPCG(1, 2))
	x, centre := make([]float32, rows*k), random[float32](r, k)
	for i := range x {
		x[i] = float32(i % 97)
	}
	order := r.Perm(rows)
	panels, c := make([]float32, n*k), make([]float32, 36*panelSize)
	v, dots := random[float32](r, 50*36*panelSize), make([]float64, 50*50)
	b.Run("fill", func(b *testing.B) {
		at := 0
		for b.Loop() {
			Panels32(panels, x, order[at:at+n], k, centre, 1)
			at = (at + n) % (rows - n)
		}
	})
	b.Run("triangle", func(b *testing.B) {
		for b.Loop() {
			PanelTriangle32(n/PanelRows, k, panels, c)
		}
	})
	b.Run("sums", func(b *testing.B) {
		var s [2][PanelRows]float32
		for b.Loop() {
			for i := range 36 {
				PanelSums32(c[i*panelSize:], s[0][:], s[1][:])
			}
		}
	})
	b.Run("pairs", func(b *testing.B) {
		for b.Loop() {
			AddPairs64(50, 36*panelSize, v, 36*panelSize, dots)
		}
	})
}
