package dataset

import (
	"archive/zip"
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/stratascope/stratascope/dataset/npy"
	"github.com/stratascope/stratascope/tensor"
)

func benchRead(b *testing.B, path string, o Options, batch int) {
	s, err := Open(path, o)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	chosen := s.Choose(Train, s.N())
	feeds := map[string]tensor.Tensor{}
	at := 0
	for b.Loop() {
		if at+batch > len(chosen) {
			at = 0
		}
		got, err := s.Read(context.Background(), chosen[at:at+batch], feeds)
		if err != nil {
			b.Fatal(err)
		}
		feeds = got.Inputs
		b.SetBytes(feeds["x"].Bytes())
		at += batch
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "samples/s")
}

// BenchmarkRead reads batches in the order of keys: rows of an npz as they are, and bytes scaled.
func BenchmarkRead(b *testing.B) {
	for name, x := range map[string]tensor.Tensor{"float32": tensor.New(tensor.Float32, 4000, 3072), "uint8": tensor.New(tensor.Uint8, 4000, 32, 32, 3)} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "d.npz")
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			w := zip.NewWriter(f)
			m, _ := w.CreateHeader(&zip.FileHeader{Name: "x.npy", Method: zip.Store})
			if err := npy.Write(m, x); err != nil {
				b.Fatal(err)
			}
			w.Close()
			f.Close()
			o := Options{NoLabels: true}
			if name == "uint8" {
				o.Preprocess, _ = Preset("imagenet")
				o.Inputs = []Input{{"x", []int{-1, 3, 32, 32}, tensor.Float32}}
			}
			benchRead(b, path, o, 128)
		})
	}
}

// BenchmarkReadJPEG decodes, resizes and crops photographs of 500 x 375 to 224 x 224.
func BenchmarkReadJPEG(b *testing.B) {
	dir := b.TempDir()
	m := image.NewRGBA(image.Rect(0, 0, 500, 375))
	for i := range m.Pix {
		m.Pix[i] = uint8(i*i>>12 ^ i>>3)
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, nil); err != nil {
		b.Fatal(err)
	}
	for i := range 32 {
		if err := os.WriteFile(filepath.Join(dir, string(rune('A'+i))+".jpg"), file.Bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	p, _ := Preset("imagenet")
	benchRead(b, dir, Options{NoLabels: true, Preprocess: p, Inputs: []Input{{"x", []int{-1, 3, 224, 224}, tensor.Float32}}}, 16)
}
