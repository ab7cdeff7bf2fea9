package recording

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/npy"
	"github.com/stratascope/stratascope/tensor"
)

// isLayerFile reports whether a file of a plain folder holds a layer: 01-conv1.npy.
func isLayerFile(name string) bool {
	_, _, ok := layerFile(name)
	return ok
}

func layerFile(name string) (order int, layer string, ok bool) {
	stem, npy := strings.CutSuffix(name, ".npy")
	digits, layer, cut := strings.Cut(stem, "-")
	if !npy || !cut || layer == "" || digits == "" || len(digits) > 9 || strings.Trim(digits, "0123456789") != "" {
		return 0, "", false
	}
	order, err := strconv.Atoi(digits)
	return order, layer, err == nil
}

// loadPlain reads a folder of .npy files, one a layer, and makes up the manifest it would have.
func (r *Recording) loadPlain(entries []fs.DirEntry) error {
	r.manifest = &Manifest{Format: Format, Version: Version, Splits: map[string]Counted{}}
	st := &store{name: strings.TrimSuffix(r.folder.name, "/"), arrays: map[string]*array.Array{}}
	r.stores = append(r.stores, st)
	n := -1
	for _, e := range entries {
		name := e.Name()
		order, layer, isLayer := layerFile(name)
		as := map[string]string{"labels.npy": "y", "logits.npy": "out/logits", "x.npy": "in/x", "split.npy": "split", "id.npy": "id"}[name]
		if isLayer {
			as = "feat/" + layer
		}
		if as == "" {
			if strings.HasSuffix(name, ".npy") {
				r.notes = append(r.notes, name+" was left out: no layer file such as 01-conv1.npy, nor labels, logits, split, id or x")
			}
			continue
		}
		a, err := st.add(r.folder, name, as)
		if err != nil {
			return err
		}
		if n < 0 {
			n = a.Len()
		}
		if len(a.Shape()) == 0 || a.Len() != n {
			return fmt.Errorf("%s%s: shape is %v, want %d samples first as in the files before it", r.folder.name, name, a.Shape(), n)
		}
		if isLayer {
			if a.DType() == tensor.String || len(a.Shape()) < 2 {
				return fmt.Errorf("%s%s: %v of shape %v, want numbers, samples first, then a layer's values", r.folder.name, name, a.Elem(), a.Shape())
			}
			r.manifest.Sites = append(r.manifest.Sites, Site{Name: layer, Order: order, Shape: slices.Clone(a.RowShape())})
		}
	}
	if len(r.manifest.Sites) > mostSites {
		return fmt.Errorf("%s: %d layer files, at most %d are read", r.folder.name, len(r.manifest.Sites), mostSites)
	}
	if err := r.assume(st); err != nil {
		return err
	}
	if err := r.plainSamples(st, n); err != nil {
		return fmt.Errorf("%s: %w", r.folder.name, err)
	}
	return r.manifest.check()
}

// add opens an npy file under a name. What a failed opening leaves open is closed with the recording.
func (s *store) add(f *folder, file, as string) (*array.Array, error) {
	if s.arrays[as] != nil {
		return nil, fmt.Errorf("%s%s: a second file for %s", f.name, file, as)
	}
	h, _, err := f.open(file)
	if err != nil {
		return nil, err
	}
	a, err := npy.Open(h)
	if err != nil {
		return nil, err
	}
	s.arrays[as], s.names, s.files = a.Array, append(s.names, as), append(s.files, io.Closer(a))
	return a.Array, nil
}

// assume fills in what a plain folder does not say: layers follow one another; four dimensions are the maps
// of a convolution, fewer those of a linear map; values that are never negative and often zero are those of
// a rectifier.
func (r *Recording) assume(st *store) error {
	sites := r.manifest.Sites
	slices.SortStableFunc(sites, func(a, b Site) int { return a.Order - b.Order })
	rectified := 0
	for i := range sites {
		s := &sites[i]
		s.Op = "Linear"
		if len(s.Shape) >= 3 {
			s.Op = "Conv"
		}
		s.After = []string{"input"}
		if i > 0 {
			s.After = []string{sites[i-1].Name}
		}
		relu, err := looksRectified(st.arrays["feat/"+s.Name])
		if err != nil {
			return err
		}
		if relu {
			s.Activation = "Relu"
			rectified++
		}
	}
	if len(sites) > 0 {
		sites[len(sites)-1].Head = true
	}
	r.notes = append(r.notes, fmt.Sprintf("%d layers are taken to follow one another in the order of their numbers", len(sites)),
		"layers of three dimensions a sample are taken for convolutions with units first, others for linear maps with units last")
	if rectified > 0 {
		r.notes = append(r.notes, fmt.Sprintf("%d layers whose values are never negative and often zero are taken to end in Relu", rectified))
	}
	return nil
}

