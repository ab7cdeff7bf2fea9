package pickle

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/mapped"
	"github.com/stratascope/stratascope/tensor"
)

// maxProgram is the longest pickle that is read; the weights lie beside it.
const maxProgram = 64 << 20

// A CallError says that a pickle asks for something that weights do not need.
type CallError struct{ Global }

// Error names what it asks to call.
func (e *CallError) Error() string { return "asks to call " + e.String() }

// Network reports whether it only asks for the classes of a network that was stored as a whole, in Python or
// as TorchScript.
func (e *CallError) Network() bool { return ofNetwork(e.Global) }

func ofNetwork(g Global) bool {
	return g.Module == "torch.nn" || strings.HasPrefix(g.Module, "torch.nn.modules.") || g.Module == "torch.jit._pickle" || g.Module == "__torch__" || strings.HasPrefix(g.Module, "__torch__.")
}

// ErrForm says that a file of PyTorch holds no plain dictionary of weights.
var ErrForm = errors.New("no dictionary of weights")

// ErrNoProgram says that an archive is none of torch.save.
var ErrNoProgram = errors.New("no archive of torch.save")

// A Torch is an open file of torch.save that holds weights by name.
type Torch struct {
	file    *mapped.File
	names   []string
	tensors map[string]stored
}

// A stored is a tensor as a view of its storage.
type stored struct {
	storage       *array.Array // one dimension
	first         int
	shape, stride []int
}

// IsTorch reports whether a file that starts with head can be one of torch.save: a zip archive, or a pickle.
func IsTorch(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || len(head) > 1 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5
}

// OpenTorch maps f, which it owns from then on, and finds its weights. A file that asks to call anything but
// what rebuilds tensors gives a *CallError, one of another form an error that is ErrForm.
func OpenTorch(f *os.File) (*Torch, error) {
	m, err := mapped.Open(f)
	if err != nil {
		return nil, err
	}
	t := &Torch{file: m, tensors: map[string]stored{}}
	if err := t.read(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return t, nil
}

// Names returns the names of the weights in the order of the dictionary.
func (t *Torch) Names() []string { return t.names }

// Shape returns the dimensions of a weight.
func (t *Torch) Shape(name string) []int { return t.tensors[name].shape }

// Close unmaps and closes the file.
func (t *Torch) Close() error { return t.file.Close() }

// Tensor reads a weight.
func (t *Torch) Tensor(name string) (tensor.Tensor, error) {
	s, ok := t.tensors[name]
	if !ok {
		return tensor.Tensor{}, fmt.Errorf("no weight %q", name)
	}
	n, err := tensor.Count(s.shape)
	if err != nil {
		return tensor.Tensor{}, err
	}
	if s.dense() {
		out, err := s.storage.Rows(s.first, s.first+n)
		if err != nil {
			return out, fmt.Errorf("weight %s: %w", name, err)
		}
		return out.Reshape(s.shape...), nil
	}
	rows := make([]int, n)
	for i := range rows {
		at, rest := s.first, i
		for d := len(s.shape) - 1; d >= 0; d-- {
			at += rest % s.shape[d] * s.stride[d]
			rest /= s.shape[d]
		}
		rows[i] = at
	}
	out := tensor.New(s.storage.DType(), n)
	if err := s.storage.Gather(out, rows); err != nil {
		return tensor.Tensor{}, fmt.Errorf("weight %s: %w", name, err)
	}
	return out.Reshape(s.shape...), nil
}

// dense reports whether a tensor's values lie one after the other.
func (s stored) dense() bool {
	step := 1
	for d := len(s.shape) - 1; d >= 0; d-- {
		if s.shape[d] != 1 && s.stride[d] != step {
			return false
		}
		step *= s.shape[d]
	}
	return true
}

// read goes through the pickle, in an archive or, before PyTorch 1.6, at the head of the file.
func (t *Torch) read() error {
	head, err := t.file.Bytes(0, min(4, t.file.Size()))
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return t.old()
	}
	z, err := zip.NewReader(t.file, t.file.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are keys here, never paths
		return fmt.Errorf("not a readable archive: %w", err)
	}
	a := &archive{file: t.file, members: map[string]*zip.File{}, storages: map[string]*array.Array{}}
	for _, e := range z.File {
		_, name, _ := strings.Cut(e.Name, "/")
		a.members[name] = e
	}
	program, err := a.whole("data.pkl", maxProgram)
	if err != nil {
		return err
	}
	order, err := a.whole("byteorder", 16)
	a.big = err == nil && string(order) == "big"
	v, globals, _, err := Read(program)
	if call := refused(globals); call != nil {
		return call
	}
	if err != nil {
		return err
	}
	d := weights(v)
	if d == nil {
		return ErrForm
	}
	for _, e := range d.Items {
		name, ok := e.Key.(string)
		o := rebuilt(e.Value)
		if !ok || o == nil {
			continue
		}
		s, err := a.tensor(o)
		if err != nil {
			return fmt.Errorf("weight %.80q: %w", name, err)
		}
		if _, twice := t.tensors[name]; !twice {
			t.names = append(t.names, name)
		}
		t.tensors[name] = s
	}
	return nil
}

