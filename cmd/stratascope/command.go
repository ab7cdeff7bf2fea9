package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// grace is how long work may go on after an interruption to keep what is done.
const grace = 900 * time.Millisecond

// A program is one call of the command.
type program struct {
	out, err  io.Writer
	logFormat string
	settings  *settings   // of the subcommand that runs
	resumable atomic.Bool // what is done is kept for --resume
}

// prepare makes a subcommand run with settings of its own: defaults differ from one to another.
func (p *program) prepare(c *cobra.Command) *settings {
	s := &settings{}
	c.PreRun = func(*cobra.Command, []string) { p.settings = s }
	return s
}

// run runs the command and returns its exit code.
func run(args []string, stdout, stderr io.Writer) int {
	p := &program{out: stdout, err: stderr, settings: &settings{}}
	ctx, stop := p.interruptible()
	defer stop()
	root := p.command()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return p.guarded(func() error { return root.ExecuteContext(ctx) })
}

// guarded turns what work ends with into an exit code and a message.
func (p *program) guarded(work func() error) (code int) {
	defer func() {
		if r := recover(); r != nil { // a mistake of the program's own; its trace is of no use to a user
			f := failure{code: exitInput, message: fmt.Sprintf("stratascope failed: %v", r), help: []string{"This is a mistake in Stratascope. Please report it, with the command and what kind of network it was."}}
			f.report(p.err, p.logFormat == "json")
			code = f.code
		}
	}()
	err := work()
	var g gate
	switch {
	case err == nil:
		return exitClear
	case errors.As(err, &g):
		return int(g)
	}
	f := failed(err, p.resumable.Load())
	f.report(p.err, p.logFormat == "json")
	return f.code
}

// interruptible returns a context that ends with Ctrl-C. Work that does not end in time is left: what is
// kept is written as a whole or not at all.
func (p *program) interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, stopSignals...)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
		case <-done:
			return
		}
		cancel()
		select {
		case <-done:
		case <-time.After(grace):
			interrupted(p.resumable.Load()).report(p.err, p.logFormat == "json")
			os.Exit(exitInterrupted)
		}
	}()
	return ctx, func() { signal.Stop(signals); close(done); cancel() }
}

// command returns the root command with all others.
func (p *program) command() *cobra.Command {
	version := false
	root := &cobra.Command{
		Use:   "stratascope",
		Short: "Look into the layers of a trained network",
		Long:  "Stratascope examines trained networks: it finds structural flaws, says where they are and how bad,\nand what would help. Nothing leaves this machine and no input is ever changed.",
		Example: "  stratascope demo                                 a whole case, no input needed\n" +
			"  stratascope check model.onnx --data data/        examine a network of your own\n" +
			"  stratascope explain dead-units                   what a rule means",
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case version:
				return p.version()
			case len(args) == 0:
				return c.Help()
			}
			return unknownCommand(c, args[0])
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetFlagErrorFunc(flagError)
	root.Flags().BoolVar(&version, "version", false, "what this program is")
	root.PersistentFlags().StringVar(&p.logFormat, "log-format", "text", "progress and errors as `text|json`")
	root.AddCommand(p.checkCommand(), p.recordCommand(), p.explainCommand(), p.rulesCommand(), p.reportCommand(), p.doctorCommand(), p.demoCommand(), p.versionCommand(), p.completionCommand())
	root.SetHelpCommand(&cobra.Command{Use: "help [command]", Short: "Help about a command", RunE: func(c *cobra.Command, args []string) error {
		sub, _, err := root.Find(args)
		if err != nil || sub == nil {
			return unknownCommand(root, strings.Join(args, " "))
		}
		return sub.Help()
	}})
	return root
}

// unknownCommand says which command may have been meant.
func unknownCommand(root *cobra.Command, name string) error {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	f := usage("unknown command %q.", name)
	if near := nearest(name, names); near != "" {
		f = usage("unknown command %q. Did you mean %s?", name, near)
	}
	return f.with("All: stratascope help")
}

// wanted says what a flag's value may be: what its own reader says, else by the flag's kind.
func wanted(err error, kind string) string {
	switch kind {
	case "uint64":
		return "want a whole number of at least 0"
	case "duration":
		return "want a time as 90s or 5m"
	case "bool":
		return "want true or false"
	}
	return err.Error()
}

// flagError says which flag may have been meant.
func flagError(c *cobra.Command, err error) error {
	text := err.Error()
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		return usage("--%s is %q: %s", value.GetFlag().Name, value.GetValue(), wanted(value.Unwrap(), value.GetFlag().Value.Type()))
	}
	name, unknown := strings.CutPrefix(text, "unknown flag: --")
	if !unknown {
		return usage("%s: %s", c.Name(), text)
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	slices.Sort(names)
	f := usage("unknown flag --%s.", name)
	if near := nearest(name, names); near != "" {
		f = usage("unknown flag --%s. Did you mean --%s?", name, near)
	}
	return f.with("All: " + c.CommandPath() + " --help")
}
