package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxBody limits the body of a request, in bytes.
const maxBody = 4 << 20

// maxDepth limits the nesting of a JSON body.
const maxDepth = 32

// read parses the request: the parameters of query and body together, and
// action and version, which may be parameters or headers. After a failure the
// parts read so far stay, for the journal.
func (c *call) read() *Error {
	query, err := parseQuery(c.r.URL.RawQuery)
	c.query, c.params = query, query
	v3 := isV3(c.r)
	c.action, c.version, c.format = query.Get("Action"), query.Get("Version"), query.Get("Format")
	if err == nil && c.r.Method == http.MethodPost {
		err = c.readBody(v3)
	}
	c.action = first(c.params.Get("Action"), c.r.Header.Get("x-acs-action"))
	c.version = first(c.params.Get("Version"), c.r.Header.Get("x-acs-version"))
	c.product = c.g.products[c.version]
	c.action = c.g.spelling(c.version, c.action)
	// The default format is JSON for requests by headers and XML for requests
	// by parameters.
	c.format = c.params.Get("Format")
	if c.format == "" && (v3 || c.params.Get("Action") == "" && c.action != "") {
		c.format = "JSON"
	}
	switch {
	case err != nil:
		return Errorf(http.StatusBadRequest, "InvalidParameter", "The parameters cannot be read.")
	case c.r.Method != http.MethodGet && c.r.Method != http.MethodPost:
		return Errorf(http.StatusForbidden, "UnsupportedHTTPMethod", "This HTTP method is not supported.")
	case c.format != "" && !strings.EqualFold(c.format, "JSON") && !strings.EqualFold(c.format, "XML"):
		return Errorf(http.StatusBadRequest, "InvalidParameter", "Format must be JSON or XML.")
	case c.action == "":
		return Missing("Action")
	case c.version == "":
		return Missing("Version")
	}
	if c.contradictsHeader("Action") || c.contradictsHeader("Version") {
		return Errorf(http.StatusBadRequest, "InvalidParameter", "Action and Version of the parameters and of the headers differ.")
	}
	return malformed(c.params)
}

// contradictsHeader reports whether a parameter and the header of its name are both
// there and differ (A016).
func (c *call) contradictsHeader(name string) bool {
	param, header := c.params.Get(name), c.r.Header.Get("x-acs-"+name)
	return param != "" && header != "" && !strings.EqualFold(param, header)
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// readBody adds the parameters of a form or, signed by headers, of a JSON
// object.
func (c *call) readBody(v3 bool) error {
	form, object := bodyKind(c.r)
	if !form && !v3 {
		return nil
	}
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody)); err != nil || len(c.body) == 0 {
		return err
	}
	more := url.Values{}
	switch {
	case form:
		more, err = parseQuery(string(c.body))
	case object:
		err = flattenObject(more, c.body)
	}
	if len(more) > 0 {
		// The query alone is signed as such in version 3.
		c.params = maps.Clone(c.query)
		for name, values := range more {
			c.params[name] = append(slices.Clip(c.params[name]), values...)
		}
	}
	return err
}

// parseQuery is url.ParseQuery without its limit of 10,000 parameters: the products
// refuse long lists with their own codes, and maxBody bounds them.
func parseQuery(text string) (url.Values, error) {
	v := url.Values{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return v, err
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return v, err
		}
		v[name] = append(v[name], value)
	}
	return v, nil
}

func bodyKind(r *http.Request) (form, object bool) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return strings.EqualFold(media, "application/x-www-form-urlencoded"), strings.EqualFold(media, "application/json")
}

// flattenObject makes parameters of a JSON object, named as in a query: the
// elements of lists by their number from 1, members after a dot.
func flattenObject(to url.Values, body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if token, err := dec.Token(); err != nil || token != json.Delim('{') {
		return errors.Join(errors.New("rpc: the body is no JSON object"), err)
	}
	if err := flattenMembers(to, "", dec, maxDepth); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("rpc: something follows the JSON object")
	}
	return nil
}

// flattenMembers reads the rest of an object after its opening brace.
func flattenMembers(to url.Values, prefix string, dec *json.Decoder, depth int) error {
	if depth == 0 {
		return errors.New("rpc: the JSON object is nested too deeply")
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		member, _ := name.(string) // a member's name is a string, or Token fails
		if err := flattenValue(to, prefix+member, dec, depth); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func flattenValue(to url.Values, name string, dec *json.Decoder, depth int) error {
	if depth == 0 {
		return errors.New("rpc: the JSON list is nested too deeply")
	}
	token, err := dec.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return flattenMembers(to, name+".", dec, depth-1)
		}
		for i := 1; dec.More(); i++ {
			if err := flattenValue(to, name+"."+strconv.Itoa(i), dec, depth-1); err != nil {
				return err
			}
		}
		_, err = dec.Token()
		return err
	case string:
		to.Add(name, v)
	case json.Number:
		to.Add(name, v.String())
	case bool:
		to.Add(name, strconv.FormatBool(v))
	}
	return nil // null is an absent parameter
}
