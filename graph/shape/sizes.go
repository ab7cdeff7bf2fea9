package shape

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/graph"
)

// What stands for a name while shapes are followed: the base and what it is changed to, one name at a
// time. Batches try 1 too, since files ask whether a size is 1; sizes of images are divisible by 32,
// as networks that halve five times want them; token numbers stay below the shortest tables of
// positions, waves are as long as the windows that are cut from them.
var (
	batchSizes = []int{2, 3, 5, 1}
	imageSizes = []int{224, 256, 320}
	tokenSizes = []int{12, 16, 9}
	frameSizes = []int{96, 128, 112}
	waveSizes  = []int{16000, 17600, 24000}
)

// oddSizes are images that many networks cannot see, but those that pad them to a multiple of something or
// count on from a remainder can: without one of them a remainder of 0 would pass for the same in every run.
// A size at which a node does not fit is no longer asked.
var oddSizes = []int{231, 232}

func (t *Tracer) assign(inputs []graph.Value) {
	choices, images := map[string][]int{}, map[string]bool{}
	for _, v := range inputs {
		for i, d := range v.Shape {
			if d.Size >= 0 {
				continue
			}
			for _, name := range terms(d.Param) {
				if choices[name] == nil && len(t.params) < mostParams {
					t.params = append(t.params, name)
					choices[name], images[name] = choose(i, v), len(v.Shape) >= 4 && i >= 2
				}
			}
		}
	}
	base := map[string]int{}
	for _, name := range t.params {
		base[name] = choices[name][0]
	}
	t.probes = []map[string]int{base}
	for _, name := range t.params {
		for _, size := range choices[name][1:] {
			t.probe(base, name, size)
		}
	}
	t.odd = len(t.probes)
	for _, name := range t.params {
		for _, size := range oddSizes {
			if images[name] {
				t.probe(base, name, size)
			}
		}
	}
	t.gone = make([]bool, len(t.probes))
}

// probe adds an assignment that differs from the base in one name.
func (t *Tracer) probe(base map[string]int, name string, size int) {
	other := maps.Clone(base)
	other[name] = size
	t.probes = append(t.probes, other)
}

func choose(axis int, v graph.Value) []int {
	rank, reals := len(v.Shape), v.DType.IsFloat()
	switch {
	case axis == 0:
		return batchSizes
	case rank >= 4 && axis >= 2:
		return imageSizes
	case reals && rank == 2:
		return waveSizes
	case reals && rank == 3:
		return frameSizes
	}
	return tokenSizes
}

// terms splits a size such as past_length + 1 into the names in it.
func terms(param string) []string {
	var names []string
	for _, s := range strings.Split(param, " + ") {
		if _, err := strconv.Atoi(strings.TrimSpace(s)); err != nil {
			names = append(names, strings.TrimSpace(s))
		}
	}
	return names
}

func evaluate(d graph.Dim, sizes map[string]int) (int, bool) {
	if d.Size >= 0 {
		return d.Size, true
	}
	sum := 0
	for _, s := range strings.Split(d.Param, " + ") {
		s = strings.TrimSpace(s)
		if n, err := strconv.Atoi(s); err == nil {
			sum += n
		} else if n, ok := sizes[s]; ok {
			sum += n
		} else {
			return 0, false
		}
	}
	return sum, true
}

// dim names a size by the names it moves with.
func (t *Tracer) dim(sizes []int) graph.Dim {
	var moves []string
	for i, probe := range t.probes {
		if t.gone[i] || sizes[i] == sizes[0] {
			continue
		}
		for _, name := range t.params {
			if probe[name] != t.probes[0][name] && !slices.Contains(moves, name) {
				moves = append(moves, name)
			}
		}
	}
	if len(moves) == 0 {
		return graph.Dim{Size: sizes[0]}
	}
	return graph.Dim{Size: -1, Param: t.formula(sizes, moves)}
}

// formula writes a size as a multiple of the product of its names, or as their sum and a number, or
// only says what it depends on.
func (t *Tracer) formula(sizes []int, moves []string) string {
	product, sum := make([]int, len(sizes)), make([]int, len(sizes))
	for i, probe := range t.probes {
		product[i] = 1
		for _, name := range moves {
			product[i] *= probe[name]
			sum[i] += probe[name]
		}
	}
	factor, offset := sizes[0]/product[0], sizes[0]-sum[0]
	multiple, shifted := factor > 0, true
	for i, size := range sizes {
		if t.gone[i] {
			continue
		}
		multiple = multiple && size == factor*product[i]
		shifted = shifted && size == sum[i]+offset
	}
	switch {
	case multiple && factor == 1:
		return strings.Join(moves, "*")
	case multiple:
		return fmt.Sprintf("%d*%s", factor, strings.Join(moves, "*"))
	case shifted && offset == 0:
		return strings.Join(moves, " + ")
	case shifted:
		return fmt.Sprintf("%s + %d", strings.Join(moves, " + "), offset)
	}
	return fmt.Sprintf("f(%s)", strings.Join(moves, ","))
}
