package train

import (
	"fmt"
	"strconv"

	"github.com/stratascope/stratascope/infer"
)

// An order says which samples each step takes.
type order struct {
	list    func(epoch int) []int
	batch   int
	samples int // an epoch
	steps   int // an epoch
	epoch   int // of current
	current []int
}

// shuffled is the order of an epoch where the options give none.
func shuffled(seed uint64, epoch, n int) []int {
	return infer.Rand(seed, "train", "order", strconv.Itoa(epoch)).Perm(n)
}

func newOrder(o Options, n int) (*order, error) {
	d := &order{batch: o.Batch, epoch: -1}
	d.list = func(epoch int) []int { return shuffled(o.Seed, epoch, n) }
	if o.Order != nil {
		d.list = func(epoch int) []int { return o.Order(epoch, n) }
	}
	d.samples = len(d.list(0))
	d.steps = d.samples / o.Batch
	if !o.DropLast && d.samples%o.Batch > 0 {
		d.steps++
	}
	if d.steps == 0 {
		return nil, fmt.Errorf("%d samples an epoch give no batch of %d", d.samples, o.Batch)
	}
	return d, nil
}

// at returns the samples of a step, 0 for the first.
func (d *order) at(step int) ([]int, error) {
	if epoch := step / d.steps; epoch != d.epoch {
		d.epoch, d.current = epoch, d.list(epoch)
	}
	if len(d.current) != d.samples {
		return nil, fmt.Errorf("epoch %d has %d samples, want as many as the first, %d", d.epoch+1, len(d.current), d.samples)
	}
	lo := step % d.steps * d.batch
	return d.current[lo:min(lo+d.batch, d.samples)], nil
}
