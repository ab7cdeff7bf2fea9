package report

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestClassMatrixIsRead(t *testing.T) {
	c := *sampleClusters(sample()).Layers[0].Centred
	m, n := classMatrix(&c), len(c.Classes)
	for i := range n {
		for j := range n {
			if m[i*n+j] != m[j*n+i] {
				t.Errorf("%d, %d is %v, the other way %v", i, j, m[i*n+j], m[j*n+i])
			}
		}
	}
	if at := []float64{m[0], m[1], m[n+1], m[len(m)-1]}; !slices.Equal(at, []float64{c.Matrix[0], c.Matrix[1], c.Matrix[n], c.Matrix[len(c.Matrix)-1]}) {
		t.Errorf("corners %v of %v", at, c.Matrix)
	}
	c.Matrix = c.Matrix[1:]
	if classMatrix(&c) != nil || classMatrix(nil) != nil {
		t.Error("a matrix of another size is taken")
	}
}

func TestInsideData(t *testing.T) {
	v, err := newView(sample(), HTMLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := v.Clusters.Layers[0].Raw
	b, err := base64.StdEncoding.DecodeString(steps(c.Matrix))
	if err != nil || len(b) != 2*len(c.Matrix) {
		t.Fatalf("%d bytes, want %d (%v)", len(b), 2*len(c.Matrix), err)
	}
	for i, x := range c.Matrix {
		if got := float64(binary.LittleEndian.Uint16(b[2*i:]))/1e4 - 1; math.Abs(got-x) > 0.51e-4 {
			t.Errorf("cosine %d is %v, want %v", i, got, x)
		}
	}
	if b, _ := base64.StdEncoding.DecodeString(steps([]float64{-7, 7})); !slices.Equal(b, []byte{0, 0, 0x20, 0x4e}) {
		t.Errorf("numbers out of range are %v", b)
	}
	v.Clusters.Layers[1].Raw.Classes = []int{0, 1, 2, 3, 4, 9}
	p := page(t, v.Diagnosis)
	if got := strings.Count(inside(t, p, `"inside":{`, `"names"`), `"c":"`); got != 2 {
		t.Errorf("%d layers have matrices, want 2: those of the second are of different classes", got)
	}
}

// Both ends of the scale have one lightness, the middle is the paper (REPORT-DESIGN 5).
func TestSignedRamp(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		r := signedRamp(theme)
		l := func(k int) float64 { return toOKLab(parseColour(r[k]))[0] }
		if math.Abs(l(0)-l(10)) > 0.06 || r[5] != ramps[theme][0] {
			t.Errorf("%s: lightness %.3f and %.3f at the ends, %s in the middle", theme, l(0), l(10), r[5])
		}
	}
}

// Without labels the matrix is of clusters, counted from 1.
func TestInsideOfClusters(t *testing.T) {
	d := sample()
	for _, l := range d.Clusters.Layers {
		if l.Centred != nil {
			l.Centred.Clusters, l.Raw.Clusters = true, true
		}
	}
	p := page(t, d)
	for _, want := range []string{"within clusters 0.67, between", "<dt>Nearest clusters</dt><dd>cluster 1 and cluster 2: 0.34; within them 0.67 and 0.67</dd>", "Mean cosines of clusters as a table", "1    cluster 1", `"names":[[1,"cluster 1"]`} {
		if !strings.Contains(p, want) {
			t.Errorf("no %q on the page", want)
		}
	}
}