// old looks for calls in the pickles at the head of a file of another form.
func (t *Torch) old() error {
	b, err := t.file.Bytes(0, min(maxProgram, t.file.Size()))
	if err != nil {
		return err
	}
	for range 4 { // a number, a version, the system, the object
		if len(b) == 0 {
			break
		}
		var globals []Global
		_, globals, b, err = Read(b)
		if call := refused(globals); call != nil {
			return call
		}
		if err != nil {
			return err
		}
	}
	return ErrForm
}

// harmless are the names that files of weights need, which are never called here.
var harmless = map[string]bool{
	"__builtin__.set": true, "builtins.set": true, "__builtin__.frozenset": true, "builtins.frozenset": true,
	"collections.OrderedDict": true, "torch.Size": true, "torch.device": true, "_codecs.encode": true,
	"torch._utils._rebuild_tensor": true, "torch._utils._rebuild_tensor_v2": true, "torch._utils._rebuild_parameter": true,
	"numpy.core.multiarray._reconstruct": true, "numpy._core.multiarray._reconstruct": true, "numpy.ndarray": true, "numpy.dtype": true,
	"numpy.core.multiarray.scalar": true, "numpy._core.multiarray.scalar": true,
}

// refused returns the first name that weights do not need, the classes of a
// network last: they are only a sign that it was stored as a whole.
func refused(globals []Global) error {
	var whole error
	for _, g := range globals {
		_, storage := elements[g]
		switch {
		case storage || harmless[g.String()]:
		case ofNetwork(g):
			if whole == nil {
				whole = &CallError{g}
			}
		default:
			return &CallError{g}
		}
	}
	return whole
}

// elements are the storages of PyTorch.
var elements = map[Global]array.Elem{
	{"torch", "FloatStorage"}: array.Float32, {"torch", "DoubleStorage"}: array.Float64, {"torch", "HalfStorage"}: array.Float16, {"torch", "BFloat16Storage"}: array.BFloat16,
	{"torch", "LongStorage"}: array.Int64, {"torch", "IntStorage"}: array.Int32, {"torch", "ShortStorage"}: array.Int16, {"torch", "CharStorage"}: array.Int8,
	{"torch", "ByteStorage"}: array.Uint8, {"torch", "BoolStorage"}: array.Bool,
}

// An archive is a zip file of torch.save.
type archive struct {
	file     *mapped.File
	members  map[string]*zip.File // by name within the archive's folder
	storages map[string]*array.Array
	big      bool // big-endian
}

// whole reads a small member.
func (a *archive) whole(name string, most uint64) ([]byte, error) {
	e := a.members[name]
	if e == nil {
		return nil, fmt.Errorf("no member %s: %w", name, ErrNoProgram)
	}
	if e.UncompressedSize64 > most {
		return nil, fmt.Errorf("member %s has %d bytes, want at most %d", name, e.UncompressedSize64, most)
	}
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, int64(most)))
	return b, errors.Join(err, r.Close())
}
