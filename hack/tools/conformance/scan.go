package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A testID is one test function of the module.
type testID struct {
	File string // with slashes, relative to the root
	Name string
}

// Package is the folder of the test.
func (t testID) Package() string { return path.Dir(t.File) }

// proofs are the tests that prove each requirement, sorted.
type proofs map[string][]testID

// tests are all of them, each once.
func (p proofs) tests() []testID {
	var all []testID
	for _, tests := range p {
		all = append(all, tests...)
	}
	slices.SortFunc(all, compareTests)
	return slices.Compact(all)
}

func compareTests(a, b testID) int {
	return strings.Compare(a.File+" "+a.Name, b.File+" "+b.Name)
}

// sources are the test files of the module at root, with slashes and relative.
func sources(root string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() && name != root && (strings.HasPrefix(base, ".") || slices.Contains([]string{"bin", "data", "testdata", "vendor"}, base)) {
			return filepath.SkipDir
		}
		if !entry.IsDir() && strings.HasSuffix(base, "_test.go") {
			relative, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			files = append(files, filepath.ToSlash(relative))
		}
		return nil
	})
	return files, err
}

// findProofs reads the calls of osbtest.Proves in the given test files.
func findProofs(root string, files []string) (proofs, error) {
	found := proofs{}
	var problems []error
	for _, file := range files {
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file))) //nolint:gosec // a file of ours
		if err != nil {
			return nil, err
		}
		if !bytes.Contains(source, []byte("osbtest.Proves")) || strings.HasPrefix(file, "pkg/osb/osbtest/") {
			continue
		}
		problems = append(problems, found.add(file, source))
	}
	for id := range found {
		slices.SortFunc(found[id], compareTests)
		found[id] = slices.Compact(found[id])
	}
	return found, errors.Join(problems...)
}

// add adds the proofs in one file.
func (p proofs) add(file string, source []byte) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	var problems []error
	for _, declaration := range parsed.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		for _, call := range callsOfProves(function) {
			name := function.Name.Name
			if !strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "Fuzz") || function.Recv != nil {
				problems = append(problems, fmt.Errorf("%s: %s calls Proves and is no test", file, name))
				continue
			}
			for _, argument := range call.Args[1:] {
				id, err := literal(argument)
				if err != nil {
					problems = append(problems, fmt.Errorf("%s: %s: %w", file, name, err))
					continue
				}
				p[id] = append(p[id], testID{File: file, Name: name})
			}
		}
	}
	return errors.Join(problems...)
}

// callsOfProves returns the calls of osbtest.Proves inside function.
func callsOfProves(function *ast.FuncDecl) []*ast.CallExpr {
	var calls []*ast.CallExpr
	ast.Inspect(function, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || selector.Sel.Name != "Proves" || len(call.Args) == 0 {
			return true
		}
		if from, ok := selector.X.(*ast.Ident); ok && from.Name == "osbtest" {
			calls = append(calls, call)
		}
		return true
	})
	return calls
}

func literal(e ast.Expr) (string, error) {
	basic, ok := e.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", errors.New("the ids of Proves must be string literals")
	}
	return strconv.Unquote(basic.Value)
}

// testFunctions are the names of all tests in the given files, which the tables
// of the checkers may refer to.
func testFunctions(root string, files []string) (map[string][]testID, error) {
	names := map[string][]testID{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(file)), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, declaration := range parsed.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				names[f.Name.Name] = append(names[f.Name.Name], testID{File: file, Name: f.Name.Name})
			}
		}
	}
	return names, nil
}
