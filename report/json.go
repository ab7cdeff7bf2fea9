package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// Schema is the JSON Schema (2020-12) of the result file.
//
//go:embed schema/stratascope.schema.json
var Schema []byte

const (
	// maxFile is the largest result file that is read, in bytes.
	maxFile = 32 << 20
	// maxLoad is how much memory beyond its own size a result file may need once it is read.
	maxLoad = 64 << 20
	// maxDepth is how deep a result file may nest.
	maxDepth = 64
)

// WriteJSON writes the result file. Equal diagnoses give equal bytes: numbers have nine significant digits, names of
// settings are sorted. A number that is not finite is an error that names its field.
func WriteJSON(w io.Writer, d *finding.Diagnosis) error {
	e := &encoder{}
	b, err := e.encode(reflect.ValueOf(d), 0)
	if err != nil {
		return fmt.Errorf("result file: %w", err)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// ReadJSON reads a result file. Unknown fields are ignored, so that files of a later minor version are read; a later
// major version is refused, as is a file that is too large or would need much more memory than its size.
func ReadJSON(r io.Reader) (*finding.Diagnosis, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("result file: %w", err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("result file: more than %d MB, want less", maxFile>>20)
	}
	if err := checkLoad(b); err != nil {
		return nil, fmt.Errorf("result file: %w", err)
	}
	var head struct{ Format, Version string }
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("result file: %w", err)
	}
	if err := checkVersion(head.Format, head.Version); err != nil {
		return nil, err
	}
	d := &finding.Diagnosis{}
	if err := json.Unmarshal(b, d); err != nil {
		return nil, fmt.Errorf("result file: %w", err)
	}
	return d, checkDiagnosis(d)
}

// checkLoad estimates from the brackets and commas of a file what its values will need in memory, before any is made.
func checkLoad(b []byte) error {
	const perObject, perValue = 700, 24
	load, depth, quoted := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			load += perObject
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			load += perValue
		}
		if depth > maxDepth {
			return fmt.Errorf("nested deeper than %d", maxDepth)
		}
		if load > maxLoad {
			return fmt.Errorf("more values than %d MB hold", maxLoad>>20)
		}
	}
	return nil
}

func checkVersion(format, version string) error {
	if format != finding.Format {
		return fmt.Errorf("result file: format is %q, want %q", clip(format), finding.Format)
	}
	major, err := strconv.Atoi(strings.SplitN(version, ".", 2)[0])
	if err != nil {
		return fmt.Errorf("result file: version is %q, want a number as %q", clip(version), finding.Version)
	}
	if known, _ := strconv.Atoi(strings.SplitN(finding.Version, ".", 2)[0]); major > known {
		return fmt.Errorf("result file: version is %s, this program reads %s: a newer one wrote it", clip(version), finding.Version)
	}
	return nil
}

// clip shortens a text of unknown length for a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// checkDiagnosis checks what the views rely on and the types alone do not say.
func checkDiagnosis(d *finding.Diagnosis) error {
	if s := d.Similarity; s != nil {
		for _, m := range matrices(s) {
			if *m.data == "" && !m.wanted {
				continue
			}
			if _, err := triangle(*m.data, len(s.Layers)); err != nil {
				return fmt.Errorf("result file: similarity.%s: %w", m.name, err)
			}
		}
	}
	return nil
}

// A matrix is one of the similarity's, under its name in the result file.
type matrix struct {
	name   string
	data   *string
	wanted bool
}

func matrices(s *finding.Similarity) []matrix {
	out := []matrix{{"matrix", &s.Matrix, true}, {"lo", &s.Low, false}, {"hi", &s.High, false}, {"p", &s.P, false}, {"disagreement", &s.Disagreement, false}}
	for i := range s.Others {
		o, at := &s.Others[i], fmt.Sprintf("others.%d.", i)
		out = append(out, matrix{at + "matrix", &o.Matrix, true}, matrix{at + "lo", &o.Low, false}, matrix{at + "hi", &o.High, false}, matrix{at + "p", &o.P, false})
	}
	if m := s.Permuted; m != nil {
		out = append(out, matrix{"permuted.p", &m.P, true}, matrix{"permuted.p_family", &m.Family, true})
	}
	return out
}

// triangle decodes the upper triangle, with the diagonal, of an n by n matrix of little-endian float32 in base64.
func triangle(data string, n int) ([]float32, error) {
	want := n * (n + 1) / 2
	if got := base64.StdEncoding.DecodedLen(len(data)); got < 4*want || got > 4*want+2 {
		return nil, fmt.Errorf("found %d characters, want base64 of %d numbers for %d layers", len(data), want, n)
	}
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return nil, err
	}
	out := make([]float32, want)
	if len(raw) != 4*want {
		return nil, fmt.Errorf("found %d bytes, want %d for %d layers", len(raw), 4*want, n)
	}
	if err := binary.Read(bytes.NewReader(raw), binary.LittleEndian, out); err != nil {
		return nil, err
	}
	for i, v := range out {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("value %d is %v, want a finite number", i, v)
		}
	}
	return out, nil
}
