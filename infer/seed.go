package infer

import (
	"math/rand/v2"
	"slices"
)

// Seed derives the seed of one purpose from the run's seed and the words that name the purpose,
// such as rule, layer and use. It is FNV-1a (Fowler, Noll & Vo) over the eight bytes of the seed
// and every word with its length, ended by the mixer of SplitMix64 (Steele et al. 2014). The
// values are part of saved results and never change.
func Seed(seed uint64, parts ...string) uint64 {
	h := fnv64(fnvOffset, seed)
	for _, p := range parts {
		h = fnv64(h, uint64(len(p)))
		for i := 0; i < len(p); i++ {
			h = (h ^ uint64(p[i])) * fnvPrime
		}
	}
	return mix(h)
}

// SampleHash returns the place of a sample in the seeded order that samples are chosen by.
func SampleHash(seed, id uint64) uint64 { return mix(mix(seed+golden) ^ mix(id)) }

// Rand returns the generator of one purpose: PCG-DXSM (O'Neill 2014) from math/rand/v2, whose
// stream is fixed by its documentation.
func Rand(seed uint64, parts ...string) *rand.Rand {
	s := Seed(seed, parts...)
	return rand.New(rand.NewPCG(s, mix(s+golden)))
}

// Groups deals samples to g groups whose sizes differ by at most one, in the order of their
// hashes: the group of a sample depends on the ids present, not on their order.
func Groups(seed uint64, ids []uint64, g int) []int {
	order := make([]int, len(ids))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := SampleHash(seed, ids[a]), SampleHash(seed, ids[b]); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	group := make([]int, len(ids))
	for rank, i := range order {
		group[i] = rank % g
	}
	return group
}

// Selecting reports whether a sample is in the half on which places and models are selected; the
// effect of what was selected is estimated on the other half (METHODS 3.6).
func Selecting(seed, id uint64) bool { return SampleHash(Seed(seed, "select-or-estimate"), id)&1 == 0 }

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
	golden    = 0x9e3779b97f4a7c15
)

func fnv64(h, v uint64) uint64 {
	for range 8 {
		h = (h ^ v&0xff) * fnvPrime
		v >>= 8
	}
	return h
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
