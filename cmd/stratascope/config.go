package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
)

const (
	configName = "stratascope.yaml"
	maxConfig  = 1 << 20
)

// A preprocess is what --preprocess or the settings file says.
type preprocess struct {
	dataset.Preprocess
}

// String names it.
func (p *preprocess) String() string { return p.Name }

// Type names the value for help.
func (p *preprocess) Type() string { return "name" }

// Set reads a preset's name or a file.
func (p *preprocess) Set(s string) error {
	q, err := dataset.ParsePreprocess(s)
	p.Preprocess = q
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if near := nearest(s, dataset.Presets()); near != "" {
		return fmt.Errorf("no file and no preprocessing. Did you mean %s?", near)
	}
	return fmt.Errorf("want a file or one of %s", strings.Join(dataset.Presets(), ", "))
}

// A document is a settings file being read.
type document struct {
	*program
	path  string
	cmd   *cobra.Command
	given map[string]bool
	rules []*detector.Detector
}

// file reads the settings file, if there is one.
func (p *program) file(c *cobra.Command, given map[string]bool, rules []*detector.Detector) error {
	path := p.settings.config
	if path == "" {
		path = configName
	}
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && p.settings.config == "" {
		return nil
	}
	if err != nil {
		return usage("%s: %v", path, reason(err))
	}
	if !st.Mode().IsRegular() || st.Size() > maxConfig {
		return usage("%s: want a regular file of at most %s", path, size(maxConfig))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return usage("%s: %v", path, reason(err))
	}
	var root yaml.Node
	if err := yaml.Unmarshal(b, &root); err != nil {
		return usage("%s: %v", path, err)
	}
	if len(root.Content) == 0 {
		return nil
	}
	d := &document{p, path, c, given, rules}
	return d.top(root.Content[0])
}

// reason takes the path out of an error of package os.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (d *document) fail(n *yaml.Node, format string, args ...any) error {
	return usage("%s:%d: %s", d.path, n.Line, fmt.Sprintf(format, args...))
}

// each calls visit for the keys of a mapping in their order; a key that is not known is an error.
func (d *document) each(n *yaml.Node, known []string, visit func(key string, k, v *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return d.fail(n, "want keys with values")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if known != nil && !slices.Contains(known, k.Value) {
			set := map[string]bool{}
			for _, s := range known {
				set[s] = true
			}
			return unknownKey(fmt.Sprintf("%s:%d", d.path, k.Line), k.Value, k.Value, set, func(s string) string { return s })
		}
		if err := visit(k.Value, k, v); err != nil {
			return err
		}
	}
	return nil
}

// scalars are the top keys that are flags of the same name. Where files are written, what is loaded and
// what is run is never a file's to say.
var scalars = []string{"samples", "time", "seed", "jobs", "memory", "engine", "initial", "reference", "permutations", "deconfound", "fast-similarity", "until", "no-labels", "classes", "labels", "seen", "accept-mismatch", "drop-duplicates"}

func (d *document) top(n *yaml.Node) error {
	known := append([]string{"version", "model", "data", "preprocess", "output", "rules", "gate"}, scalars...)
	return d.each(n, known, func(key string, k, v *yaml.Node) error {
		switch key {
		case "version":
			if v.Value != "1" {
				return d.fail(v, "version is %s, this program reads 1", v.Value)
			}
			return nil
		case "model":
			d.settings.modelFile = v.Value
			return nil
		case "data":
			return d.data(v)
		case "preprocess":
			return d.preprocess(v)
		case "rules":
			return d.ruleBlock(v)
		case "gate":
			return d.gate(v)
		}
		return d.set(key, v)
	})
}

// set gives a flag its value where nothing stronger did; a command without that flag does without it.
func (d *document) set(name string, v *yaml.Node) error {
	f := d.cmd.Flags().Lookup(name)
	if f == nil || d.given[name] {
		return nil
	}
	values := []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode {
		values = v.Content
	}
	for _, x := range values {
		if x.Kind != yaml.ScalarNode {
			return d.fail(x, "%s: want one value", name)
		}
		if err := f.Value.Set(x.Value); err != nil {
			return d.fail(x, "%s is %q: %v", name, x.Value, err)
		}
	}
	return nil
}

