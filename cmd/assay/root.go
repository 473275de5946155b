package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/assaydb/assay/http/client"
	"github.com/spf13/cobra"
)

// terminal is what a command may touch of the outside: data goes to out, everything else to err.
type terminal struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	lookup func(string) (string, bool)
}

func (t terminal) env(name string) string {
	v, _ := t.lookup(name)
	return v
}

// interactive reports whether a stream is a terminal.
func interactive(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}

// app is one run of the command line.
type app struct {
	terminal
	url     string
	started bool // the arguments were understood: an error from here on is no usage error
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, t terminal) int {
	a := &app{terminal: t}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code := exitCode(ctx, err)
	if !a.started && code == exitError {
		code = exitUsage
		fmt.Fprintf(t.err, "assay: %s\nRun 'assay %s--help' for how to use it.\n", err, commandPath(root, args))
		return code
	}
	if code == exitInterrupted {
		fmt.Fprintln(t.err, "assay: interrupted")
		return code
	}
	fmt.Fprintf(t.err, "assay: %s\n", err)
	return code
}

// commandPath is the command that the arguments reached, for the hint after a usage error.
func commandPath(root *cobra.Command, args []string) string {
	cmd, _, err := root.Find(args)
	if err != nil || cmd == root {
		return ""
	}
	return strings.TrimPrefix(cmd.CommandPath(), "assay ") + " "
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use: "assay", Short: "Land CSVs, query them with SQL", SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		Long: "Assay keeps CSVs of medical test results as Parquet and answers SQL over them.\n" +
			"One binary is the server (assay serve) and its client (assay load, assay sql, ...).\n\n" +
			"ASSAY_URL names the server for the client commands, ASSAY_TOKEN is sent to it.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVar(&a.url, "url", "", "address of the server (default $ASSAY_URL or http://127.0.0.1:8080)")
	root.AddCommand(
		a.serveCommand(), a.loadCommand(), a.sqlCommand(), a.sniffCommand(), a.tableCommand(), a.deliveryCommand(), a.jobCommand(), a.coverageCommand(), a.inboxCommand(), a.restoreCommand(),
		a.versionCommand(), a.benchCommand(), a.demoCommand(),
	)
	a.noteStart(root)
	return root
}

// noteStart marks the moment at which a command's own work begins: whatever cobra refuses comes before.
func (a *app) noteStart(cmd *cobra.Command) {
	if do := cmd.RunE; do != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.started = true
			return do(cmd, args)
		}
	}
	for _, child := range cmd.Commands() {
		a.noteStart(child)
	}
}

// group is a command that only holds others.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%q is no command of %q", args[0], cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(children...)
	return cmd
}

// client connects to the server that the flags and the environment name.
func (a *app) client() (*client.Client, error) {
	base := a.url
	if base == "" {
		base = a.env("ASSAY_URL")
	}
	if base == "" {
		base = "http://127.0.0.1:8080"
	}
	return client.New(base, a.env("ASSAY_TOKEN"))
}
