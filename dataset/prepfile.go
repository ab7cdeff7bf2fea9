package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stratascope/stratascope/dataset/image"
)

// ParsePreprocess returns the preset of that name, or reads a file: a Hugging Face
// preprocessor_config.json, or a YAML block as in stratascope.yaml.
func ParsePreprocess(nameOrFile string) (Preprocess, error) {
	if p, ok := Preset(nameOrFile); ok {
		return p, nil
	}
	data, err := readSmall(nameOrFile)
	if err != nil {
		return Preprocess{}, fmt.Errorf("preprocess %q: neither a file nor one of %s: %w", nameOrFile, strings.Join(Presets(), ", "), err)
	}
	p, err := parsePreprocess(data)
	if err != nil {
		return p, fmt.Errorf("%s: %w", nameOrFile, err)
	}
	if p.Name == "" {
		p.Name = filepath.Base(nameOrFile)
	}
	return p, nil
}

func parsePreprocess(data []byte) (Preprocess, error) {
	var p Preprocess
	var err error
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) && json.Valid(data) {
		p, err = huggingFace(data)
	} else {
		p, err = parseBlock(data)
	}
	if err == nil {
		err = p.check()
	}
	return p, err
}

// parseBlock reads a block, or the one under preprocess in a stratascope.yaml. Names in it are those of
// presets: a file leads to no other file.
func parseBlock(data []byte) (Preprocess, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return Preprocess{}, err
	}
	if len(doc.Content) != 1 {
		return Preprocess{}, errors.New("empty")
	}
	node := doc.Content[0]
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == "preprocess" {
			node = node.Content[i+1]
			break
		}
	}
	if node.Kind == yaml.ScalarNode {
		p, ok := Preset(node.Value)
		if !ok {
			return p, fmt.Errorf("no preprocessing %.40q, want one of %s", node.Value, strings.Join(Presets(), ", "))
		}
		return p, nil
	}
	var p Preprocess
	err := node.Decode(&p)
	if err == nil && !p.says() {
		err = errors.New("no settings of a preprocessing")
	}
	p.Name = ""
	return p, err
}

// says reports whether anything is set.
func (p Preprocess) says() bool {
	return !p.Resize.zero() || !p.Crop.zero() || len(p.Mean)+len(p.Std) > 0 || p.Scale != 0 || p.Layout != "" || p.Color != ""
}

// UnmarshalYAML reads the name of a preset or a file, or the block of stratascope.yaml: resize, crop,
// mean, std, scale, layout, color.
func (p *Preprocess) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		q, err := ParsePreprocess(node.Value)
		*p = q
		return err
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: preprocess: want a name or settings", node.Line)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		var err error
		switch key {
		case "resize":
			err = value.Decode(&p.Resize)
		case "crop":
			err = value.Decode(&p.Crop)
		case "mean":
			p.Mean, err = numbers(value)
		case "std":
			p.Std, err = numbers(value)
		case "scale":
			err = value.Decode(&p.Scale)
		case "layout":
			err = value.Decode(&p.Layout)
			p.Layout = strings.ToLower(p.Layout)
		case "color":
			err = value.Decode(&p.Color)
			p.Color = strings.ToLower(p.Color)
		default:
			err = errors.New("unknown setting, want resize, crop, mean, std, scale, layout or color")
		}
		if err != nil {
			return fmt.Errorf("line %d: preprocess: %s: %w", node.Content[i].Line, key, err)
		}
	}
	if p.Name == "" && p.says() {
		p.Name = "stratascope.yaml"
	}
	return p.check()
}

// numbers reads one number or a list.
func numbers(value *yaml.Node) ([]float64, error) {
	var one float64
	if value.Kind == yaml.ScalarNode {
		err := value.Decode(&one)
		return []float64{one}, err
	}
	var all []float64
	err := value.Decode(&all)
	return all, err
}

