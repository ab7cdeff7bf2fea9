package dataset

import (
	"fmt"
	"strconv"
	"strings"
)

// String says what was understood, in one line: 412 val, 1 648 train, 6 classes, 224 x 224 RGB, mean
// and sd of ImageNet.
func (s *Set) String() string {
	var words []string
	for _, split := range []Split{Val, Train, Test, Deploy} {
		if n := s.Count(split); n > 0 {
			words = append(words, grouped(n)+" "+string(split))
		}
	}
	words = append(words, s.taskWords())
	if in := s.mainInput(); in != nil {
		words = append(words, in.plan.words(in))
		if p := in.plan.picture; p != nil {
			words = append(words, p.valueWords(in))
		} else if !s.prep.automatic() && in.plan.scale != 0 {
			words = append(words, s.prep.String())
		}
	}
	for _, g := range s.Groups {
		words = append(words, fmt.Sprintf("group %s of %d", g.Name, len(g.Categories)))
	}
	line := strings.Join(words, ", ")
	if s.SplitMade {
		line += "; no split: 20 % were hashed into validation, fit rules cannot tell seen from unseen (--seen)"
	}
	for _, n := range s.Notes {
		line += "; " + n
	}
	return line
}

func (s *Set) mainInput() *input {
	for _, in := range s.inputs {
		if in.source != nil && in.plan != nil {
			return in
		}
	}
	return nil
}

func (s *Set) taskWords() string {
	switch s.Task.Kind {
	case Classification:
		return plural(len(s.Task.Classes), "class", "classes")
	case MultiLabel:
		return fmt.Sprintf("%d labels a sample", len(s.Task.Classes))
	case Regression:
		if k := s.Targets.Len() / max(1, s.N()); k > 1 {
			return fmt.Sprintf("regression of %d values", k)
		}
		return "regression"
	case Segmentation:
		return "a label a position"
	case LanguageModel:
		return "next token"
	}
	return "no labels"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// words describes a row of the input: 224 x 224 RGB, 20 features.
func (p *plan) words(in *input) string {
	if p.picture == nil {
		if len(p.shape) == 1 && (in.DType.IsFloat() || in.DType == 0) {
			return plural(p.shape[0], "feature", "features")
		}
		dims := make([]string, len(p.shape))
		for i, d := range p.shape {
			dims[i] = strconv.Itoa(d)
		}
		return strings.Join(dims, " x ") + " values"
	}
	colour := map[int]string{1: "grey", 3: "RGB", 4: "RGBA"}[p.picture.outC]
	if p.picture.bgr {
		colour = "BGR"
	}
	return fmt.Sprintf("%d x %d %s", p.picture.outH, p.picture.outW, colour)
}

// valueWords describes the range of a picture's values.
func (p *picture) valueWords(in *input) string {
	switch {
	case p.prep.Name != "":
		return p.prep.String()
	case in.source.dtype().IsFloat() || p.prep.Scale == 1:
		return "values as stored"
	}
	return "values 0 to 1"
}

// grouped writes a number with spaces between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}
