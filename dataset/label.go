package dataset

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/tensor"
)

// maxClass bounds label numbers; larger ones are ids of something else.
const maxClass = 1 << 20

// label finds out labels and task.
func (s *Set) label(pieces []piece, o Options) error {
	s.Task.Kind = NoTask
	classes, err := readClasses(o.Classes)
	if err != nil {
		return err
	}
	switch {
	case o.NoLabels:
	case o.Labels != "":
		columns, err := s.attached(o.Labels)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(columns, func(c column) bool { return c.name == "label" })
		if i < 0 {
			return fmt.Errorf("%s: no column label", o.Labels)
		}
		err = s.labelText(columns[i].values, classes, o)
		if err != nil {
			return err
		}
	case slices.ContainsFunc(pieces, func(p piece) bool { return p.target != nil }):
		err = s.labelNumbers(pieces, classes, o)
	case slices.ContainsFunc(pieces, func(p piece) bool { return p.labels != nil }):
		var text, folders []string
		for _, p := range pieces {
			if p.labels == nil {
				p.labels = make([]string, p.n)
			}
			text = append(text, p.labels...)
			folders = append(folders, p.classes...)
		}
		if len(classes) == 0 && len(folders) > 0 {
			classes = slices.Compact(slices.Sorted(slices.Values(folders)))
		}
		s.Folders = len(folders) > 0
		err = s.labelText(text, classes, o)
	default:
		return s.noLabels(pieces, o)
	}
	if err == nil {
		err = s.counted(o)
	}
	if err != nil {
		return err
	}
	return s.agree(o.Task)
}

// agree compares the task that was found with the one the user names.
func (s *Set) agree(named Kind) error {
	switch named {
	case "", s.Task.Kind:
	case NoTask, LanguageModel:
		s.Labels, s.Targets, s.maps = nil, tensor.Tensor{}, nil
		s.Task = Task{Kind: named}
	default:
		return fmt.Errorf("%s: the labels are those of %s, not of %s", s.Name, s.Task.Kind, named)
	}
	return nil
}

// noLabels is the message about data without labels.
func (s *Set) noLabels(pieces []piece, o Options) error {
	if o.Task == NoTask || o.Task == LanguageModel {
		s.Task.Kind = o.Task
		return nil
	}
	help := "Give --labels labels.csv (id,label), or go on without: --no-labels."
	if o.Rules > 0 {
		help = fmt.Sprintf("%d of %d rules need labels. %s", o.LabelRules, o.Rules, help)
	}
	if pieces[0].flat {
		return problem([]string{help}, "%s: no labels. Found %d images in one folder, no class folders, no labels.csv.", s.Name, s.N())
	}
	if wantsTokens(o) {
		return nil
	}
	return problem([]string{help}, "%s: no labels. Found %d samples, no array y and no column label.", s.Name, s.N())
}

func wantsTokens(o Options) bool {
	return slices.ContainsFunc(o.Inputs, func(in Input) bool { return in.Name == "input_ids" || in.Name == "tokens" })
}

// labelText turns text into labels: whole numbers are the labels themselves unless classes have such
// names, numbers with a point are targets, anything else is a class's name. Empty is no label.
func (s *Set) labelText(text, classes []string, o Options) error {
	number := map[string]int32{}
	for i, c := range classes {
		number[c] = int32(i)
	}
	byName := len(classes) > 0 && slices.ContainsFunc(text, func(v string) bool { _, ok := number[v]; return ok })
	whole, values := numeric(text)
	switch {
	case o.Task == Regression && values != nil:
		return s.regressText(text)
	case !byName && !whole && values != nil:
		if !s.fewWhole(values, o) {
			return s.regressText(text)
		}
		text, whole = make([]string, len(text)), true
		for i, v := range values {
			if v == v {
				text[i] = strconv.Itoa(int(v))
			}
		}
	case !byName && !whole && len(classes) == 0:
		classes = names(text)
		for i, c := range classes {
			number[c] = int32(i)
		}
		byName = true
	}
	s.numbers = !byName
	s.Labels = make([]int32, len(text))
	for i, v := range text {
		l, ok := number[v]
		if !byName && whole && v != "" {
			n, _ := strconv.Atoi(v)
			l, ok = int32(n), true
		}
		switch {
		case v == "":
			l = -1
		case !ok:
			return fmt.Errorf("%s: sample %.80q has label %.80q, which is not among the %d classes", s.Name, s.IDs[i], v, len(classes))
		}
		s.Labels[i] = l
	}
	return s.classify(classes)
}

// numeric reports whether all text that is there is whole numbers, and returns its values if all is
// numbers, NaN where there is none; else nil.
func numeric(text []string) (whole bool, values []float64) {
	whole, values = true, make([]float64, len(text))
	for i, v := range text {
		if values[i] = math.NaN(); v == "" {
			continue
		}
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return false, nil
		}
		values[i] = f
		_, err = strconv.ParseInt(v, 10, 32)
		whole = whole && err == nil
	}
	return whole, values
}

func (s *Set) regressText(text []string) error {
	values := make([]float32, len(text))
	for i, v := range text {
		f, err := strconv.ParseFloat(v, 32)
		if err != nil || f-f != 0 {
			return fmt.Errorf("%s: sample %.80q has label %.80q, want a finite number", s.Name, s.IDs[i], v)
		}
		values[i] = float32(f)
	}
	s.Targets = tensor.Of(values, len(values), 1)
	s.Task.Kind = Regression
	return nil
}

// classify checks labels and names the classes.
func (s *Set) classify(classes []string) error {
	top := int32(-1)
	for i, l := range s.Labels {
		if l < -1 || l >= maxClass || (len(classes) > 0 && int(l) >= len(classes)) {
			return fmt.Errorf("%s: sample %.80q has label %d, want -1 (none) or 0 to %d", s.Name, s.IDs[i], l, max(len(classes), int(top)+1, 1)-1)
		}
		top = max(top, l)
	}
	if top < 0 && len(classes) == 0 {
		s.Labels = nil
		return nil
	}
	for len(classes) <= int(top) {
		classes = append(classes, strconv.Itoa(len(classes)))
	}
	s.Task = Task{Kind: Classification, Classes: classes}
	return nil
}

// readClasses reads class names: a line each, or a JSON list.
func readClasses(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	data, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	var classes []string
	if strings.HasPrefix(strings.TrimSpace(string(data)), "[") {
		err = json.Unmarshal(data, &classes)
	} else {
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); line != "" {
				classes = append(classes, line)
			}
		}
	}
	if err == nil && len(classes) == 0 {
		err = fmt.Errorf("no class names")
	}
	seen := map[string]bool{}
	for _, c := range classes {
		if err == nil && seen[c] {
			err = fmt.Errorf("class %.80q is there twice", c)
		}
		seen[c] = true
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return classes, nil
}

// readSmall reads a text file of the user's that cannot be large.
func readSmall(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > 16<<20 {
		return nil, fmt.Errorf("%s: %d bytes, want a regular file of at most 16 MB", path, st.Size())
	}
	return os.ReadFile(path)
}
