package similarity

import "github.com/stratascope/stratascope/internal/kernel"

// segmentRows is the most rows of a segment, and of a tile.
const segmentRows = 256

// A segment is a run of the ordered samples that belongs to one jackknife group.
type segment struct{ lo, hi, group int }

func (s segment) len() int { return s.hi - s.lo }

// A span is a run of segments, at most 256 rows together: one side of a tile.
type span struct{ first, last int } // segments first..last-1

// layout orders the samples by group and cuts them into segments and spans.
type layout struct {
	order    []int // samples, group after group
	segments []segment
	spans    []span
	groups   int
	count    []int // samples of each group
}

// newLayout keeps the groups that have samples, in rising order of their numbers.
func newLayout(order, group []int) layout {
	l := layout{order: order}
	for lo := 0; lo < len(order); {
		hi := lo + 1
		for hi < len(order) && group[order[hi]] == group[order[lo]] {
			hi++
		}
		parts := (hi - lo + segmentRows - 1) / segmentRows
		for k := range parts {
			l.segments = append(l.segments, segment{lo + (hi-lo)*k/parts, lo + (hi-lo)*(k+1)/parts, l.groups})
		}
		l.count = append(l.count, hi-lo)
		l.groups++
		lo = hi
	}
	rows := 0
	for k, s := range l.segments {
		if k == 0 || rows+s.len() > segmentRows {
			l.spans = append(l.spans, span{k, k})
			rows = 0
		}
		l.spans[len(l.spans)-1].last = k + 1
		rows += s.len()
	}
	return l
}

// rows returns the range of ordered samples that a span covers.
func (l layout) rows(s span) (lo, hi int) { return l.segments[s.first].lo, l.segments[s.last-1].hi }

// panels returns how many panels the first spans take.
func (l layout) panels(spans int) (n int) {
	for _, s := range l.spans[:spans] {
		lo, hi := l.rows(s)
		n += (hi - lo + kernel.PanelRows - 1) / kernel.PanelRows
	}
	return n
}

// tiles lists the pairs of spans I <= J.
func (l layout) tiles() [][2]int {
	var t [][2]int
	for i := range l.spans {
		for j := i; j < len(l.spans); j++ {
			t = append(t, [2]int{i, j})
		}
	}
	return t
}

// A block is the part of a tile where segment a meets segment b; its products lie at off in the
// tile's vectors. A block of a segment with itself holds the entries above the diagonal.
type block struct{ a, b, off, n int }

// blocks lists the blocks of a tile, each pair of segments once, and how much room they take.
func (l layout) blocks(t [2]int) (list []block, n int) {
	const unit = 16 // values of a vector
	rows, columns := l.spans[t[0]], l.spans[t[1]]
	for a := rows.first; a < rows.last; a++ {
		for b := max(a, columns.first); b < columns.last; b++ {
			k := l.segments[a].len() * l.segments[b].len()
			if a == b {
				k = l.segments[a].len() * (l.segments[a].len() - 1) / 2
			}
			list = append(list, block{a, b, n, k})
			n += (k + unit - 1) / unit * unit
		}
	}
	return list, n
}
