package dataset

import (
	"fmt"
	"strings"
)

const sayHow = "Say how it was trained: preprocess: in stratascope.yaml."

// misfit is the message about an input of another shape; p is nil where the samples are no pictures.
func (s *Set) misfit(in *input, p *picture) error {
	what, shape, help := "samples", in.source.shape(), "Store the samples in that shape."
	_, table := in.source.(memory)
	switch {
	case p != nil:
		what, shape, help = "images", p.shape(), s.mend(in, p)
	case table && len(in.Shape) == 2:
		help = fmt.Sprintf("%s found, %s wanted.", plural(shape[0], "column of the input was", "columns of the input were"), are(in.Shape[1]))
		if shape[0] > in.Shape[1] {
			help += " Choose them: --features."
		}
	}
	return problem([]string{help}, "%s: input %q wants %s, the %s are %s.", s.options.model(), in.Name, bracket(in.Shape), what, bracket(append([]int{-1}, shape...)))
}

func are(n int) string { return plural(n, "is", "are") }

// mend says which preset would make pictures fit, if one does: that of ImageNet for networks of large
// pictures in colour.
func (s *Set) mend(in *input, p *picture) string {
	if s.prep.recolours() {
		return "The preprocessing is " + s.prep.Name + ". " + sayHow
	}
	c, h, w := p.readWanted(s.prep, in.Shape[1:], true)
	name := prepUnit
	if c == 3 && h >= large && w >= large {
		name = prepImageNet
	}
	other := *s
	other.prep, _ = Preset(name)
	if _, err := newPlan(&other, in); err != nil {
		return sayHow
	}
	var steps []string
	switch {
	case c == 3 && p.c == 1:
		steps = append(steps, "grey to RGB")
	case c == 1 && p.c == 3:
		steps = append(steps, "RGB to grey")
	}
	if h > 0 && w > 0 && (h != p.h || w != p.w) {
		steps = append(steps, "resize")
	}
	if len(steps) == 0 {
		return sayHow
	}
	words := strings.Join(steps, " and ")
	return strings.ToUpper(words[:1]) + words[1:] + ": --preprocess " + name + ". Or s" + sayHow[1:]
}

// large is from which height and width on pictures may be ImageNet's.
const large = 64
