package similarity

import (
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

// thirdBlocks is how many blocks, from the second on, give the skewness of all, which weighs the less the more there are.
const thirdBlocks = 1

// testBlocks fills in P: samples are permuted inside their blocks, which were dealt at random, and so the sums of blocks
// are independent. Mean and variance of their sum are exact, its skewness is that of a few blocks, and P is the tail
// of the Pearson III distribution that has them, as in Permutation.
func (p *Pairs) testBlocks(layers []source, parts []blockPart, whole sums) {
	p.P = fill(p.L*p.L, 1)
	of := map[int]moments{} // by samples of a block, of which there are two sizes at most
	for _, b := range parts {
		if _, ok := of[b.samples]; !ok {
			of[b.samples] = newMoments(b.samples)
		}
	}
	G := len(layers)
	for i, x := range layers {
		for j := i + 1; j < G; j++ {
			if p.Reason[x.at] != nil || p.Reason[layers[j].at] != nil {
				continue
			}
			var variance, cubes, skew, skewed float64
			for _, b := range parts {
				m := of[b.samples]
				v := m[sumSquare][sumSquare] * b.hsic[triangle(i, i, G)] * b.hsic[triangle(j, j, G)]
				if !(v > 0) {
					continue // a layer that does not vary in the block
				}
				variance, cubes = variance+v, cubes+math.Pow(v, 1.5)
				if b.kept != nil && b.kept[i] != nil && b.kept[j] != nil {
					skew, skewed = skew+m.skewness(b.kept[i], b.kept[j]), skewed+1
				}
			}
			if !(variance > 0) {
				continue
			}
			sd := math.Sqrt(variance)
			v := pearsonTail(whole.hsic[triangle(i, j, G)]/sd, skew/max(1, skewed)*cubes/(variance*sd))
			p.setP(x.at, layers[j].at, max(leastP(parts[0].samples), v))
		}
	}
}

// keptByPermutations returns the sums that permutations keep of a block's U-centred Gram matrix of unit norm. products
// are its panels above the diagonal, r the row sums without it.
func keptByPermutations(products []float32, r []float64) []float64 {
	const side, size = kernel.PanelRows, kernel.PanelRows * kernel.PanelRows
	n, N := len(r), float64(len(r))
	u, shift := make([]float64, n), infer.Total(r)/(2*(N-1)*(N-2))
	for i, v := range r {
		u[i] = v/(N-2) - shift
	}
	a, squares := make([]float32, n*n), make([]float32, n*n)
	var square, cube, triangles float64
	for i := range n {
		for j := i + 1; j < n; j++ {
			block := products[(j/side*(j/side+1)/2+i/side)*size:]
			v := float64(block[i%side*side+j%side]) - u[i] - u[j]
			square, cube = square+2*v*v, cube+2*v*v*v
			a[i*n+j], a[j*n+i] = float32(v), float32(v)
		}
	}
	kernel.Gemm32(1, false, false, n, n, n, 1, a, n, a, n, 0, squares, n)
	for i := range n {
		triangles += kernel.Dot64(a[i*n:(i+1)*n], squares[i*n:(i+1)*n])
	}
	norm := math.Pow(square, 1.5)
	if !(norm > 0) {
		return nil
	}
	out := make([]float64, sumKinds)
	out[sumSquare], out[sumTriple], out[sumTriangle] = 1, cube/norm, triangles/norm
	return out
}
