package recording

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
)

// What a manifest says it is, and the version written here. Minor versions add fields, which older
// readers ignore; a higher major version is refused.
const (
	Format  = "stratascope-recording"
	Version = "1.0"
)

// ManifestName is the name of the file that makes a folder a recording.
const ManifestName = "manifest.json"

const (
	mostManifest = 64 << 20 // bytes
	mostSites    = 8192
	mostShards   = 1 << 20
	mostSamples  = 1 << 31
)

// A Manifest says what a recording holds. Fields it does not know are kept and written again.
type Manifest struct {
	Format       string             `json:"format"`
	Version      string             `json:"version"`
	MadeBy       MadeBy             `json:"made_by"`
	Model        Model              `json:"model"`
	Task         Task               `json:"task"`
	Step         int64              `json:"step,omitempty"`
	Groups       []Group            `json:"groups,omitempty"`
	Alternatives []string           `json:"alternatives,omitempty"` // preprocessings that samples are also shown under
	Sites        []Site             `json:"sites"`
	Gradients    *Gradients         `json:"gradients,omitempty"`
	Splits       map[string]Counted `json:"splits"`
	Shards       []Shard            `json:"shards"`

	extra map[string]json.RawMessage
}

// MadeBy names the tool and the framework a recording comes from.
type MadeBy struct {
	Tool      string `json:"tool,omitempty"`
	Framework string `json:"framework,omitempty"`
}

// Model says which network was recorded.
type Model struct {
	Name       string `json:"name,omitempty"`
	SHA256     string `json:"sha256,omitempty"`
	Parameters int64  `json:"parameters,omitempty"`
	Mode       string `json:"mode,omitempty"`    // eval or train
	Weights    string `json:"weights,omitempty"` // a safetensors file of the folder
}

// Task is what the network should do.
type Task struct {
	Kind    string   `json:"kind,omitempty"`
	Classes []string `json:"classes,omitempty"`
	Output  string   `json:"output,omitempty"` // logits, probabilities, ...; empty where nobody said
}

// A Group is an attribute of the samples with its categories in order.
type Group struct {
	Name       string   `json:"name"`
	Categories []string `json:"categories"`
}

// A Site is a step of the network whose values were recorded.
type Site struct {
	Name       string   `json:"name"`
	Order      int      `json:"order"`
	Op         string   `json:"op,omitempty"`
	Kernel     []int    `json:"kernel,omitempty"`
	Groups     int      `json:"groups,omitempty"` // of a convolution
	Shape      []int    `json:"shape"`            // of a sample's value in the network
	Axis       int      `json:"axis,omitempty"`   // where units stand in the value with its batch: 1 or the last
	Reduce     string   `json:"reduce,omitempty"` // none, gap, cls, last, masked-mean, flat, pos; absent for a step without values
	Stored     []int    `json:"stored,omitempty"` // of a sample in the shards
	DType      string   `json:"dtype,omitempty"`
	After      []string `json:"after,omitempty"`
	Role       string   `json:"role,omitempty"`
	Activation string   `json:"activation,omitempty"` // function the value has gone through; none or empty for none
	Parameters int      `json:"parameters,omitempty"`
	Weight     string   `json:"weight,omitempty"`
	Bias       string   `json:"bias,omitempty"`
	Head       bool     `json:"head,omitempty"`
	Calls      int      `json:"calls,omitempty"`

	extra map[string]json.RawMessage
}

// Gradients says what the recorded gradients are.
type Gradients struct {
	What      string `json:"what,omitempty"`
	Loss      string `json:"loss,omitempty"`
	Reduction string `json:"reduction,omitempty"`
	Stored    string `json:"stored,omitempty"`
}

// Counted is the size of a split.
type Counted struct {
	Samples int `json:"samples"`
}

// A Shard is a file with the values of some samples of a split: rows from the first to before the second,
// counted within the split.
type Shard struct {
	File      string     `json:"file"`
	Split     string     `json:"split"`
	Condition *Condition `json:"condition,omitempty"` // how the samples are shown; nil as they are
	Rows      [2]int     `json:"rows"`
	SHA256    string     `json:"sha256,omitempty"`
}

// A Condition is a way the samples of a shard were shown.
type Condition struct {
	Name  string `json:"name"`
	Level int    `json:"level"`
}

// ParseManifest reads a manifest and checks what can be checked without the files it names.
func ParseManifest(b []byte) (*Manifest, error) {
	m := &Manifest{}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("not a readable manifest: %w", err)
	}
	return m, m.check()
}

