package recording

import (
	"context"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
)

// A mistake in what looks at the values reaches who reads, and no worker waits for ever.
func TestPanicsReachTheReader(t *testing.T) {
	dir := record(t, newRun(), Plan{})
	for _, workers := range []int{1, 3} {
		rec := mustOpen(t, dir, Options{Workers: workers})
		got := func() (r any) {
			defer func() { r = recover() }()
			_ = rec.Read(context.Background(), capture.View{Split: dataset.Train}, []capture.Site{{Layer: "stem.conv", Of: finding.Activation}}, capture.Reader{
				Fold: func(int) capture.Fold { return func(capture.Request, capture.Rows) error { panic("mine") } },
				Done: func(int) error { return nil },
			})
			return nil
		}()
		if got != "mine" {
			t.Errorf("%d workers: the reader sees %v", workers, got)
		}
	}
}

// Blocks around skipped ones are reported, each once and in order.
func TestSkippedBlocksAreNotReported(t *testing.T) {
	dir := record(t, newRun(), Plan{})
	v := capture.View{Split: dataset.Train}
	for _, workers := range []int{1, 3} {
		rec := mustOpen(t, dir, Options{Workers: workers})
		blocks := (rec.Samples(v).Len() + capture.Block - 1) / capture.Block
		if blocks < 3 {
			t.Fatalf("%d blocks", blocks)
		}
		var done []int
		err := rec.Read(context.Background(), v, []capture.Site{{Layer: "stem.conv", Of: finding.Activation}}, capture.Reader{
			Skip: func(b int) bool { return b == 1 },
			Fold: func(int) capture.Fold { return func(capture.Request, capture.Rows) error { return nil } },
			Done: func(b int) error { done = append(done, b); return nil },
		})
		if err != nil || slices.Contains(done, 1) || len(done) != blocks-1 || !slices.IsSorted(done) {
			t.Errorf("%d workers: %v of %d blocks, %v", workers, done, blocks, err)
		}
	}
}
