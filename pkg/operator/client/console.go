// Package client calls the operator API of a running broker and prints the
// answers. Client is the HTTP client; Console prints its results.
package client

import (
	"encoding/json"
	"io"
	"time"
)

// A Console runs the commands of an operator: each method calls the operator
// API and prints the answer.
type Console struct {
	Client *Client
	Out    io.Writer
	JSON   bool      // print JSON instead of text
	Now    time.Time // ages are counted to this time
}

// printLine prints an object as one line of JSON.
func (c *Console) printLine(object any) error { return encode(c.Out, "", object) }

// printObject prints an object as indented JSON.
func (c *Console) printObject(object any) error { return encode(c.Out, "  ", object) }

func encode(out io.Writer, indent string, object any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	return encoder.Encode(object)
}
