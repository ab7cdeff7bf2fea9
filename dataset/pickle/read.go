package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// maxStack bounds the values that wait on the stack.
const maxStack = 1 << 22

// A machine goes through one pickle.
type machine struct {
	in      []byte
	at      int
	stack   []Value
	memo    map[uint64]Value
	globals []Global // named so far
}

// errEnd says that a pickle stops in the middle of a step.
var errEnd = errors.New("it ends early")

// Read reads the first pickle of b. It returns the value it describes, every name it wants to import, found
// even where an error ends the reading, and the bytes behind it.
func Read(b []byte) (v Value, globals []Global, rest []byte, err error) {
	m := &machine{in: b, memo: map[uint64]Value{}}
	for {
		op, err := m.byte()
		if err != nil {
			return nil, m.globals, nil, fmt.Errorf("pickle: byte %d: %w", m.at, err)
		}
		if op == '.' {
			v, err := m.pop()
			return v, m.globals, b[m.at:], err
		}
		begin := m.at - 1
		if err := m.step(op); err != nil {
			return nil, m.globals, nil, fmt.Errorf("pickle: byte %d, opcode %#02x: %w", begin, op, err)
		}
		if len(m.stack) > maxStack {
			return nil, m.globals, nil, fmt.Errorf("pickle: more than %d values on the stack", maxStack)
		}
	}
}

// take reads n bytes, in place.
func (m *machine) take(n uint64) ([]byte, error) {
	if n > uint64(len(m.in)-m.at) {
		return nil, errEnd
	}
	b := m.in[m.at : m.at+int(n)]
	m.at += int(n)
	return b, nil
}

func (m *machine) byte() (byte, error) {
	b, err := m.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// number reads a little-endian number of n bytes.
func (m *machine) number(n int) (uint64, error) {
	b, err := m.take(uint64(n))
	if err != nil {
		return 0, err
	}
	var full [8]byte
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:]), nil
}

// sized reads a length of n bytes and as many bytes.
func (m *machine) sized(n int) ([]byte, error) {
	size, err := m.number(n)
	if err != nil {
		return nil, err
	}
	return m.take(size)
}

// line reads up to a line's end.
func (m *machine) line() (string, error) {
	n := bytes.IndexByte(m.in[m.at:], '\n')
	if n < 0 {
		return "", errEnd
	}
	b, err := m.take(uint64(n + 1))
	if err != nil {
		return "", err
	}
	return string(b[:n]), nil
}

func (m *machine) push(v Value) { m.stack = append(m.stack, v) }

func (m *machine) pop() (Value, error) {
	if len(m.stack) == 0 {
		return nil, errors.New("the stack is empty")
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

// pops takes the n topmost values, in their order.
func (m *machine) pops(n int) ([]Value, error) {
	if n > len(m.stack) {
		return nil, errors.New("the stack is empty")
	}
	at := len(m.stack) - n
	out := append([]Value(nil), m.stack[at:]...)
	m.stack = m.stack[:at]
	return out, nil
}

// marked takes what stands above the last mark, and the mark.
func (m *machine) marked() ([]Value, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, ok := m.stack[i].(mark); ok {
			out, err := m.pops(len(m.stack) - 1 - i)
			m.stack = m.stack[:i]
			return out, err
		}
	}
	return nil, errors.New("there is no mark")
}

// global notes a name.
func (m *machine) global(module, name string) Global {
	g := Global{module, name}
	m.globals = append(m.globals, g)
	return g
}

// step carries out one opcode.
func (m *machine) step(op byte) error {
	if size, ok := skipped[op]; ok {
		_, err := m.take(uint64(size))
		return err
	}
	if read, ok := scalars[op]; ok {
		v, err := read(m)
		if err == nil {
			m.push(v)
		}
		return err
	}
	if do, ok := steps[op]; ok {
		return do(m)
	}
	return errors.New("unknown")
}

// skipped are opcodes that change nothing here, with the bytes that follow them.
var skipped = map[byte]int{0x80: 1 /* PROTO */, 0x95: 8 /* FRAME */, 0x98: 0 /* READONLY_BUFFER */}

// constant, text, whole and raw read what an opcode pushes.
func constant(v Value) func(*machine) (Value, error) {
	return func(*machine) (Value, error) { return v, nil }
}

func text(width int) func(*machine) (Value, error) {
	return func(m *machine) (Value, error) {
		b, err := m.sized(width)
		return string(b), err
	}
}

func whole(width int, signed bool) func(*machine) (Value, error) {
	return func(m *machine) (Value, error) {
		n, err := m.number(width)
		if signed {
			shift := 64 - 8*width
			return int64(n<<shift) >> shift, err
		}
		return int64(n), err
	}
}

func raw(width int) func(*machine) (Value, error) {
	return func(m *machine) (Value, error) {
		b, err := m.sized(width)
		return Bytes(b), err
	}
}

// long reads a whole number of any length.
func long(width int) func(*machine) (Value, error) {
	return func(m *machine) (Value, error) {
		b, err := m.sized(width)
		if err != nil || len(b) > 8 {
			return Bytes(b), err
		}
		var n uint64
		for i, c := range b {
			n |= uint64(c) << (8 * i)
		}
		if len(b) == 0 {
			return int64(0), nil
		}
		shift := 64 - 8*len(b)
		return int64(n<<shift) >> shift, nil
	}
}

func lined(m *machine) (Value, error) {
	s, err := m.line()
	return s, err
}

func wholeLine(m *machine) (Value, error) {
	s, err := m.line()
	if err != nil {
		return nil, err
	}
	switch s {
	case "00":
		return false, nil
	case "01":
		return true, nil
	}
	return strconv.ParseInt(string(bytes.TrimSuffix([]byte(s), []byte("L"))), 10, 64)
}

func floatLine(m *machine) (Value, error) {
	s, err := m.line()
	if err != nil {
		return nil, err
	}
	return strconv.ParseFloat(s, 64)
}

func float(m *machine) (Value, error) {
	b, err := m.take(8)
	if err != nil {
		return nil, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}
