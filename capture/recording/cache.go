package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/mapped"
	"github.com/stratascope/stratascope/dataset/safetensors"
	"github.com/stratascope/stratascope/tensor"
)

const cacheName = "cache.json"

// A Cache keeps reduced rows in a folder: a safetensors file for each site and view, which disjoint rows are
// written to as they come. It is the Keeper of a live run that can be gone on with. It is safe for
// concurrent use.
type Cache struct {
	folder *folder
	key    string
	every  time.Duration

	mu     sync.Mutex
	files  map[capture.Request]*rowFile
	tables map[capture.Request]capture.Table
	opened []func() error // what closes the tables' files
	saved  time.Time
}

// A rowFile is the file of one request.
type rowFile struct {
	name string
	n, d int
	file *safetensors.Writer
	h    *os.File
}

// heading is what cache.json holds.
type heading struct {
	Format string `json:"format"`
	Key    string `json:"key"`
}

const cacheFormat = "stratascope-cache-1"

// OpenCache opens a cache in a folder, which is made if need be. The key says what the rows are made of:
// network, data, preprocessing, versions. What is there under another key is refused with ErrStale; if
// fresh is set, what is there is thrown away whatever its key.
func OpenCache(dir, key string, fresh bool) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	c := &Cache{folder: f, key: key, every: 30 * time.Second, files: map[capture.Request]*rowFile{}, tables: map[capture.Request]capture.Table{}, saved: time.Now()}
	if fresh {
		err = c.clear()
	}
	if err == nil {
		err = c.claim()
	}
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	return c, nil
}

// claim compares the key with that of the folder, or writes it into an empty one.
func (c *Cache) claim() error {
	b, err := c.folder.read(cacheName, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return c.folder.replace(cacheName, func(w io.Writer) error {
			return json.NewEncoder(w).Encode(heading{cacheFormat, c.key})
		})
	}
	if err != nil {
		return err
	}
	var h heading
	if err := json.Unmarshal(b, &h); err != nil {
		return fmt.Errorf("%s%s: %w", c.folder.name, cacheName, err)
	}
	if h.Format != cacheFormat || h.Key != c.key {
		return fmt.Errorf("%s: the cache was made of another network, other data or other settings: %w", c.folder.name, ErrStale)
	}
	return nil
}

// clear removes the files of a cache and no others.
func (c *Cache) clear() error {
	d, err := c.folder.root.Open(".")
	if err != nil {
		return err
	}
	entries, err := d.ReadDir(-1)
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		ours := name == cacheName || strings.HasPrefix(name, rowsPrefix) && strings.HasSuffix(name, ".safetensors") ||
			strings.HasPrefix(name, statePrefix) && strings.HasSuffix(name, stateEnd)
		if ours && e.Type().IsRegular() {
			if err := c.folder.root.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

const rowsPrefix = "rows-"

// rowsName gives a request a file of its own.
func rowsName(q capture.Request) string {
	id := fmt.Sprintf("%q %q %q %d %q %q %d %q", q.Site.Layer, q.Site.Of, q.View.Network, q.View.Step, q.View.Split, q.View.Condition.Name, q.View.Condition.Level, q.View.Reduce)
	return fmt.Sprintf("%s%s-%016x.safetensors", rowsPrefix, plainName(q.Site.Layer), dataset.Key(id))
}

// plainName keeps of a name what any file system takes.
func plainName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '_'
	}, path.Base(s))
	return s[:min(len(s), 60)]
}

