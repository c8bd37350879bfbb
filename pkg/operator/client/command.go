// Package client is the command line for operators: it speaks to a running
// broker's operators' API and prints what that tells.
package client

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Codes that the program exits with.
const (
	codeFailed = 1
	codeUsage  = 2
	codeSome   = 3 // "instances none", and there are some
)

// An exitError is an error that says which code to exit with.
type exitError struct {
	error

	code int
}

// Unwrap gives the error alone.
func (e exitError) Unwrap() error { return e.error }

// ExitCode is what the program exits with after Run: 0 for nil, 2 where the
// arguments are wrong, 3 where "instances none" found some, 1 for all else.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[exitError](err); ok {
		return e.code
	}
	return codeFailed
}

func usageError(format string, args ...any) error {
	return exitError{fmt.Errorf(format, args...), codeUsage}
}

// A verb is one thing that can be done.
type verb struct {
	words []string
	args  []string // names of what must follow
	help  string
	flags func(*flag.FlagSet, *call)
	run   func(context.Context, *call) error
}

// A call is one run of a verb.
type call struct {
	client *Client
	out    io.Writer
	args   []string
	now    time.Time

	json    bool
	filter  Filter
	binding string
	confirm string
	force   bool
	hint    string
}

// verbs is the one table of them.
func verbs() []verb {
	return []verb{
		{words: []string{"instances", "list"}, help: "one line for each instance", flags: listFlags, run: list},
		{words: []string{"instances", "show"}, args: []string{"ID"}, help: "all that may be told of an instance and its bindings", flags: showFlags, run: show},
		{words: []string{"instances", "retry"}, args: []string{"ID"}, help: "try again at once what is unfinished or set aside of an instance and its bindings", run: retry},
		{words: []string{"instances", "purge"}, args: []string{"ID"}, help: "let go of what can never be deleted; what exists in the cloud stays", flags: purgeFlags, run: purge},
		{words: []string{"instances", "none"}, help: "exit with 0 if nothing exists in the cloud, with 3 if something does or may", flags: noneFlags, run: none},
		{words: []string{"keys", "list"}, help: "the keys that seal secrets, and how many records need each", run: listKeys},
		{words: []string{"keys", "add"}, help: "add a key, which opens and does not seal yet", run: addKey},
		{words: []string{"keys", "promote"}, args: []string{"ID"}, help: "let a key seal from now on", run: promoteKey},
		{words: []string{"keys", "drop"}, args: []string{"ID"}, help: "forget a key that no record needs", run: dropKey},
		{words: []string{"reseal"}, help: "seal with the primary key what older keys sealed", run: reseal},
	}
}

// Run runs what args say and prints to out. getenv gives the environment.
func Run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	found, rest, err := find(args)
	if found == nil {
		if err == nil {
			err = usage(out)
		}
		return err
	}
	c := &call{out: out, now: time.Now()}
	name := strings.Join(append([]string{program}, found.words...), " ")
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(out)
	target := targetFlags(fs, getenv)
	fs.BoolVar(&c.json, "json", false, "print JSON")
	if found.flags != nil {
		found.flags(fs, c)
	}
	fs.Usage = func() {
		_, _ = fmt.Fprintf(out, "%s: %s\n\n  %s [flags]\n\n", name, found.help, strings.Join(append([]string{name}, found.args...), " "))
		fs.PrintDefaults()
	}
	c.args, err = parse(fs, rest)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return exitError{err, codeUsage}
	}
	if len(c.args) != len(found.args) {
		return usageError("%s takes %d arguments and got %d; see %s --help", name, len(found.args), len(c.args), name)
	}
	if c.client, err = target.client(); err != nil {
		return err
	}
	return found.run(ctx, c)
}

// program is the name that the commands are shown with.
const program = "alibabacloud-servicebroker"

// find returns the verb that args begin with; nil where help is asked for.
func find(args []string) (found *verb, rest []string, err error) {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[len(args)-1]) && len(args) == 1 {
		return nil, nil, nil
	}
	for _, v := range verbs() {
		if len(args) >= len(v.words) && slices.Equal(args[:len(v.words)], v.words) {
			return &v, args[len(v.words):], nil
		}
	}
	known := func(v verb) bool { return v.words[0] == args[0] }
	if slices.ContainsFunc(verbs(), known) && (len(args) == 1 || strings.HasPrefix(args[1], "-")) {
		return nil, nil, nil // "instances --help"
	}
	return nil, nil, usageError("there is no command %q; see %s help", strings.Join(args[:min(2, len(args))], " "), program)
}

func usage(out io.Writer) error {
	var b strings.Builder
	b.WriteString("Commands for operators. They speak to a running broker, on its second port:\n\n")
	for _, v := range verbs() {
		fmt.Fprintf(&b, "  %-28s %s\n", strings.Join(append(slices.Clone(v.words), v.args...), " "), v.help)
	}
	b.WriteString("\nEach has --help. They exit with 0 when it is done, 1 when it failed, 2 when the arguments are wrong.\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// parse is fs.Parse with flags also after arguments; after -- there are none.
func parse(fs *flag.FlagSet, args []string) (positional []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		rest := fs.Args()
		if len(rest) == 0 {
			return positional, nil
		}
		if at := len(args) - len(rest); at > 0 && args[at-1] == "--" {
			return append(positional, rest...), nil
		}
		positional, args = append(positional, rest[0]), rest[1:]
	}
}
