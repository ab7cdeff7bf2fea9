package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// diagnosisRounds is how often the whole diagnosis is timed: it is long, and varies little.
const diagnosisRounds = 3

// A patient is a network that is diagnosed, and the file of its samples, which has their count in its name.
type patient struct{ title, network, data, kind string }

var (
	pictures  = patient{"ResNet-18, 32x32 images", "resnet18", "images-%d.npz", "images"}
	sequences = patient{"a transformer of 12 blocks of 128 values, sequences of 128 tokens", "encoder", "sequences-%d.npz", "sequences"}
)

// diagnosis compares a whole check of ResNet-18 and of a transformer with one forward pass over the same samples, and
// its memory with few and many images. Each run is a process of its own, so that its memory is its own.
func diagnosis(b *bench) ([]table, error) {
	few, many := b.images()
	t := table{title: "A whole diagnosis", head: []string{"network", "samples", "threads", "diagnosis", "forward pass", "diagnosis / forward pass", "aim"},
		note: "The diagnosis reads network and samples, hashes them, verifies how they are fed, runs all rules and judges, rows kept in a cache on disk as check does. The forward pass is native, blocks side by side, from samples already in memory."}
	if err := b.export(); err != nil {
		return b.without(t, err)
	}
	threads := b.most()
	var runs []measured
	for _, s := range []patient{pictures, sequences} {
		var these, passes []measured
		sides := []side{
			{"diagnosis", b.child("diagnose", s, few, threads, &these)},
			{"forward pass", b.child("forward", s, few, threads, &passes)},
		}
		ts, err := interleave(b.ctx, min(diagnosisRounds, b.rounds), 0, sides)
		if err != nil {
			return nil, err
		}
		if s == pictures {
			runs = these
		}
		wall, cpu := ratios(ts[0], ts[1])
		t.add(s.title, fmt.Sprint(few), fmt.Sprint(threads), ts[0].spread(), ts[1].spread(), pair(wall, cpu), verdict("≤ 3", wall <= 3))
	}
	m, err := b.memory(few, many, threads, runs)
	return []table{t, m}, err
}

// memory tells the most memory of diagnoses with few images, which were run before, and of one with many.
func (b *bench) memory(few, many, threads int, small []measured) (table, error) {
	t := table{title: "Memory of a diagnosis of ResNet-18", head: []string{"images", "time", "most anonymous (RssAnon)", "most resident (VmHWM)", "anonymous, many / few", "aim"},
		note: fmt.Sprintf("Anonymous memory is what the process holds of its own; resident memory also counts pages of the cache that are mapped from disk, which the system takes back when it needs them. Of the %d runs with few images the medians are compared.", len(small))}
	b.say("  diagnosis of %d images", many)
	var large []measured
	if _, err := b.child("diagnose", pictures, many, threads, &large)(1); err != nil {
		return t, err
	}
	ratio := median(anonymous(large)) / median(anonymous(small))
	t.add(append(memoryRow(few, small), "1", absent)...)
	t.add(append(memoryRow(many, large), fmt.Sprintf("%.2f", ratio), verdict("within 10 %", ratio <= 1.1))...)
	return t, nil
}

func memoryRow(images int, runs []measured) []string {
	var wall, resident []float64
	for _, m := range runs {
		wall, resident = append(wall, m.Wall), append(resident, m.Resident)
	}
	row := []string{fmt.Sprint(images), digits(median(wall)) + " s"}
	for _, x := range [][]float64{anonymous(runs), resident} {
		row = append(row, fmt.Sprintf("%s (%.0f..%.0f)", mebibytes(median(x)), slices.Min(x)/(1<<20), slices.Max(x)/(1<<20)))
	}
	return row
}

func anonymous(runs []measured) []float64 {
	var out []float64
	for _, m := range runs {
		out = append(out, m.Anonymous)
	}
	return out
}

func mebibytes(v float64) string { return fmt.Sprintf("%.0f MiB", v/(1<<20)) }

// child is a side that runs this program again, as one of the children of child.go, and keeps what it tells.
func (b *bench) child(what string, of patient, samples, threads int, runs *[]measured) func(int) (cost, error) {
	return func(int) (cost, error) {
		self, err := os.Executable()
		if err != nil {
			return cost{}, err
		}
		args := []string{"child", what, filepath.Join(b.cache, of.network+".onnx"), filepath.Join(b.cache, fmt.Sprintf(of.data, samples)), strconv.Itoa(samples), strconv.Itoa(threads), filepath.Join(b.cache, "diagnosis")}
		if b.profile != "" {
			args = append(args, filepath.Join(b.profile, fmt.Sprintf("%s-%s-%d.pprof", what, of.network, samples)))
		}
		cmd := exec.CommandContext(b.ctx, self, args...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return cost{}, fmt.Errorf("%s of %d %s: %w", what, samples, of.kind, err)
		}
		var m measured
		if err := json.Unmarshal(out, &m); err != nil {
			return cost{}, fmt.Errorf("%s of %d %s: %w", what, samples, of.kind, err)
		}
		*runs = append(*runs, m)
		b.say("  %s of %d %s: %.2f s, %s", what, samples, of.kind, m.Wall, mebibytes(m.Anonymous))
		return cost{m.Wall, m.CPU}, nil
	}
}
