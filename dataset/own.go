package dataset

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// looks returns the samples that the data's own mean and sd are computed of: those of training if it is
// known which these are; of picture files, which take long to decode, fewer.
func (s *Set) looks(src source) []int {
	most := 1024
	if _, ok := src.(gatherer); !ok {
		most = 64
	}
	var all []int
	for i, split := range s.Splits {
		if split == Train || s.Count(Train) == 0 {
			all = append(all, i)
		}
	}
	out := evenly(len(all), most)
	for k, i := range out {
		out[k] = all[i]
	}
	return out
}

// sums are those of some values: their number, sum and sum of squares.
type sums struct{ n, x, xx float64 }

func (s *sums) add(v float64) {
	if v-v == 0 {
		s.n, s.x, s.xx = s.n+1, s.x+v, s.xx+v*v
	}
}

// values returns mean and standard deviation; 0 and 1 of no values, and an sd of 1 of equal ones.
func (s sums) values() (mean, sd float64) {
	mean = s.x / max(1, s.n)
	sd = math.Sqrt(max(0, s.xx/max(1, s.n)-mean*mean))
	if !(sd > 1e-6*math.Abs(mean)) {
		sd = 1
	}
	return mean, sd
}

// standardise gives each channel the mean and sd of the samples named.
func (p *picture) standardise(src source, samples []int) error {
	n := product(p.shape())
	if n < 0 {
		return fmt.Errorf("preprocess %s: the samples differ in size", p.prep.Name)
	}
	for k := range p.outC {
		p.scale[k], p.shift[k] = 1, 0
	}
	if p.table != nil {
		p.tabulate()
	}
	dst, all := make([]float32, n), make([]sums, p.outC)
	for _, i := range samples {
		t, err := src.sample(i)
		if err != nil {
			return err
		}
		if err := p.apply(dst, t); err != nil {
			return err
		}
		for j, v := range dst {
			k := j % p.outC
			if p.outPlanes || p.flatten {
				k = j / (n / p.outC)
			}
			all[k].add(float64(v))
		}
	}
	for k := range p.outC {
		mean, sd := all[k].values()
		p.scale[k], p.shift[k] = 1/sd, -mean/sd
	}
	if p.table != nil {
		p.tabulate()
	}
	return nil
}

// standard gives each column of a table its own mean and sd, any other values one for all.
func (p *plan) standard(src source, samples []int) error {
	n := 1
	if len(p.shape) == 1 {
		n = max(1, product(p.shape))
	}
	all := make([]sums, n)
	for _, i := range samples {
		t, err := src.sample(i)
		if err != nil {
			return err
		}
		f, err := convert(t, tensor.Float64)
		if err != nil {
			return err
		}
		for j, v := range f.Float64s() {
			all[j%n].add(v)
		}
	}
	for _, c := range all {
		mean, sd := c.values()
		p.mean, p.std = append(p.mean, mean), append(p.std, sd)
	}
	return nil
}
