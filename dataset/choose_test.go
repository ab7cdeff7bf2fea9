package dataset

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func loadPipeline(t *testing.T) []float64 {
	t.Helper()
	data, err := os.ReadFile("testdata/pipeline.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]float64{}
	if err := json.Unmarshal(data, &all); err != nil || len(all["imagenet"]) == 0 {
		t.Fatal(err, len(all))
	}
	return all["imagenet"]
}

// labelled is a set of samples with labels and nothing to read.
func labelled(labels []int32, classes int) *Set {
	s := &Set{Labels: labels, Task: Task{Kind: Classification, Classes: numbered(classes)}}
	for i := range labels {
		id := fmt.Sprintf("%04d", i)
		s.IDs, s.Keys, s.Splits = append(s.IDs, id), append(s.Keys, Key(id)), append(s.Splits, Val)
	}
	return s
}

// Each class gives its share up to one sample, those with its smallest keys; the order of the samples
// in the data does not matter.
func TestChooseIsStratified(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOfN(rapid.Int32Range(-1, 4), 1, 300).Draw(t, "labels")
		n := rapid.IntRange(0, 320).Draw(t, "n")
		s := labelled(labels, 5)
		chosen := s.Choose(Val, n)
		if len(chosen) != min(n, len(labels)) {
			t.Fatalf("%d chosen, want %d", len(chosen), min(n, len(labels)))
		}
		count, taken := map[int32]int{}, map[int32]int{}
		largest := map[int32]uint64{}
		in := map[int]bool{}
		for _, i := range chosen {
			in[i] = true
			taken[labels[i]]++
			largest[labels[i]] = max(largest[labels[i]], s.Keys[i])
		}
		for i, l := range labels {
			count[l]++
			if !in[i] && s.Keys[i] < largest[l] {
				t.Fatalf("sample %d has a smaller key than one that was chosen", i)
			}
		}
		for l, c := range count {
			share := float64(c) * float64(len(chosen)) / float64(len(labels))
			if d := float64(taken[l]) - share; d >= 1 || d <= -1 {
				t.Fatalf("class %d: %d chosen, its share is %v", l, taken[l], share)
			}
		}
		if !slices.IsSortedFunc(chosen, func(a, b int) int {
			if s.Keys[a] < s.Keys[b] {
				return -1
			}
			return 1
		}) {
			t.Fatal("not in the order of the keys")
		}
	})
}

func TestSampleSize(t *testing.T) {
	for _, c := range []struct{ n, classes, want int }{{100, 10, 100}, {5000, 10, 2048}, {5000, 200, 4000}, {50000, 5000, 20000}} {
		if got := labelled(make([]int32, c.n), c.classes).SampleSize(Val); got != c.want {
			t.Errorf("%d samples of %d classes: %d, want %d", c.n, c.classes, got, c.want)
		}
	}
}

// Keys are part of saved states: they must never change. The first 8 bytes of
// printf 'stratascope id\0val/0131' | sha256sum, little-endian.
func TestKeyIsStable(t *testing.T) {
	if got := Key("val/0131"); got != 0x424a2a71019889d1 {
		t.Errorf("key %#x, want %#x", got, uint64(0x424a2a71019889d1))
	}
}

func TestHashedShare(t *testing.T) {
	n := 0
	for i := range 20000 {
		if hashedInto(fmt.Sprint(i), valShare) {
			n++
		}
	}
	if n < 3800 || n > 4200 { // 3.5 standard deviations
		t.Errorf("%d of 20000 hashed into a fifth", n)
	}
}
