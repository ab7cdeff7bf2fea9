package kernel

//go:generate go run -tags generate ./gen -out kernels_amd64.s -stubs kernels_amd64.go -pkg kernel
//go:generate go run -tags generate ./gen/neon -out kernels_arm64.s -stubs kernels_arm64.go
