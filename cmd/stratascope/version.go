package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/engine/native"
)

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "What this program is", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			e := native.Engine{}
			_, err := fmt.Fprintf(p.out, "%s, %d rules, engine %s (%s), %s %s/%s\n", stratascope.Tool, len(all.Detectors()), e.Name(), e.Kernel(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
