package stratascope

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
	"unsafe"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset/mapped"
)

// An Identity says everything that the states and rows of a run depend on.
type Identity struct {
	Format     int    `json:"format"`
	Tool       string `json:"tool"`
	Kernel     string `json:"kernel"`
	Model      string `json:"model"` // its name, for messages
	SHA256     string `json:"sha256"`
	Output     string `json:"output"`
	Data       string `json:"data"`
	Preprocess string `json:"preprocess"`
	Settings   string `json:"settings"`
}

// cacheFormat changes with the layout of a cache.
const cacheFormat = 1

// key names the folder of a run.
func (id Identity) key() string {
	b, err := json.Marshal(id)
	if err != nil { // only strings and a number
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// differs says in what way another run is not this one, "" if it is.
func (id Identity) differs(other Identity) string {
	switch {
	case id == other:
		return ""
	case id.SHA256 != other.SHA256:
		return fmt.Sprintf("the model %s (%.12s), this is %s (%.12s)", other.Model, other.SHA256, id.Model, id.SHA256)
	case id.Data != other.Data:
		return "other data"
	case id.Preprocess != other.Preprocess:
		return fmt.Sprintf("the preprocessing %q, this is %q", other.Preprocess, id.Preprocess)
	case id.Format != other.Format || id.Tool != other.Tool:
		return "another version of this program"
	}
	return "other settings"
}

// A Cache keeps the states and rows of a run in a folder of its own, so that an interrupted run can go
// on. It is a statistic.Store and a capture.Keeper.
//
//	DIR/KEY/run.json        what the run is made of
//	DIR/KEY/NAME.state      states of finished blocks
//	DIR/KEY/HASH.rows       of one request: n and d as little-endian uint64, then n x d float32
type Cache struct {
	dir  string
	last time.Time

	mu   sync.Mutex
	rows map[capture.Request]*rowFile
}

// A rowFile holds the rows of one request.
type rowFile struct {
	f      *os.File
	n, d   int
	mapped *mapped.File // once they are read
}

// rowHead is the length of what stands before the rows.
const rowHead = 16

// saveEvery is how often the states of a pass are kept while it goes on.
const saveEvery = 5 * time.Second

// ErrOtherRun says that a cache belongs to another run.
var ErrOtherRun = errors.New("the cache belongs to another run")

// OpenCache opens the folder of a run below dir. Without resume a folder that is there is emptied; with
// resume a run of the same identity goes on, and one of another identity is refused.
func OpenCache(dir string, id Identity, resume bool) (*Cache, error) {
	id.Format = cacheFormat
	c := &Cache{dir: filepath.Join(dir, id.key()), last: time.Now(), rows: map[capture.Request]*rowFile{}}
	if resume {
		if err := refuseOthers(dir, id); err != nil {
			return nil, err
		}
	} else if err := c.clear(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	b, err := json.Marshal(id)
	if err != nil {
		return nil, err
	}
	return c, c.write("run.json", b)
}

// refuseOthers returns why a cache cannot be gone on with: it holds runs, but not this one.
func refuseOthers(dir string, id Identity) error {
	found, err := readIdentity(filepath.Join(dir, id.key()))
	switch {
	case err == nil:
		if how := id.differs(found); how != "" {
			return fmt.Errorf("%w: it was made with %s", ErrOtherRun, how)
		}
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	for _, e := range entries {
		if other, err := readIdentity(filepath.Join(dir, e.Name())); err == nil && e.IsDir() {
			return fmt.Errorf("%w: it was made with %s", ErrOtherRun, id.differs(other))
		}
	}
	return nil
}

func readIdentity(dir string) (Identity, error) {
	var id Identity
	b, err := readLimited(filepath.Join(dir, "run.json"), 1<<16)
	if err != nil {
		return id, err
	}
	if err := json.Unmarshal(b, &id); err != nil {
		return id, fmt.Errorf("cache: run.json: %w", err)
	}
	return id, nil
}

// readLimited reads a regular file of at most limit bytes.
func readLimited(path string, limit int64) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > limit {
		return nil, fmt.Errorf("%s: want a regular file of at most %d bytes", filepath.Base(path), limit)
	}
	return os.ReadFile(path)
}

// clear removes the folder of the run, if it is one.
func (c *Cache) clear() error {
	if _, err := os.Stat(filepath.Join(c.dir, "run.json")); err != nil {
		return nil
	}
	return os.RemoveAll(c.dir)
}

// write puts a file in place as a whole.
func (c *Cache) write(name string, b []byte) error {
	f, err := os.CreateTemp(c.dir, "."+name+"-*")
	if err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(c.dir, name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cache: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// mostState is the largest saved state that is read.
const mostState = 4 << 30

// Load returns a saved state, nil if there is none.
func (c *Cache) Load(name string) ([]byte, error) {
	b, err := readLimited(filepath.Join(c.dir, name+".state"), mostState)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// Save keeps a state.
func (c *Cache) Save(name string, b []byte) error {
	c.last = time.Now()
	return c.write(name+".state", b)
}

// Due reports whether the last save is long enough ago.
func (c *Cache) Due() bool { return time.Since(c.last) >= saveEvery }

// rowName is the name of the file of a request's rows; layers' names are hashed, for they come from a file.
func rowName(q capture.Request) string {
	sum := sha256.Sum256([]byte(q.Site.Layer + "\x00" + string(q.Site.Of) + "\x00" + q.View.String()))
	return hex.EncodeToString(sum[:16]) + ".rows"
}

// Create makes room for n rows of d values; rows of an earlier run are left as they are.
func (c *Cache) Create(q capture.Request, n, d int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.open(q)
	if err != nil {
		return err
	}
	if r != nil {
		if r.n != n || r.d != d {
			return fmt.Errorf("%s %s: rows are %d x %d, want %d x %d", q.Site.Layer, q.View, r.n, r.d, n, d)
		}
		return nil
	}
	f, err := os.OpenFile(filepath.Join(c.dir, rowName(q)), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	head := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(n)), uint64(d))
	_, err = f.WriteAt(head, 0)
	if err = errors.Join(err, f.Truncate(rowHead+4*int64(n)*int64(d))); err != nil {
		return errors.Join(fmt.Errorf("cache: %w", err), f.Close())
	}
	c.rows[q] = &rowFile{f: f, n: n, d: d}
	return nil
}

// open returns the rows of a request, those of an earlier run included; nil if there are none.
func (c *Cache) open(q capture.Request) (*rowFile, error) {
	if r, ok := c.rows[q]; ok {
		return r, nil
	}
	f, err := os.OpenFile(filepath.Join(c.dir, rowName(q)), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	r, err := readHead(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cache: %s %s: %w", q.Site.Layer, q.View, err), f.Close())
	}
	c.rows[q] = r
	return r, nil
}

// readHead reads how many rows a file holds and checks that it does.
func readHead(f *os.File) (*rowFile, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	head := make([]byte, rowHead)
	if _, err := f.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("%d bytes, want at least %d", st.Size(), rowHead)
	}
	n, d := binary.LittleEndian.Uint64(head), binary.LittleEndian.Uint64(head[8:])
	if n > 1<<31 || d > 1<<31 || uint64(st.Size()) != rowHead+4*n*d {
		return nil, fmt.Errorf("%d bytes do not hold %d x %d rows", st.Size(), n, d)
	}
	return &rowFile{f: f, n: int(n), d: int(d)}, nil
}

// Put stores rows from the given first one on.
func (c *Cache) Put(q capture.Request, first int, rows []float32) error {
	c.mu.Lock()
	r, ok := c.rows[q]
	c.mu.Unlock()
	if !ok || first < 0 || first*r.d+len(rows) > r.n*r.d {
		return fmt.Errorf("%s %s: no room for rows from %d", q.Site.Layer, q.View, first)
	}
	if len(rows) == 0 {
		return nil
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&rows[0])), 4*len(rows))
	if _, err := r.f.WriteAt(b, rowHead+4*int64(first)*int64(r.d)); err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	return nil
}

// Matrix returns all rows of a request, mapped where the system can. They are valid until Close.
func (c *Cache) Matrix(q capture.Request) (capture.Matrix, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.open(q)
	if err != nil {
		return capture.Matrix{}, err
	}
	if r == nil {
		return capture.Matrix{}, &capture.Unavailable{Code: "not-kept", Why: fmt.Sprintf("no rows of %s %s were kept under %s", q.Site.Layer, q.Site.Of, q.View)}
	}
	if r.mapped == nil {
		f, err := os.Open(r.f.Name())
		if err != nil {
			return capture.Matrix{}, fmt.Errorf("cache: %w", err)
		}
		if r.mapped, err = mapped.Open(f); err != nil {
			return capture.Matrix{}, fmt.Errorf("cache: %w", err)
		}
	}
	out := capture.Matrix{N: r.n, D: r.d}
	b, err := r.mapped.Bytes(rowHead, 4*int64(r.n)*int64(r.d))
	if err != nil || len(b) == 0 {
		return out, err
	}
	out.X = unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), r.n*r.d)
	return out, nil
}

// Close closes the files and leaves them, so that the run can go on.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, r := range c.rows {
		if r.mapped != nil {
			errs = append(errs, r.mapped.Close())
		}
		errs = append(errs, r.f.Close())
	}
	c.rows = map[capture.Request]*rowFile{}
	return errors.Join(errs...)
}

// Remove closes the files and removes them: the run is over.
func (c *Cache) Remove() error { return errors.Join(c.Close(), c.clear()) }
