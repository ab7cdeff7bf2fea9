package main

import (
	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope/detector/all"
)

func (p *program) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Shell completion",
		Long:  "Completion writes a script that teaches a shell the commands, flags and rules.",
		Example: "  source <(stratascope completion bash)\n" +
			"  stratascope completion zsh > \"${fpath[1]}/_stratascope\"\n" +
			"  stratascope completion fish > ~/.config/fish/completions/stratascope.fish\n" +
			"  stratascope completion powershell | Out-String | Invoke-Expression",
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      arguments(1, 1, "a shell: bash, zsh, fish or powershell"),
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(p.out, true)
			case "zsh":
				return root.GenZshCompletion(p.out)
			case "fish":
				return root.GenFishCompletion(p.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(p.out)
			}
			return usage("no completion for %q, want bash, zsh, fish or powershell", args[0])
		},
	}
}

// arguments wants so many words after a command, or says what they should be.
func arguments(least, most int, wanted string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage("%s: want %s", c.Name(), wanted).with(c.UseLine())
		case len(args) > most:
			return usage("%s: %q is one word too many, want %s", c.Name(), args[most], wanted).with(c.UseLine())
		}
		return nil
	}
}

// completeRules offers the names and codes of rules for the first word.
func completeRules(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []cobra.Completion
	for _, d := range all.Detectors() {
		out = append(out, cobra.CompletionWithDesc(d.Name, d.Code+" "+d.Title), cobra.CompletionWithDesc(d.Code, d.Title))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
