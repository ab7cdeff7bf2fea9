package report

import (
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

const (
	// manyStrata is the number of layers above which the core is drawn by blocks.
	manyStrata = 160
	// widestBlock is the number of layers above which a block is split.
	widestBlock = 24
)

// A block is a stretch of layers that is drawn as one stratum until it is opened.
type block struct {
	run
	name string // the common beginning of its layers' names, or the stage, or empty
}

// blocksOf groups many layers by the common beginning of their names: up to the first number, and up to the next one
// where that gives too wide a block. What no number splits is cut into even parts. More than manyStrata blocks are
// joined with their neighbours.
func blocksOf(layers []stratum) []block {
	out := split(layers, run{0, len(layers) - 1}, 1)
	if join := (len(out) + manyStrata - 1) / manyStrata; join > 1 {
		var joined []block
		for i := 0; i < len(out); i += join {
			last := out[min(i+join, len(out))-1]
			b := block{run{out[i].from, last.to}, out[i].name}
			if last.name != b.name && last.name != "" && b.name != "" {
				b.name += " – " + last.name
			}
			joined = append(joined, b)
		}
		out = joined
	}
	return out
}

// split cuts a stretch where the part of the names up to the given number changes.
func split(layers []stratum, r run, numbers int) []block {
	var out []block
	deeper := false
	for i := r.from; i <= r.to; i++ {
		name, more := blockName(layers[i].Layer, numbers)
		if name == "" {
			name = layers[i].Stage
		}
		deeper = deeper || more
		if k := len(out); k > 0 && out[k-1].name == name {
			out[k-1].to = i
		} else {
			out = append(out, block{run{i, i}, name})
		}
	}
	var fine []block
	for _, b := range out {
		switch {
		case b.to-b.from < widestBlock:
			fine = append(fine, b)
		case deeper:
			fine = append(fine, split(layers, b.run, numbers+1)...)
		default:
			fine = append(fine, even(b)...)
		}
	}
	return fine
}

// blockName is a layer's name up to the given number in it, and whether a further number follows. The last part
// names the layer itself, but for sums and attentions, which are named by the module around them.
func blockName(l finding.Layer, numbers int) (string, bool) {
	name, _, _ := strings.Cut(l.Name, "#")
	if l.Op == "Sum" || l.Op == "Attention" {
		name += ".x"
	}
	parts := strings.Split(name, ".")
	end, seen := 0, 0
	for i, p := range parts[:len(parts)-1] {
		if p == "" || p[len(p)-1] < '0' || p[len(p)-1] > '9' {
			continue
		}
		if seen++; seen > numbers {
			return strings.Join(parts[:end], "."), true
		}
		end = i + 1
	}
	return strings.Join(parts[:end], "."), false
}

// even cuts a block into parts of nearly the same size.
func even(b block) []block {
	n := b.to - b.from + 1
	k := (n + widestBlock - 1) / widestBlock
	var out []block
	for i := range k {
		out = append(out, block{run{b.from + i*n/k, b.from + (i+1)*n/k - 1}, strings.TrimSpace(b.name + " " + strconv.Itoa(i+1))})
	}
	return out
}
