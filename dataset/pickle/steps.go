package pickle

import (
	"errors"
	"strconv"
)

// scalars are the opcodes that push a value of their own.
var scalars = map[byte]func(*machine) (Value, error){
	'N': constant(nil), 0x88: constant(true), 0x89: constant(false),
	'I': wholeLine, 'J': whole(4, true), 'K': whole(1, false), 'M': whole(2, false), 'L': wholeLine, 0x8a: long(1), 0x8b: long(4),
	'F': floatLine, 'G': float,
	'S': lined, 'T': text(4), 'U': text(1), 'V': lined, 'X': text(4), 0x8c: text(1), 0x8d: text(8),
	'B': raw(4), 'C': raw(1), 0x8e: raw(8), 0x96: raw(8),
	'(': constant(mark{}), ')': func(*machine) (Value, error) { return Tuple(nil), nil },
	']': func(*machine) (Value, error) { return &List{}, nil }, 0x8f: func(*machine) (Value, error) { return &List{}, nil },
	'}':  func(*machine) (Value, error) { return &Dict{}, nil },
	0x97: func(*machine) (Value, error) { return Bytes(nil), nil },
}

// steps are the opcodes that work on the stack.
var steps = map[byte]func(*machine) error{
	'0': drop, '1': func(m *machine) error { _, err := m.marked(); return err }, '2': duplicate,
	'l':  func(m *machine) error { return m.collect(func(x []Value) Value { return &List{x} }) },
	't':  func(m *machine) error { return m.collect(func(x []Value) Value { return Tuple(x) }) },
	'd':  func(m *machine) error { return m.collect(func(x []Value) Value { return (&Dict{}).add(x) }) },
	0x91: func(m *machine) error { return m.collect(func(x []Value) Value { return &List{x} }) },
	0x85: tuple(1), 0x86: tuple(2), 0x87: tuple(3),
	'a': func(m *machine) error { return m.fill(m.pops(1)) }, 'e': func(m *machine) error { return m.fill(m.marked()) }, 0x90: func(m *machine) error { return m.fill(m.marked()) },
	's': func(m *machine) error { return m.fill(m.pops(2)) }, 'u': func(m *machine) error { return m.fill(m.marked()) },
	'c': global, 0x93: stackGlobal, 'i': instance, 'o': object,
	'R': func(m *machine) error { return m.call(2) }, 0x81: func(m *machine) error { return m.call(2) }, 0x92: func(m *machine) error { return m.call(3) },
	'b': drop, // the state of an object that is not made
	'P': func(m *machine) error { return m.persistent(m.line()) }, 'Q': func(m *machine) error { return m.persistent(m.pop()) },
	'p': put(-1), 'q': put(1), 'r': put(4), 0x94: memoize,
	'g': get(-1), 'h': get(1), 'j': get(4),
	0x82: extension(1), 0x83: extension(2), 0x84: extension(4),
}

func drop(m *machine) error {
	_, err := m.pop()
	return err
}

func duplicate(m *machine) error {
	v, err := m.pop()
	m.push(v)
	m.push(v)
	return err
}

func (m *machine) collect(made func([]Value) Value) error {
	items, err := m.marked()
	if err == nil {
		m.push(made(items))
	}
	return err
}

func tuple(n int) func(*machine) error {
	return func(m *machine) error {
		items, err := m.pops(n)
		m.push(Tuple(items))
		return err
	}
}

// add takes in keys and values by turns.
func (d *Dict) add(items []Value) *Dict {
	for i := 0; i+1 < len(items); i += 2 {
		d.Items = append(d.Items, Item{items[i], items[i+1]})
	}
	return d
}

// fill puts items into the container below them; one that is not made takes none.
func (m *machine) fill(items []Value, err error) error {
	if err != nil {
		return err
	}
	if len(m.stack) == 0 {
		return errors.New("the stack is empty")
	}
	switch c := m.stack[len(m.stack)-1].(type) {
	case *List:
		c.Items = append(c.Items, items...)
	case *Dict:
		c.add(items)
	}
	return nil
}

func global(m *machine) error {
	module, err := m.line()
	if err != nil {
		return err
	}
	name, err := m.line()
	m.push(m.global(module, name))
	return err
}

// stackGlobal takes its names from the stack; what is no text could be anything and has no name.
func stackGlobal(m *machine) error {
	names, err := m.pops(2)
	if err != nil {
		return err
	}
	module, ok := names[0].(string)
	name, ok2 := names[1].(string)
	if !ok || !ok2 {
		module, name = "a name", "made while it runs"
	}
	m.push(m.global(module, name))
	return nil
}

// extension wants something of a registry of Python's own.
func extension(width int) func(*machine) error {
	return func(m *machine) error {
		n, err := m.number(width)
		m.push(m.global("copyreg", "extension "+strconv.FormatUint(n, 10)))
		return err
	}
}

func instance(m *machine) error {
	if err := global(m); err != nil {
		return err
	}
	callee, err := m.pop()
	if err != nil {
		return err
	}
	return m.collect(func(x []Value) Value { return &Object{callee, Tuple(x)} })
}

func object(m *machine) error {
	items, err := m.marked()
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return errors.New("nothing to call")
	}
	m.push(&Object{items[0], Tuple(items[1:])})
	return nil
}

// call takes a callee with its arguments. An OrderedDict is a dictionary; all else stays a call that is not
// made.
func (m *machine) call(n int) error {
	parts, err := m.pops(n)
	if err != nil {
		return err
	}
	if parts[0] == any(Global{"collections", "OrderedDict"}) {
		m.push(&Dict{})
		return nil
	}
	m.push(&Object{parts[0], parts[1]})
	return nil
}

func (m *machine) persistent(id Value, err error) error {
	m.push(Persistent{id})
	return err
}

// key reads the number of a memo, in so many bytes or as a line.
func (m *machine) key(width int) (uint64, error) {
	if width > 0 {
		return m.number(width)
	}
	s, err := m.line()
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(s, 10, 32)
}

func (m *machine) remember(key uint64) error {
	if len(m.stack) == 0 {
		return errors.New("the stack is empty")
	}
	m.memo[key] = m.stack[len(m.stack)-1]
	return nil
}

func memoize(m *machine) error { return m.remember(uint64(len(m.memo))) }

func put(width int) func(*machine) error {
	return func(m *machine) error {
		key, err := m.key(width)
		if err != nil {
			return err
		}
		return m.remember(key)
	}
}

func get(width int) func(*machine) error {
	return func(m *machine) error {
		key, err := m.key(width)
		if err != nil {
			return err
		}
		v, ok := m.memo[key]
		if !ok {
			return errors.New("nothing was remembered under that number")
		}
		m.push(v)
		return nil
	}
}
