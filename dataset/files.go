package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/stratascope/stratascope/dataset/image"
	"github.com/stratascope/stratascope/tensor"
)

// maxImageFile bounds the file of one image.
const maxImageFile = 256 << 20

// files is a source over image files.
type files struct {
	list    []file
	h, w, c int // -1 where samples differ
}

type file struct {
	root *os.Root
	name string
}

func (f file) path() string { return filepath.Join(f.root.Name(), f.name) }

// probed is how many images are looked at when a folder is opened, to learn their size and colour.
const probed = 16

// newFiles looks at a few images, spread over the list. If one of them is in colour all are read as
// RGB; if they differ in size the size is open.
func newFiles(list []file) (*files, error) {
	s := &files{list: list}
	for k := range min(probed, len(list)) {
		i := k * len(list) / min(probed, len(list))
		data, err := list[i].read()
		if err != nil {
			return nil, err
		}
		h, w, c, err := image.Size(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", list[i].path(), err)
		}
		if k == 0 {
			s.h, s.w = h, w
		}
		if h != s.h || w != s.w {
			s.h, s.w = -1, -1
		}
		s.c = max(s.c, c)
	}
	return s, nil
}

func joinFiles(parts []source) (source, error) {
	var list []file
	for _, p := range parts {
		f, ok := p.(*files)
		if !ok {
			return nil, errors.New("samples are images in one part and arrays in another")
		}
		list = append(list, f.list...)
	}
	return newFiles(list)
}

func (s *files) len() int            { return len(s.list) }
func (s *files) dtype() tensor.DType { return tensor.Uint8 }
func (s *files) shape() []int        { return []int{s.h, s.w, s.c} }

func (s *files) sample(i int) (tensor.Tensor, error) {
	data, err := s.list[i].read()
	if err != nil {
		return tensor.Tensor{}, err
	}
	img, err := image.Decode(data)
	if err != nil {
		return tensor.Tensor{}, err
	}
	if img.Fine != nil {
		return tensor.Of(img.Fine, img.Height, img.Width, img.Channels), nil
	}
	return tensor.Of(img.Pix, img.Height, img.Width, img.Channels), nil
}

func (s *files) raw(dst []byte, i int) ([]byte, error) {
	data, err := s.list[i].read()
	return append(dst, data...), err
}

// read returns the bytes of an image file.
func (f file) read() ([]byte, error) {
	r, size, err := openIn(f.root, f.name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if size > maxImageFile {
		return nil, fmt.Errorf("%s: %d bytes, at most %d are read", f.path(), size, maxImageFile)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("%s: %w", f.path(), err)
	}
	return slices.Clip(data), nil
}
