package main

import (
	"slices"
	"strings"

	"github.com/stratascope/stratascope/detector"
)

// findRule returns the rule of a code or name.
func findRule(rules []*detector.Detector, word string) (*detector.Detector, error) {
	var names []string
	byName := map[string]*detector.Detector{}
	for _, r := range rules {
		if strings.EqualFold(r.Code, word) || r.Name == word {
			return r, nil
		}
		names = append(names, r.Name, r.Code)
		byName[r.Name], byName[r.Code] = r, r
	}
	if near := byName[nearest(word, names)]; near != nil {
		return nil, usage("unknown rule %q. Did you mean %s (%s)? All: stratascope rules", word, near.Name, near.Code)
	}
	return nil, usage("unknown rule %q. All: stratascope rules", word)
}

// chooseRules returns the rules that --rules and --skip leave.
func chooseRules(all []*detector.Detector, only, skip []string) ([]*detector.Detector, error) {
	named := func(words []string) (map[string]bool, error) {
		out := map[string]bool{}
		for _, w := range words {
			r, err := findRule(all, strings.TrimSpace(w))
			if err != nil {
				return nil, err
			}
			out[r.Code] = true
		}
		return out, nil
	}
	wanted, err := named(only)
	if err != nil {
		return nil, err
	}
	left, err := named(skip)
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(slices.Clone(all), func(r *detector.Detector) bool {
		return len(only) > 0 && !wanted[r.Code] || left[r.Code]
	})
	if len(out) == 0 {
		return nil, usage("no rule is left of the %d there are. All: stratascope rules", len(all))
	}
	return out, nil
}
