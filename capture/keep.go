package capture

import (
	"fmt"
	"sync"
)

// A Keeper keeps rows, one a sample, so that replays need no further run of the network.
type Keeper interface {
	// Create makes room for n rows of d values. Rows that are there already, from a run that goes on,
	// are left as they are.
	Create(q Request, n, d int) error
	// Put stores rows from the given first one on. Disjoint rows may be put concurrently.
	Put(q Request, first int, rows []float32) error
	// Table returns the rows of a request, which no longer change.
	Table(q Request) (Table, error)
}

// Memory is a Keeper that holds rows in memory.
type Memory struct {
	mu   sync.Mutex
	rows map[Request]Matrix
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{rows: map[Request]Matrix{}} }

// Create makes room for n rows of d values.
func (m *Memory) Create(q Request, n, d int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.rows[q]; ok {
		if old.N != n || old.D != d {
			return fmt.Errorf("%s %s: rows are %d x %d, want %d x %d", q.Site.Layer, q.View, old.N, old.D, n, d)
		}
		return nil
	}
	m.rows[q] = Matrix{X: make([]float32, n*d), N: n, D: d}
	return nil
}

// Put stores rows.
func (m *Memory) Put(q Request, first int, rows []float32) error {
	m.mu.Lock()
	x, ok := m.rows[q]
	m.mu.Unlock()
	if !ok || first < 0 || first*x.D+len(rows) > len(x.X) {
		return fmt.Errorf("%s %s: no room for rows from %d", q.Site.Layer, q.View, first)
	}
	copy(x.X[first*x.D:], rows)
	return nil
}

// Table returns the rows of a request.
func (m *Memory) Table(q Request) (Table, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	x, ok := m.rows[q]
	if !ok {
		return Table{}, &Unavailable{Code: "not-kept", Why: fmt.Sprintf("no rows of %s %s were kept under %s", q.Site.Layer, q.Site.Of, q.View)}
	}
	return x.Table(), nil
}
