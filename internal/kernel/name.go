package kernel

// Name is the kernel in use: "avx512", "avx2" or "portable".
func Name() string { return "portable" }
