package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// An operation is what the SDK sends and reads in one call. Members of XML are paths
// below the root element, as "Contents.Key".
type operation struct {
	Method string   `json:"method"`
	Level  string   `json:"level"` // service, bucket or object
	Fixed  []string `json:"fixed,omitempty"`
	Query  []string `json:"query,omitempty"`
	Header []string `json:"header,omitempty"`
	Body   []string `json:"body,omitempty"`

	AnswerHeader []string `json:"answerHeader,omitempty"`
	AnswerBody   []string `json:"answerBody,omitempty"`
}

// Sources are the SDK's declarations by name.
type sources struct {
	types map[string]ast.Expr
}

// readOperations reads the SDK's operations from its source.
func readOperations(folder string) (map[string]*operation, error) {
	files, err := filepath.Glob(folder + "/*.go")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no source in %s: %w", folder, err)
	}
	s := sources{types: make(map[string]ast.Expr)}
	operations := make(map[string]*operation)
	var parsed []*ast.File
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
		ast.Inspect(file, func(n ast.Node) bool {
			if t, ok := n.(*ast.TypeSpec); ok {
				s.types[t.Name.Name] = t.Type
			}
			return true
		})
	}
	for _, file := range parsed {
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.CompositeLit); ok && name(literal.Type) == "OperationInput" {
				s.add(operations, literal)
			}
			return true
		})
	}
	return operations, nil
}

// add reads one literal of the SDK's OperationInput.
func (s sources) add(to map[string]*operation, literal *ast.CompositeLit) {
	o, opName := &operation{Level: "service"}, ""
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch name(pair.Key) {
		case "OpName":
			opName = text(pair.Value)
		case "Method":
			o.Method = text(pair.Value)
		case "Bucket":
			if o.Level == "service" {
				o.Level = "bucket"
			}
		case "Key":
			o.Level = "object"
		case "Parameters":
			o.Fixed = fixed(pair.Value)
		}
	}
	if opName == "" {
		return
	}
	for _, f := range s.fields(opName + "Request") {
		where, parameter, _ := strings.Cut(f.Get("input"), ",")
		parameter, options, _ := strings.Cut(parameter, ",")
		switch {
		case where == "query":
			o.Query = append(o.Query, parameter)
		case strings.HasPrefix(where, "x-oss-"):
			o.Query = append(o.Query, where)
		case where == "header" && strings.Contains(options, "usermeta"):
			o.Header = append(o.Header, parameter+"*")
		case where == "header":
			o.Header = append(o.Header, parameter)
		case where == "body" && strings.HasPrefix(options, "xml"):
			o.Body = append(o.Body, s.members("", f.typ)...)
		}
	}
	s.addAnswer(o, opName)
	for _, list := range []*[]string{&o.Fixed, &o.Query, &o.Header, &o.Body, &o.AnswerHeader, &o.AnswerBody} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	to[opName] = o
}

// fixed lists the entries of a literal map as "name" or "name=value".
func fixed(e ast.Expr) []string {
	literal, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	var list []string
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			list = append(list, strings.TrimSuffix(text(pair.Key)+"="+text(pair.Value), "="))
		}
	}
	return list
}

func (s sources) addAnswer(o *operation, opName string) {
	for _, f := range s.fields(opName + "Result") {
		where, member, _ := strings.Cut(f.Get("output"), ",")
		member, options, _ := strings.Cut(member, ",")
		switch {
		case where == "header" && strings.Contains(options, "usermeta"):
			o.AnswerHeader = append(o.AnswerHeader, member+"*")
		case where == "header":
			o.AnswerHeader = append(o.AnswerHeader, member)
		case where == "body" && strings.HasPrefix(options, "xml"):
			o.AnswerBody = append(o.AnswerBody, s.members("", f.typ)...)
		case f.Get("xml") != "":
			o.AnswerBody = append(o.AnswerBody, s.member("", f)...)
		}
	}
}

// A field is a member of a structure, with its tags.
type field struct {
	reflect.StructTag

	typ ast.Expr
}

func (s sources) fields(structure string) []field {
	t := s.types[structure]
	for {
		named, ok := t.(*ast.Ident)
		if !ok {
			break
		}
		if t = s.types[named.Name]; t == nil {
			return nil
		}
	}
	found, ok := t.(*ast.StructType)
	if !ok {
		return nil
	}
	var list []field
	for _, f := range found.Fields.List {
		if f.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		if err == nil {
			list = append(list, field{reflect.StructTag(tag), f.Type})
		}
	}
	return list
}

// members lists the XML members of a structure below a path.
func (s sources) members(path string, t ast.Expr) []string {
	var list []string
	for _, f := range s.fields(name(t)) {
		list = append(list, s.member(path, f)...)
	}
	return list
}

// member lists the paths of one XML member: itself, or the members it has.
func (s sources) member(path string, f field) []string {
	member, options, _ := strings.Cut(f.Get("xml"), ",")
	if member == "" || member == "-" || strings.Contains(options, "attr") {
		return nil
	}
	if path += strings.ReplaceAll(member, ">", "."); strings.Count(path, ".") > 12 {
		return nil
	}
	if below := s.members(path+".", f.typ); len(below) > 0 {
		return below
	}
	return []string{path}
}

// name is the name of a type behind pointers and lists.
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return name(e.X)
	case *ast.ArrayType:
		return name(e.Elt)
	}
	return ""
}

// text is the value of a literal of text; the rest is empty.
func text(e ast.Expr) string {
	if literal, ok := e.(*ast.BasicLit); ok {
		if value, err := strconv.Unquote(literal.Value); err == nil {
			return value
		}
	}
	return ""
}
