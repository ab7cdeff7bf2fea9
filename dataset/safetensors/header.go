package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/mapped"
	"github.com/stratascope/stratascope/tensor"
)

// maxHeader bounds the header, which is text and parsed as a whole: some 80,000 tensors.
const maxHeader = 8 << 20

var dtypes = map[string]array.Elem{
	"BOOL": array.Bool, "U8": array.Uint8, "I8": array.Int8, "U16": array.Uint16, "I16": array.Int16,
	"F16": array.Float16, "BF16": array.BFloat16, "U32": array.Uint32, "I32": array.Int32, "F32": array.Float32,
	"U64": array.Uint64, "I64": array.Int64, "F64": array.Float64,
}

// An entry is a line of the header.
type entry struct {
	name       string
	elem       array.Elem
	shape      []int
	begin, end int64
}

// Is reports whether a file of that size that starts with head looks like safetensors: a length
// that fits, then a JSON object.
func Is(head []byte, size int64) bool {
	if len(head) < 9 || head[8] != '{' {
		return false
	}
	n := binary.LittleEndian.Uint64(head)
	return n >= 2 && n <= uint64(size-8)
}

// parse reads and checks the header: entries sorted by place, which fill the data without hole or overlap.
func parse(m *mapped.File) (entries []entry, meta map[string]string, start int64, err error) {
	head := make([]byte, 8)
	if m.Size() < 8 {
		return nil, nil, 0, errors.New("shorter than a header")
	}
	if _, err := m.ReadAt(head, 0); err != nil {
		return nil, nil, 0, err
	}
	n := binary.LittleEndian.Uint64(head)
	if n > maxHeader || n > uint64(m.Size()-8) {
		return nil, nil, 0, fmt.Errorf("the header is said to be %d bytes, the file has %d, at most %d are read", n, m.Size(), maxHeader)
	}
	text := make([]byte, n)
	if _, err := m.ReadAt(text, 8); err != nil && n > 0 {
		return nil, nil, 0, err
	}
	if entries, meta, err = parseText(text); err != nil {
		return nil, nil, 0, err
	}
	start = 8 + int64(n)
	return entries, meta, start, checkPlaces(entries, m.Size()-start)
}

// parseText walks the JSON by tokens, since decoding into a map would hide keys that are there twice.
func parseText(text []byte) (entries []entry, meta map[string]string, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	seen := map[string]bool{}
	err = object(dec, func(key string) error {
		if seen[key] {
			return fmt.Errorf("%.80q is there twice", key)
		}
		seen[key] = true
		if key == "__metadata__" {
			meta = map[string]string{}
			return dec.Decode(&meta)
		}
		e, err := parseEntry(dec)
		if err != nil {
			return fmt.Errorf("tensor %.80q: %w", key, err)
		}
		e.name = key
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	if len(bytes.TrimRight(text[dec.InputOffset():], " \n\r\t\x00")) != 0 {
		return nil, nil, errors.New("header: text after its object")
	}
	return entries, meta, nil
}

// object reads a JSON object and calls each for every key, which then reads the value.
func object(dec *json.Decoder, each func(key string) error) error {
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("want an object, found %.20v (%v)", t, err)
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		if err := each(t.(string)); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func parseEntry(dec *json.Decoder) (entry, error) {
	var e entry
	var offsets []int64
	seen := map[string]bool{}
	err := object(dec, func(key string) error {
		if seen[key] {
			return fmt.Errorf("%q is there twice", key)
		}
		seen[key] = true
		switch key {
		case "dtype":
			var name string
			if err := dec.Decode(&name); err != nil {
				return err
			}
			if e.elem = dtypes[name]; e.elem == array.Invalid {
				return fmt.Errorf("element type %.20q is not read", name)
			}
			return nil
		case "shape":
			return dec.Decode(&e.shape)
		case "data_offsets":
			return dec.Decode(&offsets)
		}
		return fmt.Errorf("unknown key %.20q", key)
	})
	if err != nil {
		return e, err
	}
	if e.elem == array.Invalid || e.shape == nil || len(offsets) != 2 {
		return e, errors.New("want dtype, shape and two data_offsets")
	}
	e.begin, e.end = offsets[0], offsets[1]
	return e, e.check()
}

func (e entry) check() error {
	n, err := tensor.Count(e.shape)
	if err != nil {
		return err
	}
	if e.begin < 0 || e.end < e.begin || int64(n) != (e.end-e.begin)/int64(e.elem.Size()) || (e.end-e.begin)%int64(e.elem.Size()) != 0 {
		return fmt.Errorf("shape %v of %v does not fill bytes %d to %d", e.shape, e.elem, e.begin, e.end)
	}
	return nil
}

func checkPlaces(entries []entry, size int64) error {
	slices.SortStableFunc(entries, func(a, b entry) int {
		switch {
		case a.begin != b.begin:
			return compare(a.begin, b.begin)
		default:
			return compare(a.end, b.end)
		}
	})
	var at int64
	for _, e := range entries {
		if e.begin < at {
			return fmt.Errorf("tensor %.80q starts at %d, inside the one before it", e.name, e.begin)
		}
		if e.begin > at {
			return fmt.Errorf("%d bytes before tensor %.80q belong to none", e.begin-at, e.name)
		}
		at = e.end
	}
	if at != size {
		return fmt.Errorf("the tensors take %d bytes, the file has %d for them", at, size)
	}
	return nil
}

func compare(a, b int64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}
