package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/engine/native"
)

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "What this program is",
		Example: "  stratascope version",
		Args:    arguments(0, 0, "nothing more"),
		RunE:    func(*cobra.Command, []string) error { return p.version() },
	}
}

// version writes what this program is.
func (p *program) version() error {
	e := native.Engine{}
	built := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		built = origin(info)
	}
	_, err := fmt.Fprintf(p.out, "%s, %d rules, engine %s (%s), %s %s/%s%s\n", stratascope.Tool, len(all.Detectors()), e.Name(), e.Kernel(), runtime.Version(), runtime.GOOS, runtime.GOARCH, built)
	return err
}

// origin says what the program was built from: a commit, or the version that the module was fetched at.
func origin(info *debug.BuildInfo) string {
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	commit, changed := set["vcs.revision"], ""
	if set["vcs.modified"] == "true" {
		changed = " with changes"
	}
	switch v := info.Main.Version; {
	case commit != "":
		return ", commit " + commit[:min(12, len(commit))] + changed
	case v != "" && v != "(devel)":
		return ", module " + v
	}
	return ""
}
