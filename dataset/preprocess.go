package dataset

import (
	"fmt"
	"math"
	"strings"

	"github.com/stratascope/stratascope/dataset/image"
)

// A Preprocess says how stored samples become the network's input. Its zero value is automatic:
// pictures of whole numbers are scaled to 0-1, everything else is fed as it is stored.
//
// A value x becomes (x*Scale - Mean) / Std. Pictures are first resized, then cropped at the centre.
type Preprocess struct {
	Name   string       // of a preset, or where it was read from; empty for automatic
	Resize Size         // none if zero
	Crop   Size         // none if zero
	Mean   []float64    // one, or one a channel
	Std    []float64    // one, or one a channel
	Scale  float64      // 0: so that the stored range becomes 0-1 (0-255 where a mean is above 1.5)
	Layout string       // nchw, nhwc; empty: as the network's input says
	Color  string       // rgb, bgr, grey; empty: as stored
	Filter image.Filter // for resizing

	fit fitting // how pictures of another size are brought to the network's where nothing is said
	own bool    // the mean and sd are those of the data
}

// A fitting brings pictures to the size of the network's input.
type fitting uint8

const (
	unfitted fitting = iota // they must have it
	resized                 // resized, whatever becomes of the sides' ratio
	cropped                 // resized to 256/224 of it, then cropped
)

// A Size is a height and a width. With Width 0, Height is the length of the shorter side.
type Size struct{ Height, Width int }

func (s Size) zero() bool { return s == Size{} }

// The names of presets.
const (
	prepNone     = "none"
	prepImageNet = "imagenet"
	prepUnit     = "0-1"
	prepSigned   = "-1-1"
	prepBGR      = "bgr255"
	prepBGRUnit  = "bgr"
	prepBytes    = "0-255"
	prepOwn      = "standard"
)

// Presets lists the names of preprocessings that are known without a file.
func Presets() []string {
	return []string{prepNone, prepImageNet, prepUnit, prepSigned, prepBytes, prepBGRUnit, prepBGR, prepOwn}
}

// Preset returns the preprocessing of that name.
func Preset(name string) (Preprocess, bool) {
	p := Preprocess{Name: name}
	switch name {
	case prepNone:
		p.Scale = 1
	case prepImageNet:
		p.Mean, p.Std, p.fit = []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}, cropped
	case prepUnit:
		p.fit = resized
	case prepSigned:
		p.Mean, p.Std, p.fit = []float64{0.5}, []float64{0.5}, resized
	case prepBGR:
		p.Std, p.Color, p.fit = []float64{1.0 / 255}, "bgr", resized
	case prepBGRUnit:
		p.Color, p.fit = "bgr", resized
	case prepBytes:
		p.Std, p.fit = []float64{1.0 / 255}, resized
	case prepOwn:
		p.own, p.fit = true, resized
	default:
		return Preprocess{}, false
	}
	return p, true
}

// String describes the values in a few words: mean and sd of ImageNet.
func (p Preprocess) String() string {
	switch p.Name {
	case "":
		return "preprocessing automatic"
	case prepNone:
		return "values as stored"
	case prepImageNet:
		return "mean and sd of ImageNet"
	case prepUnit:
		return "values 0 to 1"
	case prepSigned:
		return "values -1 to 1"
	case prepBGR:
		return "BGR 0 to 255"
	case prepBGRUnit:
		return "BGR 0 to 1"
	case prepBytes:
		return "values 0 to 255"
	case prepOwn:
		return "mean and sd of the data"
	}
	if len(p.Mean) > 0 || len(p.Std) > 0 {
		return fmt.Sprintf("mean and sd of %s", p.Name)
	}
	return fmt.Sprintf("preprocessing of %s", p.Name)
}

// automatic reports whether nothing is to be done to values that are no pictures.
func (p Preprocess) automatic() bool { return p.Name == "" || p.Name == prepNone }

// recolours reports whether grey may become RGB and RGB grey where the network wants it: not behind the
// user's back.
func (p Preprocess) recolours() bool { return p.fit != unfitted || !p.automatic() }

// check refuses settings that cannot be meant.
func (p Preprocess) check() error {
	for _, s := range []Size{p.Resize, p.Crop} {
		if s.Height < 0 || s.Width < 0 || s.Height > maxSide || s.Width > maxSide || (s.Height == 0 && s.Width != 0) {
			return fmt.Errorf("size %d x %d, want 1 to %d", s.Height, s.Width, maxSide)
		}
	}
	for _, v := range p.Std {
		if !(v > 0) || math.IsInf(v, 0) {
			return fmt.Errorf("std %v, want above 0", v)
		}
	}
	for _, v := range p.Mean {
		if v-v != 0 {
			return fmt.Errorf("mean %v, want a finite number", v)
		}
	}
	if !(p.Scale >= 0) || math.IsInf(p.Scale, 0) {
		return fmt.Errorf("scale %v, want above 0", p.Scale)
	}
	if p.Layout != "" && p.Layout != "nchw" && p.Layout != "nhwc" {
		return fmt.Errorf("layout %q, want nchw or nhwc", p.Layout)
	}
	if p.Color != "" && p.Color != "rgb" && p.Color != "bgr" && p.Color != "grey" {
		return fmt.Errorf("color %q, want rgb, bgr or grey", strings.ToLower(p.Color))
	}
	return nil
}

// suits refuses a mean or sd that is neither one value nor as many as the samples have; those of three
// colours suit grey, too, for which they are averaged.
func (p Preprocess) suits(what, have string, n int) error {
	for _, m := range []struct {
		name   string
		values []float64
	}{{"mean", p.Mean}, {"std", p.Std}} {
		if k := len(m.values); k > 1 && k != n && !(what == "images" && n == 1 && k == 3) {
			return &Problem{Message: fmt.Sprintf("%s has %d values, the %s have %s", m.name, k, what, have), Help: []string{"Give one value, or one for each. " + sayHow}, Setting: true}
		}
	}
	return nil
}

// maxSide bounds the pictures that preprocessing makes.
const maxSide = 8192

// from returns the size after resizing, as torchvision and transformers compute it.
func (s Size) from(h, w int) (int, int) {
	switch {
	case s.zero():
		return h, w
	case s.Width > 0:
		return s.Height, s.Width
	case h <= w:
		return s.Height, max(1, s.Height*w/h)
	}
	return max(1, s.Height*h/w), s.Height
}

// of returns a crop's height and width; one number is a square.
func (s Size) of() (int, int) {
	if s.Width == 0 {
		return s.Height, s.Height
	}
	return s.Height, s.Width
}