func (d *document) data(v *yaml.Node) error {
	if v.Kind == yaml.ScalarNode {
		return d.set("data", v)
	}
	known := []string{"path", "train", "val", "test", "deploy", "labels", "groups", "classes", "seen", "features"}
	return d.each(v, known, func(key string, _, v *yaml.Node) error {
		if key == "path" {
			key = "data"
		}
		return d.set(key, v)
	})
}

func (d *document) preprocess(v *yaml.Node) error {
	if d.given["preprocess"] {
		return nil
	}
	var q dataset.Preprocess
	if err := v.Decode(&q); err != nil {
		return usage("%s: %v", d.path, err)
	}
	d.settings.preprocess = preprocess{q}
	return nil
}

func (d *document) gate(v *yaml.Node) error {
	return d.each(v, []string{"fail-on", "fail-on-new"}, func(key string, _, v *yaml.Node) error {
		return d.set(key, v)
	})
}

// catalogued is the form of a rule's code.
var catalogued = regexp.MustCompile(`^[A-Z]{3}-\d\d$`)

func (d *document) ruleBlock(v *yaml.Node) error {
	return d.each(v, nil, func(key string, k, v *yaml.Node) error {
		if key == "disable" {
			return d.disable(v)
		}
		r, err := findRule(d.rules, key)
		if err != nil {
			return usage("%s:%d: %v", d.path, k.Line, err)
		}
		return d.rule(r, v)
	})
}

func (d *document) disable(v *yaml.Node) error {
	if v.Kind != yaml.SequenceNode {
		return d.fail(v, "disable: want a list of rules")
	}
	for _, x := range v.Content {
		r, err := findRule(d.rules, x.Value)
		switch {
		case err == nil:
			d.settings.skip = append(d.settings.skip, r.Code)
		case catalogued.MatchString(x.Value):
			d.settings.notes = append(d.settings.notes, fmt.Sprintf("%s:%d: rule %s is not in this version", d.path, x.Line, x.Value))
		default:
			return usage("%s:%d: %v", d.path, x.Line, err)
		}
	}
	return nil
}

// rule reads a rule's anchors and its own settings.
func (d *document) rule(r *detector.Detector, v *yaml.Node) error {
	anchors := r.Anchors
	var own any
	known := []string{"minor", "moderate", "critical"}
	if r.Settings != nil {
		own = r.Settings()
		known = append(known, fields(own)...)
	}
	err := d.each(v, known, func(key string, _, v *yaml.Node) error {
		target, ok := map[string]*float64{"minor": &anchors.Minor, "moderate": &anchors.Moderate, "critical": &anchors.Critical}[key]
		var err error
		if ok {
			err = v.Decode(target)
		} else {
			err = v.Decode(field(own, key))
		}
		if err != nil {
			return d.fail(v, "%s of %s is %q, want a number", key, r.Name, v.Value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !(0 < anchors.Minor && anchors.Minor < anchors.Moderate && anchors.Moderate < anchors.Critical) {
		return d.fail(v, "anchors of %s are %g, %g, %g; want them above 0 and rising", r.Name, anchors.Minor, anchors.Moderate, anchors.Critical)
	}
	if d.settings.anchors == nil {
		d.settings.anchors, d.settings.parameter = map[string]finding.Anchors{}, map[string]any{}
	}
	d.settings.anchors[r.Name] = anchors
	if own != nil {
		d.settings.parameter[r.Name] = own
	}
	return nil
}

// fields lists the settings of a rule as keys: MinSamples is min-samples.
func fields(own any) []string {
	var out []string
	t := reflect.TypeOf(own).Elem()
	for i := range t.NumField() {
		out = append(out, kebab(t.Field(i).Name))
	}
	return out
}

// field returns a pointer to the setting of that key.
func field(own any, key string) any {
	v := reflect.ValueOf(own).Elem()
	for i := range v.NumField() {
		if kebab(v.Type().Field(i).Name) == key {
			return v.Field(i).Addr().Interface()
		}
	}
	return nil
}

func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
