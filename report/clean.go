package report

import (
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stratascope/stratascope/finding"
)

// maxText is the longest text a view shows, in characters. A name of a megabyte would hide everything else.
const maxText = 1200

// cleaned returns a copy whose texts hold no control or direction characters. Findings are made without them, but a
// result file may come from anywhere.
func cleaned(d *finding.Diagnosis) *finding.Diagnosis {
	out := reflect.New(reflect.TypeFor[finding.Diagnosis]()).Elem()
	copyClean(out, reflect.ValueOf(d).Elem())
	// Matrices are data, not text.
	if c := out.Addr().Interface().(*finding.Diagnosis); c.Similarity != nil {
		from := matrices(d.Similarity)
		for i, m := range matrices(c.Similarity) {
			*m.data = *from[i].data
		}
		return c
	}
	return out.Addr().Interface().(*finding.Diagnosis)
}

func copyClean(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.String:
		to.SetString(clean(from.String()))
	case reflect.Struct:
		for i := range from.NumField() {
			copyClean(to.Field(i), from.Field(i))
		}
	case reflect.Slice:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			copyClean(to.Index(i), from.Index(i))
		}
	case reflect.Pointer:
		if from.IsNil() {
			return
		}
		to.Set(reflect.New(from.Type().Elem()))
		copyClean(to.Elem(), from.Elem())
	default: // numbers; maps (settings, provenance) are never shown as text
		to.Set(from)
	}
}

// clean strips control characters, line breaks and marks that change the direction of writing, and cuts what is too long.
func clean(s string) string {
	if len(s) < maxText && plain(s) {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxText {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n' || r == '\t':
			b.WriteByte(' ')
		case r == utf8.RuneError, hidden(r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// hidden says whether a character is shown as nothing but changes what stands around it.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r == 0x61c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
		r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0xe0000 && r <= 0xe007f
}
