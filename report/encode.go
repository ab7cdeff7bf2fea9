package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// lineWidth is the longest object or list that stays on one line of the result file.
const lineWidth = 160

// An encoder writes Go values as JSON with one form for every number, so that equal results are equal bytes.
type encoder struct {
	path []string // where in the value it is, for errors
}

// encode returns v as JSON. indent is the depth v stands at.
func (e *encoder) encode(v reflect.Value, indent int) ([]byte, error) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return []byte("null"), nil
		}
		return e.encode(v.Elem(), indent)
	case reflect.Struct:
		return e.object(structMembers(v), indent)
	case reflect.Map:
		members, err := mapMembers(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.where(), err)
		}
		return e.object(members, indent)
	case reflect.Slice, reflect.Array:
		return e.list(v, indent)
	case reflect.Float32, reflect.Float64:
		return e.number(v.Float())
	case reflect.String:
		return text(v.String()), nil
	case reflect.Bool:
		return strconv.AppendBool(nil, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(nil, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(nil, v.Uint(), 10), nil
	case reflect.Invalid:
		return []byte("null"), nil
	}
	return nil, fmt.Errorf("%s: a value of type %s, want plain data", e.where(), v.Type())
}

// A member is one name of an object with its value.
type member struct {
	name  string
	value reflect.Value
}

// structMembers lists the fields of a struct under their JSON names, without the empty ones that may be left out.
func structMembers(v reflect.Value) []member {
	var out []member
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name == "" {
			name = v.Type().Field(i).Name
		}
		if options == "omitempty" && isEmpty(v.Field(i)) {
			continue
		}
		out = append(out, member{name, v.Field(i)})
	}
	return out
}

// isEmpty says whether encoding/json would leave the value out under omitempty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// mapMembers lists the entries of a map by key.
func mapMembers(v reflect.Value) ([]member, error) {
	if v.Type().Key().Kind() != reflect.String {
		return nil, fmt.Errorf("a map with keys of type %s, want strings", v.Type().Key())
	}
	out := make([]member, 0, v.Len())
	for _, k := range v.MapKeys() {
		out = append(out, member{k.String(), v.MapIndex(k)})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out, nil
}

func (e *encoder) object(members []member, indent int) ([]byte, error) {
	parts := make([][]byte, 0, len(members))
	for _, m := range members {
		e.path = append(e.path, m.name)
		b, err := e.encode(m.value, indent+1)
		if err != nil {
			return nil, err
		}
		e.path = e.path[:len(e.path)-1]
		parts = append(parts, append(append(text(m.name), ": "...), b...))
	}
	return join('{', parts, '}', indent), nil
}

func (e *encoder) list(v reflect.Value, indent int) ([]byte, error) {
	parts := make([][]byte, 0, v.Len())
	for i := range v.Len() {
		e.path = append(e.path, strconv.Itoa(i))
		b, err := e.encode(v.Index(i), indent+1)
		if err != nil {
			return nil, err
		}
		e.path = e.path[:len(e.path)-1]
		parts = append(parts, b)
	}
	return join('[', parts, ']', indent), nil
}

// join sets the parts on one line if they fit, on a line each if not.
func join(open byte, parts [][]byte, end byte, indent int) []byte {
	size, nested := 2*indent, false
	for _, p := range parts {
		size += len(p) + 2
		nested = nested || bytes.IndexByte(p, '\n') >= 0
	}
	out := []byte{open}
	if size <= lineWidth && !nested {
		out = append(out, bytes.Join(parts, []byte(", "))...)
		return append(out, end)
	}
	for i, p := range parts {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '\n'), bytes.Repeat([]byte("  "), indent+1)...), p...)
	}
	out = append(append(out, '\n'), bytes.Repeat([]byte("  "), indent)...)
	return append(out, end)
}

// number writes a number with nine significant digits. Minus zero is zero: it would be another text for an equal number.
func (e *encoder) number(x float64) ([]byte, error) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, fmt.Errorf("%s: found %v, want a finite number", e.where(), x)
	}
	if x == 0 {
		return []byte("0"), nil
	}
	return []byte(strconv.FormatFloat(roundTo(x, 9), 'g', -1, 64)), nil
}

// roundTo rounds to a number of significant digits.
func roundTo(x float64, digits int) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	if err != nil { // rounded up past the largest number
		return x
	}
	return y
}

func (e *encoder) where() string { return strings.Join(e.path, ".") }

// text writes a string; what is not Unicode becomes the replacement character.
func text(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // a string always encodes
		return []byte(`""`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
