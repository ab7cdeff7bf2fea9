package alignment

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
)

// With a keeper states hold no patches, results are what they are without, and a state that is read back finds them.
func TestKept(t *testing.T) {
	c := plant.New(1).Case()
	collect := func() (*statistic.Results, []statistic.Key) {
		r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r, r.Keys(Statistic)
	}
	held, keys := collect()
	c.Keeper = capture.NewMemory()
	kept, again := collect()
	if len(keys) == 0 || !reflect.DeepEqual(keys, again) {
		t.Fatalf("keys %v, with a keeper %v", keys, again)
	}
	for _, k := range keys {
		a, errA := Statistic.Get(held, k)
		b, errB := Statistic.Get(kept, k)
		if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %+v, %v; with a keeper %+v, %v", k, a, errA, b, errB)
		}
		in, _ := Patches.Get(held, k)
		out, err := Patches.Get(kept, k)
		if err != nil || len(out.rows) != 0 {
			t.Fatalf("%s: %d patches are in the state, %v", k, len(out.rows), err)
		}
		state, err := out.AppendBinary(nil)
		if want := head * (1 + len(in.rows)); err != nil || len(state) != want {
			t.Errorf("%s: a state of %d bytes, %v; want %d", k, len(state), err, want)
		}
		back, err := Patches.New(statistic.Env{Case: c, Key: k})
		if err != nil {
			t.Fatal(err)
		}
		if err := back.UnmarshalBinary(state); err != nil {
			t.Fatal(err)
		}
		rowsIn, patchesIn, _ := in.finite()
		rowsBack, patchesBack, err := back.finite()
		if err != nil || !reflect.DeepEqual(rowsIn, rowsBack) || !reflect.DeepEqual(patchesIn, patchesBack) {
			t.Errorf("%s: a state that is read back has other patches, %v", k, err)
		}
		hostile := c
		hostile.Keeper = capture.NewMemory() // in which nothing has another shape
		for name, at := range map[string]int{"width": 8, "row": head} {
			b := bytes.Clone(state)
			binary.LittleEndian.PutUint64(b[at:], 1<<20)
			if other, _ := Patches.New(statistic.Env{Case: hostile, Key: k}); other.UnmarshalBinary(b) == nil {
				t.Errorf("%s: a state with another %s was read", k, name)
			}
		}
	}
}