// UnmarshalYAML reads one number, or a list of height and width.
func (s *Size) UnmarshalYAML(value *yaml.Node) error {
	all := []int{}
	if value.Kind == yaml.ScalarNode {
		all = append(all, 0)
		if err := value.Decode(&all[0]); err != nil {
			return err
		}
	} else if err := value.Decode(&all); err != nil {
		return err
	}
	if len(all) == 0 || len(all) > 2 || slices.Min(all) <= 0 {
		return fmt.Errorf("%v, want a size or [height, width]", all)
	}
	s.Height = all[0]
	if len(all) == 2 {
		s.Width = all[1]
	}
	return nil
}

// A hfSize is a size of preprocessor_config.json: a number, or an object.
type hfSize struct {
	Size
	shortest bool
}

// UnmarshalJSON reads both forms.
func (s *hfSize) UnmarshalJSON(data []byte) error {
	var n int
	if json.Unmarshal(data, &n) == nil {
		s.Height = n
		return nil
	}
	var o struct {
		Height       int `json:"height"`
		Width        int `json:"width"`
		ShortestEdge int `json:"shortest_edge"`
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	s.Size, s.shortest = Size{o.Height, o.Width}, o.ShortestEdge > 0
	if s.shortest {
		s.Size = Size{Height: o.ShortestEdge}
	}
	return nil
}

type hfConfig struct {
	DoResize    bool      `json:"do_resize"`
	Size        hfSize    `json:"size"`
	Resample    *int      `json:"resample"`
	DoCrop      bool      `json:"do_center_crop"`
	CropSize    hfSize    `json:"crop_size"`
	CropPct     float64   `json:"crop_pct"`
	DoRescale   *bool     `json:"do_rescale"`
	Factor      float64   `json:"rescale_factor"`
	DoNormalize bool      `json:"do_normalize"`
	Mean        []float64 `json:"image_mean"`
	Std         []float64 `json:"image_std"`
	FlipChannel bool      `json:"do_flip_channel_order"`
}

// huggingFace reads a preprocessor_config.json as the image processors of transformers understand it.
func huggingFace(data []byte) (Preprocess, error) {
	var c hfConfig
	if err := json.Unmarshal(data, &c); err != nil {
		return Preprocess{}, err
	}
	p := Preprocess{Name: "preprocessor_config.json", Color: "rgb"}
	if c.FlipChannel {
		p.Color = "bgr"
	}
	if c.Resample != nil {
		f, err := image.PillowFilter(*c.Resample)
		if err != nil {
			return p, err
		}
		p.Filter = f
	}
	if c.DoResize {
		p.Resize = c.Size.Size
		if !c.Size.shortest && p.Resize.Width == 0 && !c.DoCrop { // a plain number was a square
			p.Resize.Width = p.Resize.Height
		}
		if c.Size.shortest && c.CropPct > 0 && c.CropPct <= 1 && p.Resize.Height < 384 { // ConvNeXt
			p.Crop = Size{p.Resize.Height, p.Resize.Height}
			p.Resize = Size{Height: int(float64(p.Resize.Height) / c.CropPct)}
		}
	}
	if c.DoCrop {
		p.Crop = c.CropSize.Size
		if p.Crop.Height > 0 && p.Crop.Width == 0 {
			p.Crop.Width = p.Crop.Height
		}
	}
	switch {
	case c.DoRescale != nil && !*c.DoRescale:
		p.Scale = 1
	case c.Factor != 0:
		p.Scale = c.Factor
	}
	if c.DoNormalize {
		p.Mean, p.Std = c.Mean, c.Std
	}
	if !c.DoResize && !c.DoCrop && !c.DoNormalize && c.DoRescale == nil {
		return p, errors.New("no settings of an image processor: do_resize, do_center_crop, do_rescale, do_normalize")
	}
	if math.IsNaN(p.Scale) || math.IsInf(p.Scale, 0) {
		return p, fmt.Errorf("rescale_factor %v", p.Scale)
	}
	return p, nil
}
