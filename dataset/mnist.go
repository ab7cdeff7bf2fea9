package dataset

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/stratascope/stratascope/dataset/idx"
)

// idxNames are the names of MNIST's four files.
var idxNames = map[string]struct {
	split Split
	what  string
}{
	"train-images-idx3-ubyte": {Train, "x"},
	"train-labels-idx1-ubyte": {Train, "y"},
	"t10k-images-idx3-ubyte":  {Test, "x"},
	"t10k-labels-idx1-ubyte":  {Test, "y"},
}

// idxName returns a file's name as in idxNames: without .gz, with hyphens.
func idxName(name string) string {
	return strings.Replace(strings.TrimSuffix(name, ".gz"), ".idx", "-idx", 1)
}

// openIDX opens MNIST's files in a folder; of a plain and a gzipped one the plain one is taken.
func openIDX(root *os.Root, path string, entries []os.DirEntry, o Options) ([]piece, []io.Closer, error) {
	bySplit := map[Split]*piece{}
	var closers []io.Closer
	fail := func(err error) ([]piece, []io.Closer, error) {
		closeAll(closers)
		return nil, nil, err
	}
	taken := map[string]bool{}
	for _, e := range entries { // x before x.gz
		name := idxName(e.Name())
		is := idxNames[name]
		if is.what == "" || taken[name] {
			continue
		}
		taken[name] = true
		f, _, err := openIn(root, e.Name())
		if err != nil {
			return fail(err)
		}
		a, err := idx.Open(f)
		if err != nil {
			return fail(err)
		}
		closers = append(closers, a)
		p := bySplit[is.split]
		if p == nil {
			p = &piece{name: path, split: is.split, sources: map[string]source{}}
			bySplit[is.split] = p
		}
		if is.what == "y" {
			p.target = stored{a.Array}
		} else if err := p.addInput("x", a.Array, o); err != nil {
			return fail(fmt.Errorf("%s: %w", filepath.Join(path, e.Name()), err))
		}
	}
	var pieces []piece
	for _, split := range Splits() {
		if p := bySplit[split]; p != nil {
			if p.n == 0 {
				return fail(fmt.Errorf("%s: labels of %s without its images", path, split))
			}
			pieces = append(pieces, *p)
		}
	}
	return pieces, closers, nil
}
