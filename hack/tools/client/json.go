package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// errNoValue says that a path leads to nothing.
var errNoValue = errors.New("no such value")

// runJSON reads a JSON document from standard input and prints what the path
// of its argument leads to: a string as it is, everything else as compact JSON.
func runJSON(args []string, e env) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: client json PATH, such as .services[name=x].plans[0].id", errUsage)
	}
	document, err := io.ReadAll(e.in)
	if err != nil {
		return err
	}
	value, err := lookup(document, args[0])
	if err != nil {
		return err
	}
	text, err := printable(value)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	_, err = fmt.Fprintln(e.out, text)
	return err
}

// lookup follows a path of members (.name), elements ([0]) and elements found
// by a member that is a string ([name=value]). The path "." is the document.
func lookup(document []byte, path string) (json.RawMessage, error) {
	value := json.RawMessage(document)
	for rest := strings.TrimPrefix(path, "."); rest != ""; {
		var step string
		var err error
		if inner, found := strings.CutPrefix(rest, "["); found {
			step, rest, found = strings.Cut(inner, "]")
			if !found {
				return nil, fmt.Errorf("%w: %s: [ without ]", errUsage, path)
			}
			value, err = element(value, step)
		} else {
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			step, rest = rest[:end], rest[end:]
			value, err = member(value, step)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		rest = strings.TrimPrefix(rest, ".")
	}
	return value, nil
}

func member(object json.RawMessage, name string) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	value, ok := members[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, errNoValue)
	}
	return value, nil
}

// element finds the element of an array by its index or by name=value.
func element(array json.RawMessage, which string) (json.RawMessage, error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(array, &elements); err != nil {
		return nil, fmt.Errorf("[%s]: %w", which, err)
	}
	name, want, byMember := strings.Cut(which, "=")
	if !byMember {
		i, err := strconv.Atoi(which)
		if err != nil || i < 0 || i >= len(elements) {
			return nil, fmt.Errorf("[%s] of %d: %w", which, len(elements), errNoValue)
		}
		return elements[i], nil
	}
	for _, candidate := range elements {
		value, err := member(candidate, name)
		if err != nil {
			continue // not every element has the member
		}
		if text, err := printable(value); err == nil && text == want {
			return candidate, nil
		}
	}
	return nil, fmt.Errorf("[%s] of %d: %w", which, len(elements), errNoValue)
}

// printable is a string without its quotes, or the compact form of any other
// value.
func printable(value json.RawMessage) (string, error) {
	var text string
	if err := json.Unmarshal(value, &text); err == nil && !bytes.Equal(bytes.TrimSpace(value), []byte("null")) {
		return text, nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, value); err != nil {
		return "", err
	}
	return compact.String(), nil
}
