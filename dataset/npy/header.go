package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/mapped"
)

const (
	magic     = "\x93NUMPY"
	maxHeader = 64 << 10 // NumPy itself refuses headers over 10,000 bytes
)

// Is reports whether a file that starts with head is an npy file.
func Is(head []byte) bool { return strings.HasPrefix(string(head), magic) }

// Parse reads the header of an npy file that lies at offset in file and fills limit bytes there.
func Parse(file *mapped.File, offset, limit int64) (*array.Array, error) {
	fail := func(err error) (*array.Array, error) {
		return nil, fmt.Errorf("%s: not a readable npy array: %w", file.Name(), err)
	}
	var text string
	var size int64
	err := file.Guard(func() error {
		fixed, err := file.Bytes(offset, min(12, limit))
		if err != nil {
			return err
		}
		first, length, err := preamble(fixed)
		if err != nil {
			return err
		}
		size = first + length
		if size > limit {
			return fmt.Errorf("the header of %d bytes is longer than the file", length)
		}
		b, err := file.Bytes(offset+first, length)
		text = string(b)
		return err
	})
	if err != nil {
		return fail(err)
	}
	l, err := parseDict(text)
	if err != nil {
		return fail(err)
	}
	l.Offset = offset + size
	a, err := array.New(file, l)
	if err != nil {
		return nil, err // with the file's name
	}
	if need := int64(product(l.Shape)) * int64(l.Width); need > limit-size {
		return fail(fmt.Errorf("shape %v of %v needs %d bytes, there are %d", l.Shape, l.Elem, need, limit-size))
	}
	return a, nil
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// preamble returns where the header's text starts and how long it is.
func preamble(b []byte) (first, length int64, err error) {
	if len(b) < 10 || !Is(b) {
		return 0, 0, errors.New("it does not start with the magic of npy")
	}
	switch b[6] {
	case 1:
		first, length = 10, int64(binary.LittleEndian.Uint16(b[8:]))
	case 2, 3:
		if len(b) < 12 {
			return 0, 0, errors.New("it ends within its header")
		}
		first, length = 12, int64(binary.LittleEndian.Uint32(b[8:]))
	default:
		return 0, 0, fmt.Errorf("version %d.%d, want 1 to 3", b[6], b[7])
	}
	if length > maxHeader {
		return 0, 0, fmt.Errorf("a header of %d bytes, at most %d are read", length, maxHeader)
	}
	return first, length, nil
}

// parseDict reads the Python dictionary of the header; it evaluates nothing.
func parseDict(text string) (array.Layout, error) {
	var l array.Layout
	p := &parser{rest: text}
	p.expect("{")
	seen := map[string]bool{}
	for p.err == nil && !p.take("}") {
		key := p.text()
		p.expect(":")
		if seen[key] {
			p.fail("key %q is there twice", key)
		}
		seen[key] = true
		switch key {
		case "descr":
			p.descr(&l)
		case "fortran_order":
			l.Fortran = p.boolean()
		case "shape":
			l.Shape = p.shape()
		default:
			p.fail("unknown key %q", key)
		}
		if !p.take(",") {
			p.expect("}")
			break
		}
	}
	if p.err == nil && strings.TrimSpace(p.rest) != "" {
		p.fail("text after the header's dictionary")
	}
	if p.err == nil && len(seen) != 3 {
		p.fail("the header has %d of the keys descr, fortran_order and shape", len(seen))
	}
	return l, p.err
}

type parser struct {
	rest string
	err  error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *parser) take(token string) bool {
	p.rest = strings.TrimLeft(p.rest, " \t\n\r")
	if p.err != nil || !strings.HasPrefix(p.rest, token) {
		return false
	}
	p.rest = p.rest[len(token):]
	return true
}

func (p *parser) expect(token string) {
	if !p.take(token) {
		p.fail("the header wants %q at %.20q", token, p.rest)
	}
}

func (p *parser) text() string {
	quote := ""
	for _, q := range []string{"'", `"`} {
		if p.take(q) {
			quote = q
			break
		}
	}
	end := strings.Index(p.rest, quote)
	if quote == "" || end < 0 {
		p.fail("the header wants a text at %.20q", p.rest)
		return ""
	}
	s := p.rest[:end]
	p.rest = p.rest[end+1:]
	return s
}

func (p *parser) boolean() bool {
	if p.take("True") {
		return true
	}
	if !p.take("False") {
		p.fail("the header wants True or False at %.20q", p.rest)
	}
	return false
}

func (p *parser) shape() []int {
	p.expect("(")
	shape := []int{}
	for p.err == nil && !p.take(")") {
		p.rest = strings.TrimLeft(p.rest, " ")
		end := 0
		for end < len(p.rest) && p.rest[end] >= '0' && p.rest[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(p.rest[:end])
		if err != nil {
			p.fail("shape: want a number at %.20q", p.rest)
			break
		}
		p.rest = strings.TrimPrefix(p.rest[end:], "L") // Python 2 wrote 3L
		if shape = append(shape, n); len(shape) > 32 {
			p.fail("shape: more than 32 dimensions")
		}
		if !p.take(",") {
			p.expect(")")
			break
		}
	}
	return shape
}

var descrs = map[string]array.Elem{
	"f2": array.Float16, "f4": array.Float32, "f8": array.Float64,
	"i1": array.Int8, "i2": array.Int16, "i4": array.Int32, "i8": array.Int64,
	"u1": array.Uint8, "u2": array.Uint16, "u4": array.Uint32, "u8": array.Uint64,
	"b1": array.Bool, "?": array.Bool,
}

func (p *parser) descr(l *array.Layout) {
	if p.take("[") {
		p.fail("structured arrays are not read")
		return
	}
	d := p.text()
	if p.err != nil {
		return
	}
	kind := strings.TrimLeft(d, "<>=|")
	if len(d)-len(kind) > 1 || kind == "" {
		p.fail("element type %q is not read", d)
		return
	}
	l.Big = d[0] == '>'
	if e, ok := descrs[kind]; ok {
		l.Elem, l.Width = e, e.Size()
		return
	}
	width, err := strconv.Atoi(kind[1:])
	switch {
	case kind[0] == 'O':
		p.fail("object arrays hold pickled Python and are refused; save numbers or text")
	case kind[0] == 'S' && err == nil && width >= 0 && width <= 1<<20:
		l.Elem, l.Width = array.Bytes, width
	case kind[0] == 'U' && err == nil && width >= 0 && width <= 1<<18:
		l.Elem, l.Width = array.Unicode, 4*width
	default:
		p.fail("element type %q is not read", d)
	}
}
