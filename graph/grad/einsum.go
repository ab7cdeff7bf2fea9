package grad

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stratascope/stratascope/op"
)

// einsumBack: an operand's gradient is the sum over the other operands and the output's gradient of what
// carries none of its names.
func einsumBack(c *call) {
	left, right, ok := equation(c.str("equation", ""), len(c.n.Inputs))
	if !ok {
		c.refuse("with the equation %q has no gradient yet", c.str("equation", ""))
		return
	}
	for i, own := range left {
		if !c.wants(i) {
			continue
		}
		terms, inputs := []string{right}, []string{c.dy[0]}
		for j, s := range left {
			if j != i {
				terms, inputs = append(terms, s), append(inputs, c.in(j))
			}
		}
		own, pairs := offDiagonal(own, c.str("equation", ""))
		for _, p := range pairs {
			terms, inputs = append(terms, p.term), append(inputs, c.identity(c.in(i), c.rank(c.in(i))+p.axis))
		}
		names, alone := ownNames(own, strings.Join(terms, ","), c.rank(c.in(i)))
		v := c.with("Einsum", op.Attributes{"equation": strings.Join(terms, ",") + "->" + names}, inputs...)
		if wider := c.rank(v) + len(alone) - c.rank(c.in(i)); wider > 0 { // the dots stand for more in another operand
			at := slices.Index(letters(names), "...")
			v = c.sum(v, false, axes(at, at+wider)...)
		}
		if len(alone) > 0 {
			v = c.expand(c.unsqueeze(v, alone...), c.in(i))
		}
		c.giveTo(i, v)
	}
}

// ownNames returns the names of a term that other terms have too, and the positions of those that were summed over at
// once in a value of a rank.
func ownNames(own, others string, rank int) (names string, alone []int64) {
	list := letters(own)
	at := 0
	for _, name := range list {
		size := 1
		if name == "..." {
			size = rank - len(list) + 1
		}
		if strings.Contains(others, name) {
			names += name
		} else {
			alone = append(alone, axes(at, at+size)...)
		}
		at += size
	}
	return names, alone
}

// A pair is two names of one size that a diagonal makes equal, and an axis of that size.
type pair struct {
	term string
	axis int // from the end
}

// offDiagonal gives each further axis of a diagonal a name of its own.
func offDiagonal(own, taken string) (string, []pair) {
	list := letters(own)
	var pairs []pair
	for k, name := range list {
		if !slices.Contains(list[:k], name) {
			continue
		}
		other := 'a'
		for strings.ContainsRune(taken, other) {
			other++
		}
		taken += string(other)
		list[k] = string(other)
		pairs = append(pairs, pair{name + list[k], k - len(list)})
	}
	return strings.Join(list, ""), pairs
}

// equation splits an Einsum's equation; an output that is not written holds the names that occur once.
func equation(s string, operands int) (left []string, right string, ok bool) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	in, right, written := strings.Cut(s, "->")
	left = strings.Split(in, ",")
	if !written {
		all := letters(strings.Join(left, ""))
		slices.Sort(all)
		if strings.Contains(in, "...") {
			right = "..."
		}
		for _, name := range all {
			if name != "..." && strings.Count(in, name) == 1 {
				right += name
			}
		}
	}
	return left, right, len(left) == operands && !repeated(right)
}

// letters splits a term into its names, the ellipsis being one.
func letters(term string) []string {
	var out []string
	for rest := term; rest != ""; {
		if s, ok := strings.CutPrefix(rest, "..."); ok {
			out, rest = append(out, "..."), s
			continue
		}
		_, size := utf8.DecodeRuneInString(rest)
		out, rest = append(out, rest[:size]), rest[size:]
	}
	return out
}

func repeated(term string) bool {
	l := letters(term)
	slices.Sort(l)
	return len(slices.Compact(slices.Clone(l))) != len(l)
}
