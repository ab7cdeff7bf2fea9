// Package table reads tables of text with a header line: CSV, TSV and their relatives with semicolons.
// It gives text; what columns mean is decided in dataset. Tables are not written.
package table

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

const maxColumns = 1 << 17

// A Reader gives a table line by line.
type Reader struct {
	Name   string
	Header []string
	csv    *csv.Reader
}

// NewReader reads the header of a table. The separator is the one of tab, semicolon and comma that the
// first line holds most of.
func NewReader(name string, r io.Reader) (*Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	head, err := b.Peek(64 << 10)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if strings.HasPrefix(string(head), "\ufeff") {
		if _, err := b.Discard(3); err != nil {
			return nil, err
		}
		head = head[3:]
	}
	if slices.Contains(head, 0) {
		return nil, fmt.Errorf("%s: not a table of text", name)
	}
	t := &Reader{Name: name, csv: csv.NewReader(b)}
	t.csv.Comma = separator(string(head))
	t.csv.ReuseRecord = true
	t.csv.TrimLeadingSpace = t.csv.Comma != '\t'
	first, err := t.csv.Read()
	if err == io.EOF {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: not a readable table: %w", name, err)
	}
	return t, t.readHeader(first)
}

func separator(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best, most := ',', strings.Count(line, ",")
	for _, c := range []rune{'\t', ';'} {
		if n := strings.Count(line, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

func (t *Reader) readHeader(first []string) error {
	if len(first) > maxColumns {
		return fmt.Errorf("%s: %d columns, at most %d are read", t.Name, len(first), maxColumns)
	}
	numbers := 0
	seen := make(map[string]bool, len(first))
	for _, name := range first {
		name = strings.TrimSpace(name)
		if _, err := strconv.ParseFloat(name, 64); err == nil {
			numbers++
		}
		if seen[name] {
			return fmt.Errorf("%s: column %.80q is there twice", t.Name, name)
		}
		seen[name] = true
		t.Header = append(t.Header, name)
	}
	if numbers == len(first) {
		return fmt.Errorf("%s: the first line holds numbers, want the names of the columns", t.Name)
	}
	return nil
}

// Next returns the next line, or io.EOF. The slice is used again by the next call, its texts are not.
func (t *Reader) Next() ([]string, error) {
	row, err := t.csv.Read()
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	return row, err
}

// A Table is a whole table in memory, for small ones.
type Table struct {
	Header  []string
	columns [][]string
}

// Read reads a whole table.
func Read(name string, r io.Reader) (*Table, error) {
	t, err := NewReader(name, r)
	if err != nil {
		return nil, err
	}
	all := &Table{Header: t.Header, columns: make([][]string, len(t.Header))}
	for {
		row, err := t.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		for i, v := range row {
			all.columns[i] = append(all.columns[i], strings.TrimSpace(v))
		}
	}
}

// Column returns the values of the column of that name.
func (t *Table) Column(name string) ([]string, bool) {
	i := slices.Index(t.Header, name)
	if i < 0 {
		return nil, false
	}
	return t.columns[i], true
}

// First returns the values of the first column.
func (t *Table) First() []string { return t.columns[0] }

// Len returns the number of lines without the header.
func (t *Table) Len() int { return len(t.columns[0]) }
