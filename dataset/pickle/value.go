package pickle

// A Value is what a pickle describes: nil, bool, int64, float64, string, Bytes, *List, Tuple, *Dict, Global,
// *Object or Persistent.
type Value any

// Bytes are raw bytes, or a whole number too long for 64 bits.
type Bytes []byte

// A List is a list or a set.
type List struct{ Items []Value }

// A Tuple is a tuple.
type Tuple []Value

// A Dict is a dictionary in the order in which it was filled; an OrderedDict is one too.
type Dict struct{ Items []Item }

// An Item is an entry of a dictionary.
type Item struct{ Key, Value Value }

// A Global is the name of a class or function that the pickle wants.
type Global struct{ Module, Name string }

// String is the name as Python writes it.
func (g Global) String() string { return g.Module + "." + g.Name }

// An Object stands for what a call would have given.
type Object struct {
	Callee Value
	Args   Value
}

// A Persistent refers to something beside the pickle.
type Persistent struct{ ID Value }

// mark is where the items of a container begin on the stack.
type mark struct{}
