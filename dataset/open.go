package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/dataset/idx"
	"github.com/stratascope/stratascope/dataset/npy"
	"github.com/stratascope/stratascope/dataset/npz"
	"github.com/stratascope/stratascope/dataset/safetensors"
)

// Options are what a user can say about data. The zero value finds everything out.
type Options struct {
	Train, Val, Test, Deploy string // paths of splits given one by one; then Open's path is empty

	Labels   string   // a table of id and label
	Groups   string   // a table of id and attributes
	Classes  string   // names of the classes by label: a line each, or a JSON list
	Seen     string   // a table or list of the ids of the training samples
	Features []string // the columns of a table that are the input, in that order
	NoLabels bool     // go on without labels
	Task     Kind     // what the labels mean, where it is not found out rightly

	Preprocess Preprocess
	Inputs     []Input // of the network; without, only x is read, as it is stored
	Outputs    int     // classes the network tells apart; 0 if that is not known
	Model      string  // the network's name, for messages
	BFloat16   bool    // 16-bit whole numbers of arrays are bfloat16
	Jobs       int     // goroutines that decode the pictures of one batch; 0: one a processor

	Rules, LabelRules int // how many rules there are and how many need labels, for messages
}

func (o Options) model() string {
	if o.Model == "" {
		return "the network"
	}
	return o.Model
}

func (o Options) wants(name string) bool {
	return slices.ContainsFunc(o.Inputs, func(in Input) bool { return in.Name == name })
}

// Open opens data, whose form is found out by content: a folder of images, of npy or of MNIST's
// files; an npz, npy, safetensors or IDX file; a table. Without a path, the paths of Options are opened.
func Open(path string, o Options) (*Set, error) {
	if path != "" {
		pieces, closers, err := openPath(path, o)
		if err != nil {
			return nil, err
		}
		return assemble(path, pieces, closers, o)
	}
	var all []piece
	var closers []io.Closer
	var paths []string
	given := []string{o.Train, o.Val, o.Test, o.Deploy}
	for i, split := range Splits() {
		if given[i] == "" {
			continue
		}
		pieces, c, err := openPath(given[i], o)
		closers = append(closers, c...)
		if err != nil {
			closeAll(closers)
			return nil, err
		}
		for _, p := range pieces {
			p.split, p.splits = split, nil
			all = append(all, p)
		}
		paths = append(paths, given[i])
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no data given")
	}
	return assemble(strings.Join(paths, ", "), all, closers, o)
}

func closeAll(closers []io.Closer) {
	for _, c := range closers {
		c.Close()
	}
}

func openPath(path string, o Options) ([]piece, []io.Closer, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case st.IsDir():
		return openFolder(path, o)
	case !st.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s: neither a regular file nor a folder", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		f.Close()
		return nil, nil, err
	}
	return openFile(f, path, head[:n], st.Size(), o)
}

// openFile opens a file by what it starts with.
func openFile(f *os.File, path string, head []byte, size int64, o Options) ([]piece, []io.Closer, error) {
	switch {
	case npz.Is(head):
		return openContainer(path, o, func() (container, error) { return npz.Open(f) })
	case safetensors.Is(head, size):
		return openContainer(path, o, func() (container, error) { return safetensors.Open(f) })
	case npy.Is(head):
		a, err := npy.Open(f)
		if err != nil {
			return nil, nil, err
		}
		return openArray(path, o, a.Array, a)
	case idx.Is(head) || idx.IsGzip(head):
		a, err := idx.Open(f)
		if err != nil {
			return nil, nil, err
		}
		return openArray(path, o, a.Array, a)
	}
	defer f.Close()
	if err := refused(path, head); err != nil {
		return nil, nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, nil, err
	}
	p, err := readSamples(path, f, o)
	return []piece{p}, nil, err
}

// refused names the forms that are known and not read.
func refused(path string, head []byte) error {
	form := ""
	switch {
	case len(head) == 0:
		return fmt.Errorf("%s: the file is empty", path)
	case bytes.HasPrefix(head, []byte("PAR1")):
		form = "Parquet files are not read yet; save it as CSV or npz"
	case len(head) > 262 && string(head[257:262]) == "ustar":
		form = "tar shards are not read yet; unpack them into a folder"
	case bytes.HasPrefix(head, []byte("\x89HDF\r\n")):
		form = "HDF5 files are not read; save the arrays as npz"
	case bytes.HasPrefix(head, []byte("\x80\x02")), bytes.HasPrefix(head, []byte("\x80\x03")), bytes.HasPrefix(head, []byte("\x80\x04")), bytes.HasPrefix(head, []byte("\x80\x05")):
		form = "pickled Python is not read; save the arrays as npz"
	case head[0] == '>':
		form = "FASTA is not read yet; save encoded sequences as npz"
	case head[0] == '{' || head[0] == '[':
		form = "JSON lines and text are not read yet; save token ids as npz"
	case isPicture(head):
		form = "one image; want a folder of images"
	case bytes.IndexByte(head, 0) >= 0:
		form = "not a form of data that is known: want a folder of images, npz, npy, safetensors, IDX, CSV or TSV"
	default:
		return nil
	}
	return fmt.Errorf("%s: %s", path, form)
}

func isPicture(head []byte) bool {
	for _, magic := range []string{"\x89PNG", "\xff\xd8\xff", "GIF8", "BM", "II*\x00", "MM\x00*"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return len(head) > 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
}

// openFolder tells the kinds of folders apart by the names of their files.
func openFolder(path string, o Options) ([]piece, []io.Closer, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, nil, err
	}
	entries, err := readDir(root, ".")
	if err != nil {
		root.Close()
		return nil, nil, err
	}
	arrays := false
	for _, e := range entries {
		if idxNames[idxName(e.Name())].what != "" {
			defer root.Close()
			return openIDX(root, path, entries, o)
		}
		arrays = arrays || filepath.Ext(e.Name()) == ".npy"
	}
	if arrays {
		defer root.Close()
		return openContainer(path, o, func() (container, error) { return openNpyFolder(root, entries) })
	}
	pieces, err := openImages(root, path, o)
	if err != nil {
		root.Close()
		return nil, nil, err
	}
	return pieces, []io.Closer{root}, nil
}

// openIn opens a regular file inside a folder; links out of it are refused.
func openIn(root *os.Root, name string) (*os.File, int64, error) {
	fail := func(err error) (*os.File, int64, error) {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, 0, fmt.Errorf("%s: %w", filepath.Join(root.Name(), name), err)
	}
	st, err := root.Stat(name) // before opening, which would wait for the writer of a pipe
	if err != nil {
		return fail(err)
	}
	if !st.Mode().IsRegular() {
		return fail(errNoFile)
	}
	f, err := root.Open(name)
	if err != nil {
		return fail(err)
	}
	if st, err = f.Stat(); err == nil && !st.Mode().IsRegular() {
		err = errNoFile
	}
	if err != nil {
		f.Close()
		return fail(err)
	}
	return f, st.Size(), nil
}

var errNoFile = errors.New("not a regular file")

// readDir lists a folder inside root, sorted by name, without hidden files.
func readDir(root *os.Root, dir string) ([]os.DirEntry, error) {
	f, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") })
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}
