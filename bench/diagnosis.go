package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// diagnosisRounds is how often the whole diagnosis is timed: it is long, and varies little.
const diagnosisRounds = 3

// diagnosis compares a whole check of ResNet-18 with one forward pass over the same images, and its
// memory with few and many images. Each run is a process of its own, so that its memory is its own.
func diagnosis(b *bench) ([]table, error) {
	few, many := b.images()
	t := table{title: "A whole diagnosis of ResNet-18, 32x32 images", head: []string{"images", "threads", "diagnosis", "forward pass", "diagnosis / forward pass", "aim"},
		note: "The diagnosis reads network and images, hashes them, verifies how they are fed, runs all rules and judges, rows kept in a cache on disk as check does. The forward pass is native, blocks side by side, from images already in memory."}
	if err := b.export(); err != nil {
		return b.without(t, err)
	}
	threads := b.most()
	var last measured
	sides := []side{
		{"diagnosis", b.child("diagnose", few, threads, &last)},
		{"forward pass", b.child("forward", few, threads, new(measured))},
	}
	ts, err := interleave(b.ctx, min(diagnosisRounds, b.rounds), 0, sides)
	if err != nil {
		return nil, err
	}
	wall, cpu := ratios(ts[0], ts[1])
	t.add(fmt.Sprint(few), fmt.Sprint(threads), ts[0].spread(), ts[1].spread(), pair(wall, cpu), verdict("≤ 3", wall <= 3))
	m, err := b.memory(few, many, threads, last)
	return []table{t, m}, err
}

// memory tells the most memory of a diagnosis with few images, which was run before, and with many.
func (b *bench) memory(few, many, threads int, small measured) (table, error) {
	t := table{title: "Memory of a diagnosis", head: []string{"images", "time", "most anonymous (RssAnon)", "most resident (VmHWM)", "anonymous, many / few", "aim"},
		note: "Anonymous memory is what the process holds of its own; resident memory also counts pages of the cache that are mapped from disk, which the system takes back when it needs them."}
	b.say("  diagnosis of %d images", many)
	var large measured
	if _, err := b.child("diagnose", many, threads, &large)(1); err != nil {
		return t, err
	}
	for _, m := range []struct {
		n int
		measured
		ratio, aim string
	}{
		{few, small, "1", absent},
		{many, large, fmt.Sprintf("%.2f", large.Anonymous/small.Anonymous), verdict("within 10 %", large.Anonymous <= 1.1*small.Anonymous)},
	} {
		t.add(fmt.Sprint(m.n), digits(m.Wall)+" s", mebibytes(m.Anonymous), mebibytes(m.Resident), m.ratio, m.aim)
	}
	return t, nil
}

func mebibytes(v float64) string { return fmt.Sprintf("%.0f MiB", v/(1<<20)) }

// child is a side that runs this program again, as one of the children of child.go.
func (b *bench) child(what string, images, threads int, last *measured) func(int) (cost, error) {
	return func(int) (cost, error) {
		self, err := os.Executable()
		if err != nil {
			return cost{}, err
		}
		args := []string{"child", what, filepath.Join(b.cache, "resnet18.onnx"), filepath.Join(b.cache, fmt.Sprintf("images-%d.npz", images)), strconv.Itoa(images), strconv.Itoa(threads), filepath.Join(b.cache, "diagnosis")}
		if b.profile != "" {
			args = append(args, filepath.Join(b.profile, fmt.Sprintf("%s-%d.pprof", what, images)))
		}
		cmd := exec.CommandContext(b.ctx, self, args...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return cost{}, fmt.Errorf("%s of %d images: %w", what, images, err)
		}
		if err := json.Unmarshal(out, last); err != nil {
			return cost{}, fmt.Errorf("%s of %d images: %w", what, images, err)
		}
		b.say("  %s of %d images: %.2f s, %s", what, images, last.Wall, mebibytes(last.Anonymous))
		return cost{last.Wall, last.CPU}, nil
	}
}
