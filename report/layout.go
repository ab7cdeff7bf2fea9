package report

import (
	"cmp"
	"slices"

	"github.com/stratascope/stratascope/finding"
)

// maxSplit is the most lanes a column of the core is split in.
const maxSplit = 6

// A cell is a stratum as it is drawn: a layer, or a block of layers where there are many. Parallel paths share a
// column, each in a lane of it.
type cell struct {
	block
	column, lane, lanes int
}

// arrange gives every layer its cell and every cell its column: the length of the longest path that leads to it.
func (c *core) arrange() {
	blocks := make([]block, len(c.layers))
	for i := range blocks {
		blocks[i].run = run{i, i}
	}
	if len(blocks) > manyStrata {
		blocks = blocksOf(c.layers)
	}
	c.of = make([]int, len(c.layers))
	for k, b := range blocks {
		c.cells = append(c.cells, cell{block: b})
		for i := b.from; i <= b.to; i++ {
			c.of[i] = k
		}
	}
	depth := c.depths()
	for k := range c.cells {
		c.order = append(c.order, k)
	}
	slices.SortStableFunc(c.order, func(a, b int) int { return cmp.Compare(depth[a], depth[b]) })
	for at := 0; at < len(c.order); c.columns++ {
		end := at + 1
		for end < len(c.order) && end-at < maxSplit && depth[c.order[end]] == depth[c.order[at]] {
			end++
		}
		for lane, k := range c.order[at:end] {
			c.cells[k].column, c.cells[k].lane, c.cells[k].lanes = c.columns, lane, end-at
		}
		at = end
	}
}

// depths is the length of the longest path to every cell. A cell of which nothing is known follows the one before it.
func (c *core) depths() []int {
	index := map[string]int{}
	for i, l := range c.layers {
		if _, ok := index[l.Name]; !ok {
			index[l.Name] = i
		}
	}
	out := make([]int, len(c.cells))
	for k, b := range c.cells {
		known := false
		for _, l := range c.layers[b.from : b.to+1] {
			for _, name := range l.After {
				from, ok := index[name]
				if ok && c.of[from] < k {
					out[k] = max(out[k], out[c.of[from]]+1)
				}
				known = known || name == "input" || ok && c.of[from] < k
			}
		}
		if !known && k > 0 {
			out[k] = out[k-1] + 1
		}
	}
	return out
}

// blocked says whether the core is drawn by blocks.
func (c *core) blocked() bool { return len(c.cells) < len(c.layers) }

// place is where a layer lies along the core, as shares of its length.
func (c *core) place(i int) (from, to float64) {
	k := c.cells[c.of[i]]
	n, size := float64(c.columns), float64(k.to-k.from+1)
	return (float64(k.column) + float64(i-k.from)/size) / n, (float64(k.column) + float64(i-k.from+1)/size) / n
}

// slot is where a layer lies in the tracks: those that share a column stand side by side in it.
func (c *core) slot(i int) (from, to float64) {
	k := c.cells[c.of[i]]
	from, to = c.place(i)
	left, lanes := float64(k.column)/float64(c.columns), float64(k.lanes)
	shift := float64(k.lane) / float64(c.columns) / lanes
	return left + shift + (from-left)/lanes, left + shift + (to-left)/lanes
}

// middle is the middle of a layer's slot.
func (c *core) middle(i int) float64 {
	from, to := c.slot(i)
	return (from + to) / 2
}

// across lists the layers as they stand in the tracks.
func (c *core) across(r run) []int {
	var out []int
	for i := r.from; i <= r.to; i++ {
		out = append(out, i)
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(c.middle(a), c.middle(b)) })
	return out
}

// A stretch is a part of the core that is drawn as one, as shares of its length, in a lane of it.
type stretch struct {
	from, to    float64
	first       int // its first layer
	cell        int // its first cell
	lane, lanes int
}

