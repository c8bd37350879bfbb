package descriptor

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"sync/atomic"
)

// Certificates are the public certificates of a file, which an operator may replace
// while the broker runs. A nil value has none.
type Certificates struct {
	text atomic.Pointer[string]
}

// PEM returns the certificates as one text; "" where there are none.
func (c *Certificates) PEM() string {
	if c == nil {
		return ""
	}
	if text := c.text.Load(); text != nil {
		return *text
	}
	return ""
}

// Use takes the contents of the files. Anything but certificates in PEM is refused, so
// that a private key in the wrong file is never handed out.
func (c *Certificates) Use(contents [][]byte) error {
	var all bytes.Buffer
	for _, content := range contents {
		text, err := certificatesOf(content)
		if err != nil {
			return err
		}
		all.Write(text)
	}
	text := all.String()
	c.text.Store(&text)
	return nil
}

// certificatesOf returns the certificates of a file in PEM, without comments between
// them. Its errors quote nothing of the file.
func certificatesOf(content []byte) ([]byte, error) {
	const noCertificates = "there must be certificates in PEM (-----BEGIN CERTIFICATE-----) and nothing else"
	var all bytes.Buffer
	for n := 1; ; n++ {
		block, rest := pem.Decode(content)
		if block == nil {
			if all.Len() == 0 || bytes.Contains(content, []byte("-----BEGIN")) {
				return nil, errors.New(noCertificates)
			}
			return all.Bytes(), nil
		}
		if block.Type != "CERTIFICATE" {
			return nil, errors.New(noCertificates)
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return nil, fmt.Errorf("certificate %d cannot be read: %w", n, err)
		}
		if err := pem.Encode(&all, &pem.Block{Type: block.Type, Bytes: block.Bytes}); err != nil {
			return nil, err
		}
		content = rest
	}
}
