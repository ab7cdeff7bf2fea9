package onnx

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// NewTensor is a tensor of any type of fixed size with its content in raw_data, little endian.
func NewTensor(name string, t DataType, dims []int64, raw []byte) *Tensor {
	return &Tensor{Name: name, DataType: t, Dims: dims, Raw: raw}
}

// NewExternalTensor is a tensor whose elements lie at a location outside the model.
func NewExternalTensor(name string, t DataType, dims []int64, location string) *Tensor {
	return &Tensor{Name: name, DataType: t, Dims: dims, External: []*KV{{Key: "location", Value: location}}, location: 1}
}

// NewFloatTensor is a FLOAT tensor. Check refuses one whose data does not fill its shape; so for all of these.
func NewFloatTensor(name string, dims []int64, data []float32) *Tensor {
	raw := make([]byte, 0, 4*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return NewTensor(name, Float, dims, raw)
}

// NewDoubleTensor is a DOUBLE tensor.
func NewDoubleTensor(name string, dims []int64, data []float64) *Tensor {
	raw := make([]byte, 0, 8*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
	}
	return NewTensor(name, Double, dims, raw)
}

// NewInt64Tensor is an INT64 tensor.
func NewInt64Tensor(name string, dims []int64, data []int64) *Tensor {
	raw := make([]byte, 0, 8*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return NewTensor(name, Int64, dims, raw)
}

// NewInt32Tensor is an INT32 tensor.
func NewInt32Tensor(name string, dims []int64, data []int32) *Tensor {
	raw := make([]byte, 0, 4*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
	}
	return NewTensor(name, Int32, dims, raw)
}

// NewBoolTensor is a BOOL tensor.
func NewBoolTensor(name string, dims []int64, data []bool) *Tensor {
	raw := make([]byte, len(data))
	for i, v := range data {
		if v {
			raw[i] = 1
		}
	}
	return NewTensor(name, Bool, dims, raw)
}

// NewStringTensor is a STRING tensor.
func NewStringTensor(name string, dims []int64, data []string) *Tensor {
	var typed []byte
	for _, s := range data {
		typed = protowire.AppendTag(typed, stringData, protowire.BytesType)
		typed = protowire.AppendString(typed, s)
	}
	return &Tensor{Name: name, DataType: String, Dims: dims, typed: typed}
}
