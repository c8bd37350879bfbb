package rpc

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
)

// declaration opens each XML answer; the root follows on the same line (A015).
const declaration = "<?xml version='1.0' encoding='UTF-8'?>"

// encode writes a response in the requested format: JSON, or XML with the given
// root element. The fields of v, a struct or nil, follow the request id.
func encode(format, root, requestID string, v any) (contentType string, body []byte, err error) {
	body, err = withRequestID(requestID, v)
	if err != nil {
		return "", nil, err
	}
	if strings.EqualFold(format, "JSON") {
		return "application/json;charset=utf-8", body, nil
	}
	var b bytes.Buffer
	b.WriteString(declaration)
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := writeXML(&b, dec, root); err != nil {
		return "", nil, fmt.Errorf("rpc: write %s as XML: %w", root, err)
	}
	return "text/xml;charset=utf-8", b.Bytes(), nil
}

// withRequestID marshals v and puts the RequestId in front of its fields.
func withRequestID(id string, v any) ([]byte, error) {
	fields, err := Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 || fields[0] != '{' {
		return nil, fmt.Errorf("rpc: response of type %T is no struct", v)
	}
	body := []byte(`{"RequestId":"` + id + `"`)
	if string(fields) != "{}" {
		body = append(body, ',')
	}
	return append(body, fields[1:]...), nil
}

// marshal writes v as JSON, with & as it is.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("rpc: marshal response: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

// writeXML writes the next JSON value of dec as the element name. The elements
// of a list repeat the name, as the gateway does, so that of an empty list only
// the element around it is left.
func writeXML(b *bytes.Buffer, dec *json.Decoder, name string) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('['):
		for dec.More() {
			if err := writeXML(b, dec, name); err != nil {
				return err
			}
		}
		_, err = dec.Token()
		return err
	case json.Delim('{'):
		b.WriteString("<" + name + ">")
		for dec.More() {
			field, err := dec.Token()
			if err != nil {
				return err
			}
			if err := writeXML(b, dec, fmt.Sprint(field)); err != nil {
				return err
			}
		}
		b.WriteString("</" + name + ">")
		_, err = dec.Token()
		return err
	case nil:
		return nil
	}
	b.WriteString("<" + name + ">")
	if text := fmt.Sprint(token); name == "Recommend" {
		b.WriteString("<![CDATA[" + text + "]]>") // an encoded URL
	} else if err := xml.EscapeText(b, []byte(text)); err != nil {
		return err
	}
	b.WriteString("</" + name + ">")
	return nil
}
