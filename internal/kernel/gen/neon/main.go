//go:build generate

// Command neon writes the arm64 assembly of package kernel, as gen does for amd64: micro-kernels of the
// matrix products, packing, and vector functions. It writes the same bytes every time; run it with go
// generate in the folder two above.
package main

import (
	"flag"
	"log"
	"os"
)

func main() {
	out := flag.String("out", "kernels_arm64.s", "assembly to write")
	stubs := flag.String("stubs", "kernels_arm64.go", "declarations to write")
	flag.Parse()
	products()
	packing()
	vectors()
	functions()
	sums()
	for name, text := range map[string]string{*out: assembly(), *stubs: declarations()} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
