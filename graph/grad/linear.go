package grad

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stratascope/stratascope/op"
)

func matMulBack(c *call) {
	a, b, v := c.in(0), c.in(1), c.dy[0]
	ra, rb := c.rank(a), c.rank(b)
	if c.err != nil {
		return
	}
	if ra == 1 { // a row, and after it a column, that the product has dropped
		a, v = c.unsqueeze(a, 0), c.unsqueeze(v, int64(max(0, rb-2)))
	}
	if rb == 1 {
		b, v = c.unsqueeze(b, 1), c.unsqueeze(v, -1)
	}
	if c.wants(0) {
		d := c.op("MatMul", v, c.swapped(b))
		if ra == 1 {
			d = c.op("Squeeze", d, c.ints(-2))
		}
		c.giveTo(0, d)
	}
	if c.wants(1) {
		if rb == 2 && ra > 2 { // one tall product in place of a stack that is summed
			c.give(1, c.op("MatMul", c.swapped(c.rows(a)), c.rows(v)))
			return
		}
		d := c.op("MatMul", c.swapped(a), v)
		if rb == 1 {
			d = c.op("Squeeze", d, c.ints(-1))
		}
		c.giveTo(1, d)
	}
}

// rows gives a stack of matrices as one.
func (b *builder) rows(x string) string {
	n := b.rank(x)
	if n == 2 || b.err != nil {
		return x
	}
	return b.with("Reshape", nil, x, b.list(b.ints(-1), b.sizeOf(x, n-1)))
}

func gemmBack(c *call) {
	a, b, v := c.in(0), c.in(1), c.dy[0]
	ta, tb := c.int("transA", 0), c.int("transB", 0)
	product := func(x, y string, tx, ty int64) string {
		return c.with("Gemm", op.Attributes{"transA": tx, "transB": ty, "alpha": float32(c.float("alpha", 1))}, x, y)
	}
	if c.wants(0) {
		if ta == 0 {
			c.give(0, product(v, b, 0, 1-tb))
		} else {
			c.give(0, product(b, v, tb, 1))
		}
	}
	if c.wants(1) {
		if tb == 0 {
			c.give(1, product(a, v, 1-ta, 0))
		} else {
			c.give(1, product(v, a, 1, ta))
		}
	}
	if c.wants(2) {
		if beta := c.float("beta", 1); beta != 1 {
			v = c.mul(v, c.number(beta, v))
		}
		c.giveTo(2, v)
	}
}

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
		if repeated(own) {
			c.refuse("with a diagonal, %q, has no gradient yet", c.str("equation", ""))
			return
		}
		terms, inputs := []string{right}, []string{c.dy[0]}
		for j, s := range left {
			if j != i {
				terms, inputs = append(terms, s), append(inputs, c.in(j))
			}
		}
		var names strings.Builder // of its own that any other term has
		var alone []int64         // positions of the others, which were summed over at once
		for k, name := range letters(own) {
			if strings.Contains(strings.Join(terms, ","), name) {
				names.WriteString(name)
			} else {
				alone = append(alone, int64(k))
			}
		}
		v := c.with("Einsum", op.Attributes{"equation": strings.Join(terms, ",") + "->" + names.String()}, inputs...)
		if len(alone) > 0 {
			if strings.Contains(own, "...") {
				c.refuse("with the equation %q has no gradient yet", c.str("equation", ""))
				return
			}
			v = c.expand(c.unsqueeze(v, alone...), c.in(i))
		}
		c.giveTo(i, v)
	}
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
