package main

import "github.com/spf13/cobra"

func (p *program) recordCommand() *cobra.Command {
	return &cobra.Command{Use: "record", Short: "Make a recording, look at one"}
}
