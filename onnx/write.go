package onnx

import (
	"fmt"
	"io"
)

// Write writes the model. Tensors whose data lies beside the file it was read from refer to that place still,
// so the result belongs into the same folder; WriteFile takes the data along.
func (m *Model) Write(w io.Writer) error {
	return m.write(w, nil)
}

func (m *Model) write(w io.Writer, places map[*Tensor]place) error {
	o := (&encoder{places: places}).model(m)
	if int64(o.size) > 1<<31-1 {
		return fmt.Errorf("%s: a file of %d bytes is larger than ONNX allows (2 GiB), put tensors beside it", m.label(), o.size)
	}
	for _, p := range o.parts {
		if _, err := w.Write(p); err != nil {
			return fmt.Errorf("%s: %w", m.label(), err)
		}
	}
	return nil
}
