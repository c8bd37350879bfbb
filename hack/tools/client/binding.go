package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The work of runBinding with a bound service.
const (
	doLogin = "login" // log in only
	doWrite = "write" // write a row or an object and read it again
	doRead  = "read"  // read the tokens of earlier runs, of which there must be some
	doClean = "clean" // remove the tokens of earlier runs
)

// A report is the output of runBinding: one line of JSON, free of secrets.
type report struct {
	Type     string `json:"type"`     // of the service: mysql or oss
	Address  string `json:"address"`  // host:port/database, or host/bucket
	Username string `json:"username"` // of the account, or the ARN of the role
	Did      string `json:"did"`      // login, write, read or clean
	Found    int    `json:"found"`    // how many rows or objects of all runs there are after it
	OK       bool   `json:"ok"`
	Denied   bool   `json:"denied"` // the server refused the login or the permission
	Error    string `json:"error,omitempty"`
}

// runBinding uses a binding as an application in a pod does. The credentials
// are environment variables, files of a folder, or both: then they must be the
// same. It prints a report of success or failure.
func runBinding(ctx context.Context, args []string, e env) error {
	flags := flag.NewFlagSet("client binding", flag.ContinueOnError)
	prefix := flags.String("prefix", "", "what comes before the credentials' names in the environment")
	dir := flags.String("dir", "", "folder with a file for each credential")
	do := flags.String("do", doWrite, "what to do: login, write, read or clean")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	r := report{Did: *do}
	err := r.use(ctx, *prefix, *dir, e)
	r.OK, r.Denied = err == nil, errors.Is(err, errDenied)
	if err != nil {
		r.Error = err.Error()
	}
	line, marshalErr := json.Marshal(r)
	if marshalErr != nil {
		return errors.Join(err, marshalErr)
	}
	_, printErr := fmt.Fprintln(e.out, string(line))
	return errors.Join(err, printErr)
}

// A boundService is a service to log in to and to keep something in.
type boundService interface {
	login(context.Context) error
	// write stores a token and reads it again.
	write(ctx context.Context, token string) error
	// count returns the number of stored tokens.
	count(context.Context) (int, error)
	clean(context.Context) error
}

func (r *report) use(ctx context.Context, prefix, dir string, e env) error {
	secret, err := boundCredentials(prefix, dir, e)
	if err != nil {
		return err
	}
	r.Type, r.Username = secret["type"], secret["username"]
	var service boundService
	switch r.Type {
	case "mysql":
		var tables *boundTables
		if tables, r.Address, err = openTables(secret); err != nil {
			return err
		}
		defer tables.db.Close()
		service = tables
	case "oss":
		r.Username, r.Address = cmp.Or(r.Username, secret["role_arn"]), secret["host"]+"/"+secret["bucket"]
		if service, err = openBucket(secret, e); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%w: the credentials are of type %q, not mysql or oss", errUsage, r.Type)
	}
	switch r.Did {
	case doLogin:
		return service.login(ctx)
	case doWrite:
		err = service.write(ctx, strings.ToLower(rand.Text()))
	case doClean:
		err = service.clean(ctx)
	case doRead:
	default:
		return fmt.Errorf("%w: --do=%s: it must be login, write, read or clean", errUsage, r.Did)
	}
	if err != nil {
		return err
	}
	if r.Found, err = service.count(ctx); err == nil && r.Did == doRead && r.Found == 0 {
		err = errNothingThere
	}
	return err
}

// errNothingThere means that the tokens of earlier runs are absent.
var errNothingThere = errors.New("nothing of earlier runs is there")

// errContradiction means that an application would read different credentials in
// different places.
var errContradiction = errors.New("the credentials contradict each other")

// boundNames are the names of the credentials that are of use here.
func boundNames() []string {
	return []string{
		"access_key_id", "bucket", "database", "endpoint", "host", "jdbcUrl", "oidc_provider_arn", "password", "port", "region",
		"role_arn", "secret_access_key", "type", "uri", "username",
	}
}

// boundCredentials reads the credentials by name. A Secret's volume has a file
// for each of them.
func boundCredentials(prefix, dir string, e env) (map[string]string, error) {
	found := map[string]string{}
	for _, name := range boundNames() {
		if value := e.get(prefix + name); value != "" {
			found[name] = value
		}
	}
	inEnvironment := len(found) > 0
	if dir == "" {
		if !inEnvironment {
			return nil, fmt.Errorf("%w: the environment has no credentials with names such as %suri, and there is no --dir", errUsage, prefix)
		}
		return found, nil
	}
	for _, name := range boundNames() {
		text, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // the caller names its own folder
		if errors.Is(err, os.ErrNotExist) {
			text, err = nil, nil
		}
		if err != nil {
			return nil, err
		}
		if inEnvironment && found[name] != string(text) {
			return nil, fmt.Errorf("%w: %s is not the same in environment and folder", errContradiction, name)
		}
		if len(text) > 0 {
			found[name] = string(text)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: there are no credentials in %s", errUsage, dir)
	}
	return found, nil
}
