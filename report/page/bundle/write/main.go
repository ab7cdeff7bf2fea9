// Command write puts the page's script beside its sources. go generate runs it in the folder of package report.
package main

import (
	"fmt"
	"os"

	"github.com/stratascope/stratascope/report/page/bundle"
)

func main() {
	out, err := bundle.Script("page/script/main.ts")
	if err == nil {
		err = os.WriteFile("page/script/bundle.js", out, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}
