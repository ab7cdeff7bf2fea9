package dataset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
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

// A column of values that are more than the samples is refused before its values are read: as text they take
// many times their bytes, and few bytes of a file inflate to many values.
func TestLongColumnsAreRefusedUnread(t *testing.T) {
	const many = 20 << 20
	path := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{
		"x": tensor.New(tensor.Float32, 2, 3), "group_a": tensor.New(tensor.Uint8, many)})}), "d.npz")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Open(path, Options{NoLabels: true})
	runtime.ReadMemStats(&after)
	if want := fmt.Sprintf("array \"group_a\": %d values for 2 samples", many); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > many+many/2 {
		t.Errorf("%d bytes were allocated", grown)
	}
}