// Create makes room for n rows of d values. Rows that an earlier run put there are left as they are.
func (c *Cache) Create(q capture.Request, n, d int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.files[q]; ok {
		if old.n != n || old.d != d {
			return fmt.Errorf("%s %s: rows are %d x %d, want %d x %d", q.Site.Layer, q.View, old.n, old.d, n, d)
		}
		return nil
	}
	r := &rowFile{name: rowsName(q), n: n, d: d}
	a, close, err := c.array(r.name)
	if err == nil {
		shape := a.Shape()
		err = close()
		if len(shape) != 2 || shape[0] != n || shape[1] != d {
			return fmt.Errorf("%s%s: rows are %v, want [%d %d]: %w", c.folder.name, r.name, shape, n, d, ErrStale)
		}
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return err
	}
	if r.h, err = c.folder.root.OpenFile(r.name, os.O_CREATE|os.O_RDWR, 0o644); err != nil {
		return err
	}
	entry := safetensors.Entry{Name: "rows", DType: tensor.Float32, Shape: []int{n, d}}
	if r.file, err = create(r.h, entry); err != nil {
		return errors.Join(err, r.h.Close())
	}
	c.files[q] = r
	return nil
}

// create writes the header and sees to the file's length without touching rows that are there.
func create(h *os.File, e safetensors.Entry) (*safetensors.Writer, error) {
	st, err := h.Stat()
	if err != nil {
		return nil, err
	}
	return safetensors.Create(&keepLast{h, st.Size()}, []safetensors.Entry{e}, nil)
}

// keepLast leaves the last byte of a file that has its length already.
type keepLast struct {
	*os.File
	size int64
}

// WriteAt writes, but for the single zero that gives a file its length.
func (k *keepLast) WriteAt(b []byte, at int64) (int, error) {
	if len(b) == 1 && at == k.size-1 {
		return 1, nil
	}
	return k.File.WriteAt(b, at)
}

// Put stores rows from the given first one on. Disjoint rows may be put concurrently.
func (c *Cache) Put(q capture.Request, first int, rows []float32) error {
	c.mu.Lock()
	r := c.files[q]
	c.mu.Unlock()
	if r == nil || first < 0 || len(rows)%max(1, r.d) != 0 || first*r.d+len(rows) > r.n*r.d {
		return fmt.Errorf("%s %s: no room for rows from %d", q.Site.Layer, q.View, first)
	}
	if len(rows) == 0 {
		return nil
	}
	return r.file.Write("rows", first, tensor.Of(rows, len(rows)/r.d, r.d))
}

// Table returns the rows of a request, which are read from the file as they are needed.
func (c *Cache) Table(q capture.Request) (capture.Table, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.tables[q]; ok {
		return t, nil
	}
	a, close, err := c.array(rowsName(q))
	if errors.Is(err, fs.ErrNotExist) {
		return capture.Table{}, &capture.Unavailable{Code: "not-kept", Why: fmt.Sprintf("no rows of %s %s were kept under %s", q.Site.Layer, q.Site.Of, q.View)}
	}
	if err != nil {
		return capture.Table{}, err
	}
	shape := a.Shape()
	t := capture.NewTable(shape[0], shape[1], func(dst []float32, rows []int) error {
		return a.Gather(tensor.Of(dst, len(rows), shape[1]), rows)
	})
	c.tables[q] = t
	c.opened = append(c.opened, close)
	return t, nil
}

// array opens the rows of a file.
func (c *Cache) array(name string) (*array.Array, func() error, error) {
	f, _, err := c.folder.open(name)
	if err != nil {
		return nil, nil, err
	}
	m, err := mapped.ByPosition(f)
	if err != nil {
		return nil, nil, err
	}
	s, err := safetensors.Read(m)
	if err != nil {
		return nil, nil, err
	}
	a, err := s.Array("rows")
	if err == nil && (a == nil || a.Elem() != array.Float32 || len(a.Shape()) != 2) {
		err = fmt.Errorf("%s%s: holds no matrix of rows", c.folder.name, name)
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return a, s.Close, nil
}

// Flush makes what was put survive a loss of power.
func (c *Cache) Flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	for _, r := range c.files {
		err = errors.Join(err, r.h.Sync())
	}
	return err
}

// Close closes the files and leaves them where they are.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	for _, r := range c.files {
		err = errors.Join(err, r.h.Close())
	}
	for _, close := range c.opened {
		err = errors.Join(err, close())
	}
	c.files, c.tables, c.opened = nil, nil, nil
	return errors.Join(err, c.folder.close())
}