// merged joins neighbouring cells that are the same to draw. Cells that share a column, and blocks, stay apart.
func (c *core) merged(same func(a, b int) bool) []stretch {
	var out []stretch
	for at, k := range c.order {
		s := c.stretchOf(c.cells[k].from)
		if at > 0 && s.lanes == 1 && !c.blocked() {
			if before := c.order[at-1]; c.cells[before].lanes == 1 && same(before, k) {
				out[len(out)-1].to = s.to
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// covers lists the stretches of the core's length that a mark covers.
func (c *core) covers(m mark) [][2]float64 {
	var out [][2]float64
	for _, r := range m.runs {
		for i := r.from; i <= r.to; i++ {
			from, to := c.place(i)
			out = append(out, [2]float64{from, to})
		}
	}
	slices.SortFunc(out, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
	last := 0
	for _, s := range out[min(1, len(out)):] {
		if s[0] < out[last][1]+1e-9 {
			out[last][1] = max(out[last][1], s[1])
		} else {
			last++
			out[last] = s
		}
	}
	return out[:min(last+1, len(out))]
}

// stain is the number of the mark that stains a cell: the worst of its layers', -1 if all are clear.
func (c *core) stain(k int) int {
	worst := -1
	for i := c.cells[k].from; i <= c.cells[k].to; i++ {
		if m := c.layers[i].mark; m >= 0 && (worst < 0 || m < worst) {
			worst = m
		}
	}
	return worst
}

// findings counts the marks that touch a cell and are not explained by others.
func (c *core) findings(k int) int {
	seen := map[int]bool{}
	for i := c.cells[k].from; i <= c.cells[k].to; i++ {
		for _, m := range c.layers[i].marks {
			if !c.marks[m].explained && c.marks[m].Severity.Word != finding.None {
				seen[m] = true
			}
		}
	}
	return len(seen)
}

// empty says whether no rule could measure a cell and no finding stains it.
func (c *core) empty(k int) bool {
	for i := c.cells[k].from; i <= c.cells[k].to; i++ {
		if !c.layers[i].blank || c.layers[i].mark >= 0 {
			return false
		}
	}
	return true
}

// slips is how far each column slips: as far as the worst in it.
func (c *core) slips() []float64 {
	out := make([]float64, c.columns)
	for k, b := range c.cells {
		if m := c.stain(k); m >= 0 {
			out[b.column] = max(out[b.column], slip(c.marks[m].Severity.Word))
		}
	}
	return out
}

// pieces are the stretches that one finding stains, and the clear ones between.
func (c *core) pieces() []stretch {
	return c.merged(func(a, b int) bool {
		return c.stain(a) == c.stain(b) && c.layers[c.cells[a].from].tint == c.layers[c.cells[b].from].tint
	})
}

// rocks are the stretches that carry a pattern; blocks have none.
func (c *core) rocks() []stretch {
	if c.blocked() {
		return nil
	}
	kind := func(k int) string { return rock(c.layers[c.cells[k].from].Layer) }
	slips := c.slips()
	all := c.merged(func(a, b int) bool { return kind(a) == kind(b) && slips[c.cells[a].column] == slips[c.cells[b].column] })
	return slices.DeleteFunc(all, func(s stretch) bool { return kind(s.cell) == "plain" })
}

// unmeasured are the stretches that no rule could measure and no finding stains.
func (c *core) unmeasured() []stretch {
	all := c.merged(func(a, b int) bool { return c.empty(a) == c.empty(b) })
	return slices.DeleteFunc(all, func(s stretch) bool { return !c.empty(s.cell) })
}

// whole is where the cell of a layer lies along the core.
func (c *core) whole(i int) (from, to float64) {
	s := c.stretchOf(i)
	return s.from, s.to
}

// beside is where the cell of a layer lies in the tracks.
func (c *core) beside(i int) (from, to float64) {
	b := c.cells[c.of[i]]
	from, _ = c.slot(b.from)
	_, to = c.slot(b.to)
	return from, to
}

func (c *core) stretchOf(i int) stretch {
	b, n := c.cells[c.of[i]], float64(c.columns)
	return stretch{float64(b.column) / n, float64(b.column+1) / n, b.from, c.of[i], b.lane, b.lanes}
}

// center is the middle of a cell's column.
func (c *core) center(k int) float64 { return (float64(c.cells[k].column) + 0.5) / float64(c.columns) }

// span is the stretch that a run of layers covers.
func (c *core) span(r run) (from, to float64) {
	from = 1
	for i := r.from; i <= r.to; i++ {
		a, b := c.place(i)
		from, to = min(from, a), max(to, b)
	}
	return from, to
}
