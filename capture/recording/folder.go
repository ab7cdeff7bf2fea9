package recording

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A folder is where a recording lies. Nothing outside of it is opened, whatever a manifest says.
type folder struct {
	root *os.Root
	name string // as the user gave it, with a slash behind, for messages
}

func openFolder(dir string) (*folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &folder{root, filepath.ToSlash(filepath.Clean(dir)) + "/"}, nil
}

// sub opens a folder inside.
func (f *folder) sub(name string) (*folder, error) {
	root, err := f.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &folder{root, f.name + name + "/"}, nil
}

func (f *folder) close() error { return f.root.Close() }

// open opens a regular file inside; links out of the folder are refused.
func (f *folder) open(name string) (*os.File, int64, error) {
	if name == "" || strings.ContainsRune(name, '\\') || !filepath.IsLocal(name) || path.Clean(name) != name {
		return nil, 0, fmt.Errorf("%s: the path %.120q leads out of the recording, want a name inside", f.name, name)
	}
	st, err := f.root.Stat(name) // before opening, which would wait for the writer of a pipe
	if err != nil {
		return nil, 0, f.reason(name, err)
	}
	if !st.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s%s: not a regular file", f.name, name)
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, 0, f.reason(name, err)
	}
	if st, err = file.Stat(); err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s%s: not a regular file", f.name, name)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, st.Size(), nil
}

func (f *folder) reason(name string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("%s%s: %w", f.name, name, err)
}

// read reads a whole file of limited size.
func (f *folder) read(name string, limit int64) ([]byte, error) {
	file, size, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > limit {
		return nil, fmt.Errorf("%s%s: %d bytes, at most %d are read", f.name, name, size, limit)
	}
	return io.ReadAll(io.LimitReader(file, size))
}

// list returns the entries, sorted by name, without hidden files and files that are being written.
func (f *folder) list() ([]os.DirEntry, error) {
	d, err := f.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		return strings.HasPrefix(e.Name(), ".") || strings.HasSuffix(e.Name(), temporary)
	})
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// temporary ends the name of a file that is being written.
const temporary = ".tmp"

// replace writes a file and then puts it in the place of the old one, so that a reader sees one or the other.
func (f *folder) replace(name string, write func(io.Writer) error) error {
	file, err := f.root.OpenFile(name+temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, f.root.Remove(name+temporary))
	}
	return f.root.Rename(name+temporary, name)
}
