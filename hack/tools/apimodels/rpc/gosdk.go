package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const sdk = "github.com/aliyun/alibaba-cloud-sdk-go"

// goModels reads the request and response structs of one service of
// alibaba-cloud-sdk-go.
func goModels(root, product string) (map[string]model, error) {
	folder, err := output(root, "go", "list", "-m", "-f", "{{.Dir}}", sdk)
	if err != nil {
		return nil, err
	}
	types, err := structs(filepath.Join(strings.TrimSpace(string(folder)), "services", product))
	if err != nil {
		return nil, err
	}
	models := map[string]model{}
	for name := range types {
		if action, ok := strings.CutSuffix(name, "Request"); ok {
			m := model{Parameters: types.parameters(name), Types: map[string]string{}}
			m.Members = types.members(action+"Response", nil, m.Types)
			models[action] = m
		}
	}
	return models, nil
}

// A library has the structs of one Go package by name.
type library map[string]*ast.StructType

func structs(folder string) (library, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	types := library{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					types[spec.Name.Name] = s
				}
			}
			return true
		})
	}
	return types, nil
}

// parameters lists the parameters of a request struct.
func (l library) parameters(name string) []string {
	var list []string
	for _, field := range l[name].Fields.List {
		parameter := tag(field, "name")
		if parameter == "" {
			continue // the embedded request
		}
		element, isList := elementType(field.Type)
		if isList {
			parameter += ".N"
		}
		inner, known := l[element]
		if !known || inner == nil {
			list = append(list, parameter)
			continue
		}
		for _, p := range l.parameters(element) {
			list = append(list, parameter+"."+p)
		}
	}
	return list
}

// members lists the members of a response struct, and notes the types of those that
// are no strings. open has the structs around it, for types that contain themselves.
func (l library) members(name string, open []string, types map[string]string) []string {
	s := l[name]
	if s == nil {
		return nil
	}
	var list []string
	for _, field := range s.Fields.List {
		member := tag(field, "json")
		if member == "" {
			continue
		}
		element, _ := elementType(field.Type)
		if l[element] == nil || slices.Contains(open, element) {
			list = append(list, member)
			types[member] = jsonType(element)
			continue
		}
		of := map[string]string{}
		inner := l.members(element, append(open, name), of)
		if len(inner) == 0 {
			list = append(list, member)
			types[member] = "object"
		}
		for _, m := range inner {
			list = append(list, member+"."+m)
			types[member+"."+m] = of[m]
		}
	}
	return list
}

// jsonType is the JSON type of a Go type.
func jsonType(name string) string {
	switch name {
	case "string":
		return "string"
	case "bool":
		return "boolean"
	case "int", "int64", "float64":
		return "number"
	}
	return "object"
}

// elementType names the type of a field without pointers and lists.
func elementType(e ast.Expr) (name string, isList bool) {
	switch t := e.(type) {
	case *ast.StarExpr:
		return elementType(t.X)
	case *ast.ArrayType:
		name, _ = elementType(t.Elt)
		return name, true
	case *ast.Ident:
		return t.Name, false
	}
	return "", false
}

func tag(field *ast.Field, key string) string {
	if field.Tag == nil {
		return ""
	}
	text, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return ""
	}
	return strings.Split(reflect.StructTag(text).Get(key), ",")[0]
}
