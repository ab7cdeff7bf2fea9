package dataset

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/dataset/table"
)

// maxDepth bounds the folders within a class folder.
const maxDepth = 16

const labelsFile = "labels.csv"

var imageEndings = []string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// openImages reads a folder of images: folders of splits, then of classes; or flat with a table.
func openImages(root *os.Root, name string, o Options) ([]piece, error) {
	entries, err := listing(root, ".")
	if err != nil {
		return nil, err
	}
	var pieces []piece
	for _, e := range entries {
		split, ok := ParseSplit(e.Name())
		if !e.IsDir() || !ok || len(e.Name()) == 1 { // folders 0, 1, 2 are classes
			continue
		}
		p, err := imagePiece(root, name, e.Name(), o)
		if err != nil {
			return nil, err
		}
		p.split = split
		pieces = append(pieces, p)
	}
	if len(pieces) == 0 {
		p, err := imagePiece(root, name, ".", o)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, p)
	}
	total := 0
	for _, p := range pieces {
		total += p.n
	}
	if total == 0 {
		return nil, fmt.Errorf("%s: no images, arrays or tables in this folder", name)
	}
	return inSplitOrder(pieces), nil
}

// inSplitOrder merges folders of one split (val and valid) never; it only orders them.
func inSplitOrder(pieces []piece) []piece {
	order := append([]Split{""}, Splits()...)
	slices.SortStableFunc(pieces, func(a, b piece) int { return slices.Index(order, a.split) - slices.Index(order, b.split) })
	return pieces
}

// imagePiece reads one folder of classes, or of images and a table.
func imagePiece(root *os.Root, name, dir string, o Options) (piece, error) {
	p := piece{name: name}
	t, err := labelTable(root, name, dir)
	if err != nil {
		return p, err
	}
	entries, err := listing(root, dir)
	if err != nil {
		return p, err
	}
	var list []file
	if t == nil {
		for _, e := range entries {
			if !e.IsDir() {
				continue
			}
			before := len(list)
			if list, err = imagesIn(list, root, path.Join(dir, e.Name()), true, 1); err != nil {
				return p, err
			}
			if len(list) > before {
				p.classes = append(p.classes, e.Name())
			}
			for range len(list) - before {
				p.labels = append(p.labels, e.Name())
			}
		}
	}
	if len(list) == 0 {
		p.flat, p.labels, p.classes = true, nil, nil
		if list, err = imagesIn(nil, root, dir, t != nil, 0); err != nil {
			return p, err
		}
	}
	if len(list) == 0 {
		return p, nil
	}
	return p, p.fill(list, t, path.Join(dir, labelsFile))
}

// fill takes what is known of the images of a folder.
func (p *piece) fill(list []file, t *table.Table, tableName string) error {
	p.n = len(list)
	for _, f := range list {
		p.ids = append(p.ids, f.name)
	}
	src, err := newFiles(list)
	if err != nil {
		return err
	}
	p.sources = map[string]source{"x": src}
	if t == nil {
		return nil
	}
	columns, err := matchTable(tableName, t, p.ids)
	if err != nil {
		return err
	}
	for _, c := range columns {
		switch c.name {
		case "label":
			p.labels = c.values
		case "split":
			if p.splits, err = parseSplits(c.values); err != nil {
				return fmt.Errorf("%s: %w", tableName, err)
			}
		default:
			if strings.HasPrefix(c.name, "group_") {
				p.groups = append(p.groups, column{groupName(c.name), c.values})
			}
		}
	}
	return nil
}

// labelTable reads labels.csv of a folder, nil where there is none.
func labelTable(root *os.Root, name, dir string) (*table.Table, error) {
	file := path.Join(dir, labelsFile)
	if _, err := root.Lstat(file); os.IsNotExist(err) {
		return nil, nil
	}
	f, size, err := openIn(root, file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > maxTable {
		return nil, fmt.Errorf("%s: %d bytes, at most %d are read", filepath.Join(name, file), size, maxTable)
	}
	return table.Read(filepath.Join(name, file), f)
}

// listing is readDir of a folder of images. Links that may be images or folders must lead to a regular file
// inside the folder that was opened: a class that is a link would be missing else.
func listing(root *os.Root, dir string) ([]os.DirEntry, error) {
	entries, err := readDir(root, dir)
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.Type()&os.ModeSymlink == 0 {
			continue
		}
		st, err := root.Stat(name)
		folder := err == nil && st.IsDir() || err != nil && path.Ext(name) == ""
		if folder || isImage(name) && (err != nil || !st.Mode().IsRegular()) {
			return nil, fmt.Errorf("%s: the link %s does not lead to a file in this folder", root.Name(), name)
		}
	}
	return entries, err
}

func isImage(name string) bool {
	return slices.Contains(imageEndings, strings.ToLower(path.Ext(name)))
}

// imagesIn appends the images of a folder, sorted, with those of the folders within if deep.
func imagesIn(list []file, root *os.Root, dir string, deep bool, depth int) ([]file, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: folders more than %d deep", filepath.Join(root.Name(), dir), maxDepth)
	}
	entries, err := listing(root, dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir() && deep:
			if list, err = imagesIn(list, root, name, deep, depth+1); err != nil {
				return nil, err
			}
		case !e.IsDir() && isImage(name):
			list = append(list, file{root, name})
		}
	}
	return list, nil
}
