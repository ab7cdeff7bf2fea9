package recording

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
)

// finish fills in what needs all layers: their numbers, depths, heads, roles and stages, as package graph
// tells them.
func (c *collector) finish(sites []*Site) {
	c.findHeads(sites)
	steps, longest := make([]int, len(c.layers)), 1
	for i := range c.layers {
		l := &c.layers[i]
		l.Index = i + 1
		steps[i] = 1
		for _, k := range c.afters[i] {
			if k < 0 {
				l.After = append(l.After, "input")
				continue
			}
			l.After = append(l.After, c.layers[k].Name)
			steps[i] = max(steps[i], steps[k]+1)
		}
		longest = max(longest, steps[i])
	}
	for i := range c.layers {
		c.layers[i].Depth = float64(steps[i]) / float64(longest)
	}
	c.roles()
	stages(c.layers)
}

// findHeads marks the layers whose values reach the network's output; where no site says so, those that
// nothing reads.
func (c *collector) findHeads(sites []*Site) {
	if len(c.heads) == 0 {
		for _, s := range sites {
			if c.users[s.Name] == 0 && c.alias[s.Name] == "" {
				c.heads = append(c.heads, c.reach[s.Name]...)
			}
		}
	}
	for _, i := range c.heads {
		if i >= 0 {
			c.layers[i].Head = true
		}
	}
}

// A set of layers.
type set []uint64

func newSet(n int) set       { return make(set, n/64+1) }
func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s set) join(o set) {
	for k := range s {
		s[k] |= o[k]
	}
}

func (s set) drop(o set) {
	for k := range s {
		s[k] &^= o[k]
	}
}

func (s set) size() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// roles tells branches from the stream: of the sides of a sum, the one with the fewest layers of its own is
// the stream; what the others have of their own, and is read by nothing else, is a branch. What the
// recording says itself holds.
func (c *collector) roles() {
	said := slices.ContainsFunc(c.layers, func(l graph.Layer) bool { return l.Role == graph.Branch })
	for i := range c.layers {
		if c.layers[i].Role != graph.Branch {
			c.layers[i].Role = graph.Stream
		}
	}
	if said {
		return
	}
	n := len(c.layers)
	before := make([]set, n) // the layer itself and all it was made from
	users := make([][]int, n)
	for i, after := range c.afters {
		before[i] = newSet(n)
		before[i].add(i)
		for _, k := range after {
			if k >= 0 {
				before[i].join(before[k])
				users[k] = append(users[k], i)
			}
		}
	}
	for i := range c.layers {
		if sides := c.sides[i]; len(sides) > 1 && len(sides) <= 64 {
			c.branches(i, own(sides, before, n), users)
		}
	}
}

// own returns for each side of a sum the layers that lead to it through this side alone.
func own(sides [][]int, before []set, n int) []set {
	from := make([]set, len(sides))
	once, twice := newSet(n), newSet(n)
	for s, side := range sides {
		from[s] = newSet(n)
		for _, k := range side {
			if k >= 0 {
				from[s].join(before[k])
			}
		}
		for w := range once {
			twice[w] |= once[w] & from[s][w]
			once[w] |= from[s][w]
		}
	}
	for _, f := range from {
		f.drop(twice)
	}
	return from
}

func (c *collector) branches(sum int, own []set, users [][]int) {
	stream := 0
	for s := range own {
		if own[s].size() < own[stream].size() {
			stream = s
		}
	}
	for s, layers := range own {
		if s == stream || layers.size() == own[stream].size() || !c.leadsOnly(layers, sum, users) {
			continue
		}
		for i := range c.layers {
			if layers.has(i) {
				c.layers[i].Role = graph.Branch
			}
		}
	}
}

// leadsOnly reports whether everything that reads these layers is one of them or the sum.
func (c *collector) leadsOnly(layers set, sum int, users [][]int) bool {
	for i := range c.layers {
		if !layers.has(i) {
			continue
		}
		if c.layers[i].Head {
			return false
		}
		for _, u := range users[i] {
			if u != sum && !layers.has(u) {
				return false
			}
		}
	}
	return true
}

// stages groups layers by the part of their names up to the first number, as package graph does.
func stages(layers []graph.Layer) {
	first, last := -1, -1
	for i := range layers {
		l := &layers[i]
		name, _, _ := strings.Cut(l.Name, "#")
		if l.Op == "Sum" || l.Op == "Attention" {
			name += ".x"
		}
		if l.Stage = stage(strings.Split(name, ".")); l.Stage != "" {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	for i := range layers {
		l := &layers[i]
		switch {
		case l.Stage != "":
		case first >= 0 && i < first:
			l.Stage = "stem"
		case first >= 0 && i > last, l.Head:
			l.Stage = "head"
		}
	}
}

func stage(parts []string) string {
	for i, p := range parts[:len(parts)-1] {
		if p != "" && p[len(p)-1] >= '0' && p[len(p)-1] <= '9' {
			return strings.Join(parts[:i+1], ".")
		}
	}
	return ""
}
