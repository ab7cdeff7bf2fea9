package table

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/internal/allocated"
)

func TestSeparators(t *testing.T) {
	for name, text := range map[string]string{"comma": "id,a\nx,1\ny,2\n", "tab": "id\ta\nx\t1\ny\t2\n", "semicolon": "id;a\nx;1\ny;2", "mark and line ends": "\ufeffid,a\r\nx, 1\r\ny,2\r\n", "quotes": "\"id\",a\n\"x\",1\ny,\"2\"\n"} {
		tab, err := Read(name, strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a, ok := tab.Column("a")
		if !ok || !slices.Equal(a, []string{"1", "2"}) || !slices.Equal(tab.First(), []string{"x", "y"}) || tab.Len() != 2 {
			t.Errorf("%s: %q %q", name, tab.Header, a)
		}
	}
}

func TestDamagedTables(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "numbers only": "1,2\n", "ragged": "a,b\n1\n", "open quote": "a,b\n\"1,2\n", "zeros": "a\x00,b\n", "twice": "a,a\n", "wide": strings.Repeat("a,", maxColumns)} {
		if _, err := Read(name, strings.NewReader(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, text := range []string{"id,a\nx,1\n", "a\tb\n1\t2\n", "a;b\n1;2\n", "\ufeffa,b\n\"1\n2\",3\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		allocated.Within(t, len(text), func() {
			r, err := NewReader("x", strings.NewReader(text))
			for err == nil {
				var row []string
				if row, err = r.Next(); err == nil && len(row) != len(r.Header) {
					t.Errorf("%d values under %d columns", len(row), len(r.Header))
				}
			}
			if err == io.EOF && len(r.Header) == 0 {
				t.Error("no header")
			}
		})
	})
}
