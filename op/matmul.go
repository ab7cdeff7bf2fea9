package op

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// The matrix products.
var (
	MatMul = &Op{Name: "MatMul", Run: matMul}
	Gemm   = &Op{Name: "Gemm", Run: gemm}
)

// matMul multiplies stacks of matrices as numpy.matmul does.
func matMul(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	if err := same(in...); err != nil {
		return nil, err
	}
	return one(product(x, in[0], in[1]))
}

// MatMulOf is MatMul of matrices that may be stored transposed, in their last two dimensions.
func MatMulOf(transA, transB bool) Func {
	return func(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 2, 2); err != nil {
			return nil, err
		}
		if err := same(in...); err != nil {
			return nil, err
		}
		return one(stackProduct(x, in[0], in[1], transA, transB))
	}
}

// product is numpy.matmul of two tensors of one type.
func product(x *Exec, a, b tensor.Tensor) (tensor.Tensor, error) {
	return stackProduct(x, a, b, false, false)
}

func stackProduct(x *Exec, a, b tensor.Tensor, transA, transB bool) (tensor.Tensor, error) {
	if a.Rank() == 0 || b.Rank() == 0 {
		return tensor.Tensor{}, fmt.Errorf("shapes %v and %v: a scalar is no matrix", a.Shape(), b.Shape())
	}
	sa, sb := slices.Clone(a.Shape()), slices.Clone(b.Shape())
	if len(sa) == 1 {
		sa = []int{1, sa[0]}
	}
	if len(sb) == 1 {
		sb = []int{sb[0], 1}
	}
	ra, rb := len(sa), len(sb)
	if transA {
		sa[ra-1], sa[ra-2] = sa[ra-2], sa[ra-1]
	}
	if transB {
		sb[rb-1], sb[rb-2] = sb[rb-2], sb[rb-1]
	}
	m, k, n := sa[ra-2], sa[ra-1], sb[rb-1]
	if k != sb[rb-2] {
		return tensor.Tensor{}, fmt.Errorf("shapes %v and %v: inner dimensions %d and %d differ", a.Shape(), b.Shape(), k, sb[rb-2])
	}
	batch, err := Broadcast(sa[:ra-2], sb[:rb-2])
	if err != nil {
		return tensor.Tensor{}, err
	}
	shape := slices.Clone(batch)
	if a.Rank() > 1 {
		shape = append(shape, m)
	}
	if b.Rank() > 1 {
		shape = append(shape, n)
	}
	y, err := x.New(a.DType(), shape...)
	if err != nil {
		return y, err
	}
	stack := volume(batch)
	if !transA && (rb == 2 || volume(sb[:rb-2]) == 1) {
		m, stack = m*stack, 1 // one right matrix for all: a single tall product
	}
	s := stacked{m: m, n: n, k: k, count: stack, batch: batch, transA: transA, transB: transB}
	s.a, s.b = broadcastStrides(sa[:ra-2], len(batch)), broadcastStrides(sb[:rb-2], len(batch))
	switch a.DType() {
	case tensor.Float32:
		products(x, &s, y.Float32s(), a.Float32s(), b.Float32s(), gemm32(x))
	case tensor.Float64:
		products(x, &s, y.Float64s(), a.Float64s(), b.Float64s(), gemm64(x))
	case tensor.Int64:
		products(x, &s, y.Int64s(), a.Int64s(), b.Int64s(), wholeGemm[int64](x))
	case tensor.Int32:
		products(x, &s, tensor.Data[int32](y), tensor.Data[int32](a), tensor.Data[int32](b), wholeGemm[int32](x))
	case tensor.Uint64:
		products(x, &s, tensor.Data[uint64](y), tensor.Data[uint64](a), tensor.Data[uint64](b), wholeGemm[uint64](x))
	case tensor.Uint32:
		products(x, &s, tensor.Data[uint32](y), tensor.Data[uint32](a), tensor.Data[uint32](b), wholeGemm[uint32](x))
	default:
		return y, unsupported(a.DType())
	}
	return y, nil
}

// stacked says how the matrices of two stacks pair up.
type stacked struct {
	m, n, k, count int
	batch, a, b    []int
	transA, transB bool
}

// at returns which matrices of the two stacks give product i.
func (s *stacked) at(i int) (a, b int) {
	for d := len(s.batch) - 1; d >= 0; d-- {
		j := i % s.batch[d]
		i /= s.batch[d]
		a += j * s.a[d]
		b += j * s.b[d]
	}
	return a, b
}

type gemmFunc[T tensor.Number] func(workers int, transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)

