package onnx

import "google.golang.org/protobuf/encoding/protowire"

// A packer turns the entries of a typed field into the bytes of raw_data.
type packer struct {
	entry, bits int
	visit       func([]byte)
	buffer      []byte
	six         uint32 // bits not yet written of six-bit elements, from the lowest
	waiting     int    // how many
}

func (p *packer) field(f field) error {
	switch {
	case f.typ == protowire.Fixed32Type:
		p.buffer = protowire.AppendFixed32(p.buffer, uint32(f.bits))
	case f.typ == protowire.Fixed64Type:
		p.buffer = protowire.AppendFixed64(p.buffer, f.bits)
	case f.typ == protowire.VarintType:
		return p.add(f.bits)
	case f.num == floatData || f.num == doubleData: // packed: these bytes are raw_data already
		p.flush()
		p.visit(f.data)
	default:
		return packed(f.data, p.add)
	}
	if len(p.buffer) == pieceBytes {
		p.flush()
	}
	return nil
}

func (p *packer) add(v uint64) error {
	if p.bits == 6 {
		p.six |= uint32(v&63) << p.waiting
		for p.waiting += 6; p.waiting >= 8; p.waiting -= 8 {
			p.buffer = append(p.buffer, byte(p.six))
			p.six >>= 8
		}
	} else {
		for i := range p.entry {
			p.buffer = append(p.buffer, byte(v>>(8*i)))
		}
	}
	if len(p.buffer) == pieceBytes {
		p.flush()
	}
	return nil
}

func (p *packer) flush() {
	if p.waiting > 0 { // at the end only: whole pieces have no bits left over
		p.buffer = append(p.buffer, byte(p.six))
		p.six, p.waiting = 0, 0
	}
	if len(p.buffer) > 0 {
		p.visit(p.buffer)
		p.buffer = p.buffer[:0]
	}
}