// looked is the number of samples whose values are looked at.
const looked = 64

func looksRectified(a *array.Array) (bool, error) {
	n := min(looked, a.Len())
	zeros, all := 0, 0
	for i := range n {
		t := tensor.New(tensor.Float32, append([]int{1}, a.RowShape()...)...)
		if err := gather(t, a, []int{i}); err != nil {
			return false, err
		}
		for _, v := range t.Float32s() {
			if v < 0 {
				return false, nil
			}
			if v == 0 {
				zeros++
			}
			all++
		}
	}
	return all > 0 && zeros*50 >= all, nil
}

// plainSamples makes up the list of samples.
func (r *Recording) plainSamples(st *store, n int) error {
	if n <= 0 {
		return fmt.Errorf("no samples")
	}
	r.roll = &roll{splits: make([]dataset.Split, n)}
	if err := r.plainIDs(st, n); err != nil {
		return err
	}
	if err := r.plainSplits(st); err != nil {
		return err
	}
	for i, s := range r.roll.splits {
		key := portion{split: s}
		p := r.parts[key]
		if p == nil {
			p = &part{stretches: []stretch{{store: st}}}
			r.parts[key] = p
		}
		p.lines = append(p.lines, i)
		p.n++
		p.stretches[0].n = p.n
		p.stretches[0].index = p.lines
		r.manifest.Splits[string(s)] = Counted{p.n}
	}
	if y := st.arrays["y"]; y == nil {
		r.notes = append(r.notes, "there is no labels.npy: rules that need labels are not run")
	} else if y.DType().IsFloat() || len(y.Shape()) != 1 {
		r.manifest.Task.Kind = string(dataset.Regression)
		r.notes = append(r.notes, fmt.Sprintf("labels.npy holds %v of shape %v: not classes, so rules that need them are not run", y.Elem(), y.Shape()))
	} else {
		lines := make([]int, n)
		for i := range lines {
			lines[i] = i
		}
		if err := r.checkLabels(st, lines); err != nil {
			return err
		}
		r.nameClasses(st)
	}
	if st.arrays["out/logits"] == nil {
		r.notes = append(r.notes, "there is no logits.npy: rules that need the network's output are not run")
	}
	return nil
}

// nameClasses numbers the classes as the network has outputs, where the labels are among them.
func (r *Recording) nameClasses(st *store) {
	a := st.arrays["out/logits"]
	if a == nil || len(a.Shape()) != 2 || r.roll.labels == nil {
		return
	}
	k := a.RowShape()[0]
	if k < 2 || k > mostClass || int(slices.Max(r.roll.labels)) >= k {
		return
	}
	for i := range k {
		r.manifest.Task.Classes = append(r.manifest.Task.Classes, strconv.Itoa(i))
	}
}

func (r *Recording) plainIDs(st *store, n int) error {
	a := st.arrays["id"]
	if a == nil {
		for i := range n {
			r.roll.ids = append(r.roll.ids, strconv.Itoa(i))
		}
		r.notes = append(r.notes, "samples are named by their row, 0 to "+strconv.Itoa(n-1))
		return nil
	}
	var err error
	r.roll.ids, err = texts(a)
	return err
}

func (r *Recording) plainSplits(st *store) error {
	a := st.arrays["split"]
	if a == nil {
		for i := range r.roll.splits {
			r.roll.splits[i] = dataset.Val
		}
		r.notes = append(r.notes, "there is no split.npy: all samples are taken for samples the network has not seen, val")
		return nil
	}
	names, err := texts(a)
	if err != nil {
		return err
	}
	for i, name := range names {
		s, ok := dataset.ParseSplit(name)
		if !ok {
			return fmt.Errorf("split.npy: row %d is %.40q, want train, val, test or deploy, or 0 to 3", i, name)
		}
		r.roll.splits[i] = s
	}
	return nil
}

// texts returns an array of texts or whole numbers as texts.
func texts(a *array.Array) ([]string, error) {
	if len(a.Shape()) != 1 {
		return nil, fmt.Errorf("shape is %v, want one text or number a sample", a.Shape())
	}
	t, err := a.Tensor()
	if err != nil {
		return nil, err
	}
	if t.DType() == tensor.String {
		return tensor.Data[string](t), nil
	}
	numbers, ok := integers(t)
	if !ok {
		return nil, fmt.Errorf("elements are %v, want texts or whole numbers", a.Elem())
	}
	out := make([]string, len(numbers))
	for i, v := range numbers {
		out[i] = strconv.FormatInt(v, 10)
	}
	return out, nil
}