// products runs the stack in parallel over matrices where there are many and within them otherwise.
func products[T tensor.Number](x *Exec, s *stacked, y, a, b []T, f gemmFunc[T]) {
	if s.m*s.n == 0 {
		return
	}
	if s.k == 0 {
		clear(y)
		return
	}
	lda, ldb := s.k, s.n
	if s.transA {
		lda = s.m
	}
	if s.transB {
		ldb = s.k
	}
	one := func(workers, i int) {
		ia, ib := 0, 0
		if s.count > 1 {
			ia, ib = s.at(i)
		}
		f(workers, s.transA, s.transB, s.m, s.n, s.k, 1, a[ia*s.m*s.k:], lda, b[ib*s.k*s.n:], ldb, 0, y[i*s.m*s.n:], s.n)
	}
	if s.count < 4 {
		for i := range s.count {
			one(x.Workers, i)
		}
		return
	}
	each(x, s.count, s.count*s.m*s.n*s.k, func(i int) { one(1, i) })
}

// gemm32 is kernel.Gemm32 that leaves off when the run is cancelled.
func gemm32(x *Exec) gemmFunc[float32] {
	return func(workers int, transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
		kernel.GemmUntil32(x.Ended(), workers, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// gemm64 is gemm32 in double precision.
func gemm64(x *Exec) gemmFunc[float64] {
	return func(workers int, transA, transB bool, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
		kernel.GemmUntil64(x.Ended(), workers, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// wholeGemm is the product of integer matrices; they are small where they occur.
func wholeGemm[T tensor.Number](x *Exec) gemmFunc[T] {
	return func(_ int, transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
		for i := 0; i < m && !x.ended(); i++ {
			wholeRow(i, transA, transB, n, k, alpha, a, lda, b, ldb, beta, c[i*ldc:])
		}
	}
}

// wholeRow calculates row i of a product, c.
func wholeRow[T tensor.Number](i int, transA, transB bool, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T) {
	for j := range n {
		var sum T
		for p := range k {
			u, v := i*lda+p, p*ldb+j
			if transA {
				u = p*lda + i
			}
			if transB {
				v = j*ldb + p
			}
			sum += a[u] * b[v]
		}
		sum *= alpha
		if beta != 0 {
			sum += beta * c[j]
		}
		c[j] = sum
	}
}

// gemm is alpha*op(A)*op(B) + beta*C with C broadcast.
func gemm(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 3); err != nil {
		return nil, err
	}
	if err := same(in...); err != nil {
		return nil, err
	}
	ta, tb := a.Int("transA", 0) != 0, a.Int("transB", 0) != 0
	m, n, k, err := gemmShape(in[0], in[1], ta, tb)
	if err != nil {
		return nil, err
	}
	y, err := x.New(in[0].DType(), m, n)
	if err != nil {
		return nil, err
	}
	alpha, beta := a.Float("alpha", 1), a.Float("beta", 1)
	if c := optional(in, 2); c.Valid() {
		if err := expandInto(x, y, c); err != nil {
			return nil, err
		}
	} else {
		beta = 0
	}
	if m == 0 || n == 0 {
		return []tensor.Tensor{y}, nil
	}
	lda, ldb := in[0].Dim(1), in[1].Dim(1)
	switch y.DType() {
	case tensor.Float32:
		gemm32(x)(x.Workers, ta, tb, m, n, k, alpha, in[0].Float32s(), lda, in[1].Float32s(), ldb, beta, y.Float32s(), n)
	case tensor.Float64:
		gemm64(x)(x.Workers, ta, tb, m, n, k, float64(alpha), in[0].Float64s(), lda, in[1].Float64s(), ldb, float64(beta), y.Float64s(), n)
	case tensor.Int64:
		wholeGemm[int64](x)(1, ta, tb, m, n, k, int64(alpha), in[0].Int64s(), lda, in[1].Int64s(), ldb, int64(beta), y.Int64s(), n)
	case tensor.Int32:
		wholeGemm[int32](x)(1, ta, tb, m, n, k, int32(alpha), tensor.Data[int32](in[0]), lda, tensor.Data[int32](in[1]), ldb, int32(beta), tensor.Data[int32](y), n)
	default:
		return nil, unsupported(y.DType())
	}
	return []tensor.Tensor{y}, nil
}

func gemmShape(a, b tensor.Tensor, ta, tb bool) (m, n, k int, err error) {
	if a.Rank() != 2 || b.Rank() != 2 {
		return 0, 0, 0, fmt.Errorf("shapes %v and %v, want two matrices", a.Shape(), b.Shape())
	}
	m, k = a.Dim(0), a.Dim(1)
	if ta {
		m, k = k, m
	}
	kb, n := b.Dim(0), b.Dim(1)
	if tb {
		kb, n = n, kb
	}
	if k != kb {
		return 0, 0, 0, fmt.Errorf("shapes %v and %v: inner dimensions %d and %d differ", a.Shape(), b.Shape(), k, kb)
	}
	return m, n, k, nil
}
