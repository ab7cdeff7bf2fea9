package stratascope

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/stratascope/stratascope/dataset"
)

// DropDuplicates returns the data without samples held out that are also in training, byte for byte, and
// how many those are.
func DropDuplicates(set *dataset.Set) (*dataset.Set, int, error) {
	seen := map[[32]byte]bool{}
	for i, s := range set.Splits {
		if s != dataset.Train {
			continue
		}
		h, err := set.RawHash(i)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", set.IDs[i], err)
		}
		seen[h] = true
	}
	out := *set
	out.Splits = slices.Clone(set.Splits)
	dropped := 0
	for i, s := range set.Splits {
		if s == dataset.Train || len(seen) == 0 {
			continue
		}
		h, err := set.RawHash(i)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", set.IDs[i], err)
		}
		if seen[h] {
			out.Splits[i] = ""
			dropped++
		}
	}
	return &out, dropped, nil
}

// Redact returns the data without names of samples, classes, groups and files. Equal names become equal
// hashes, so that results can still be joined by those who hold the data.
func Redact(set *dataset.Set) *dataset.Set {
	out := *set
	out.Name = "data"
	out.IDs = make([]string, len(set.IDs))
	for i, id := range set.IDs {
		sum := sha256.Sum256([]byte(id))
		out.IDs[i] = hex.EncodeToString(sum[:6])
	}
	out.Task.Classes = numbered("class", len(set.Task.Classes))
	out.Groups = slices.Clone(set.Groups)
	for i := range out.Groups {
		out.Groups[i].Name = fmt.Sprintf("group %d", i+1)
		out.Groups[i].Categories = numbered("value", len(set.Groups[i].Categories))
	}
	out.Notes = nil
	return &out
}

func numbered(word string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s %d", word, i)
	}
	return out
}

// NominalSpeed is the multiplications and additions a second by which time is turned into samples. It is
// not measured: the same input must give the same samples on every machine.
const NominalSpeed = 50e9

// leastSamples are read of each split however long it takes: fewer would not do for tests of units.
const leastSamples = 300

// SamplesWithin returns how many samples of each split can be run in a time at the nominal speed, 0 if
// that is no limit.
func SamplesWithin(m *Model, set *dataset.Set, limit time.Duration) int {
	splits, most := 0, 0
	for _, s := range dataset.Splits() {
		if set.Count(s) > 0 {
			splits++
			most = max(most, set.SampleSize(s))
		}
	}
	n := limit.Seconds() * NominalSpeed / max(1, operations(m.Graph)) / float64(max(1, splits))
	if n >= float64(most) {
		return 0
	}
	return max(leastSamples, int(n))
}
