package cluster

import (
	"runtime"
	"testing"
)

// BenchmarkKMeans clusters 5,000 points of 512 values from 10 starts.
func BenchmarkKMeans(b *testing.B) {
	p, _ := blobs(1, 5000, 512, 10, 1)
	for b.Loop() {
		if _, err := KMeans(b.Context(), runtime.NumCPU(), p, 10, KMeansOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(p.N)/b.Elapsed().Seconds(), "points/s")
}

// BenchmarkSpectral clusters 5,000 points of 512 values by their graph of 10 neighbours.
func BenchmarkSpectral(b *testing.B) {
	p, _ := blobs(1, 5000, 512, 10, 1)
	for b.Loop() {
		near, err := Nearest(b.Context(), runtime.NumCPU(), p, 10)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Spectral(b.Context(), runtime.NumCPU(), near.Graph(false), 10, SpectralOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(p.N)/b.Elapsed().Seconds(), "points/s")
}
