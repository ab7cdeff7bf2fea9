package dataset

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

type broken struct{ source }

func (broken) sample(int) (tensor.Tensor, error) { panic("mine") }

// A mistake in the work on one sample reaches who reads, where it can be recovered, for any number of jobs.
func TestPanicsReachTheReader(t *testing.T) {
	dir := t.TempDir()
	picture, err := os.ReadFile("testdata/pipeline.png")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		if err := os.WriteFile(filepath.Join(dir, name), picture, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, jobs := range []int{1, 3} {
		s, err := Open(dir, Options{Jobs: jobs, NoLabels: true})
		if err != nil {
			t.Fatal(err)
		}
		in := s.mainInput()
		in.source = broken{in.source}
		got := func() (r any) {
			defer func() { r = recover() }()
			_, _ = s.Read(context.Background(), []int{0, 1, 2}, nil)
			return nil
		}()
		if got != "mine" {
			t.Errorf("%d jobs: the reader sees %v", jobs, got)
		}
		s.Close()
	}
}