func (m *Manifest) check() error {
	if m.Format != Format {
		return fmt.Errorf("format is %.60q, want %q", m.Format, Format)
	}
	if err := checkVersion(m.Version); err != nil {
		return err
	}
	if len(m.Sites) > mostSites || len(m.Shards) > mostShards {
		return fmt.Errorf("%d sites in %d shards, at most %d in %d are read", len(m.Sites), len(m.Shards), mostSites, mostShards)
	}
	seen := map[string]bool{}
	for i := range m.Sites {
		s := &m.Sites[i]
		if err := s.check(); err != nil {
			return fmt.Errorf("site %.80q: %w", s.Name, err)
		}
		if seen[s.Name] {
			return fmt.Errorf("site %.80q is there twice", s.Name)
		}
		seen[s.Name] = true
	}
	for name, c := range m.Splits {
		if c.Samples < 0 || c.Samples > mostSamples {
			return fmt.Errorf("split %.40q has %d samples", name, c.Samples)
		}
	}
	for _, s := range m.Shards {
		if s.Rows[0] < 0 || s.Rows[1] < s.Rows[0] || s.Rows[1] > mostSamples {
			return fmt.Errorf("shard %.80q: rows %v", s.File, s.Rows)
		}
	}
	return nil
}

func checkVersion(v string) error {
	major, _, _ := strings.Cut(v, ".")
	n, err := strconv.Atoi(major)
	if err != nil || n < 1 {
		return fmt.Errorf("version is %.20q, want %s", v, Version)
	}
	if own, _, _ := strings.Cut(Version, "."); major != own {
		return fmt.Errorf("version %.20s is newer than this program, which reads %s", v, Version)
	}
	return nil
}

var reductions = map[string]bool{"": true, "none": true, "gap": true, "cls": true, "last": true, "masked-mean": true, "flat": true, "pos": true, "absent": true}

func (s *Site) check() error {
	if s.Name == "" {
		return fmt.Errorf("has no name")
	}
	if !reductions[s.Reduce] {
		return fmt.Errorf("reduce is %.20q, want none, gap, cls, last, masked-mean, flat, pos or absent", s.Reduce)
	}
	if len(s.Shape) > 32 || len(s.Stored) > 32 {
		return fmt.Errorf("has %d dimensions, at most 32 are read", max(len(s.Shape), len(s.Stored)))
	}
	for _, d := range s.Shape {
		if d < -1 {
			return fmt.Errorf("shape is %v", s.Shape)
		}
	}
	if s.Axis < 0 || s.Axis > 1 && s.Axis != len(s.Shape) {
		return fmt.Errorf("units stand at dimension %d of %d, want 1 or the last", s.Axis, len(s.Shape))
	}
	return nil
}

// whole reports whether a site keeps all positions.
func (s *Site) whole() bool { return s.Reduce == "" || s.Reduce == "none" }

// plainManifest and plainSite have the fields and not the methods, so that decoding does not go in circles.
type (
	plainManifest Manifest
	plainSite     Site
)

// UnmarshalJSON reads a manifest and keeps the fields it does not know.
func (m *Manifest) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, (*plainManifest)(m)); err != nil {
		return err
	}
	var err error
	m.extra, err = unknown(b, *m)
	return err
}

// MarshalJSON writes a manifest with the fields it did not know.
func (m Manifest) MarshalJSON() ([]byte, error) { return join(plainManifest(m), m.extra) }

// UnmarshalJSON reads a site and keeps the fields it does not know.
func (s *Site) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, (*plainSite)(s)); err != nil {
		return err
	}
	var err error
	s.extra, err = unknown(b, *s)
	return err
}

// MarshalJSON writes a site with the fields it did not know.
func (s Site) MarshalJSON() ([]byte, error) { return join(plainSite(s), s.extra) }

// unknown returns the fields of an object that v has no place for.
func unknown(b []byte, v any) (map[string]json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, err
	}
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		maps.DeleteFunc(all, func(key string, _ json.RawMessage) bool { return strings.EqualFold(key, name) })
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

// join writes v with further fields behind its own, in the order of their names.
func join(v any, extra map[string]json.RawMessage) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil || len(extra) == 0 {
		return b, err
	}
	more, err := json.Marshal(extra) // sorts its keys
	if err != nil {
		return nil, err
	}
	return append(append(b[:len(b)-1], ','), more[1:]...), nil
}
