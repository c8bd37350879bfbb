package rds

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The certificates that sign the ones of PostgreSQL's servers. RDS names a file with
// the authorities of all regions: by a user's report of October 2026 an archive of 190 kB
// with 69 of them in one .pem, two roots of one name among them. The broker keeps the ones
// that sign the certificate of the server at hand, and refuses a file without them.

// maxAuthorities bounds the file and what is unpacked of it; RDS's is far smaller.
const maxAuthorities = 4 << 20

// factCASource tells which certificate of the server the authorities were found for.
const factCASource = "ca_for"

const textAuthority = "The broker cannot fetch the certificates by which clients verify this server. Ask the operator of the broker to let it reach the address that RDS names for them."

// authority returns the fact of the authorities of a server; none if the record has
// them.
func (l optionLook) authority(ctx context.Context, told *toldSSL) (providers.Facts, error) {
	if told.ServerCAURL == "" { // of a certificate that people brought: theirs to hand out
		return providers.Facts{}, nil
	}
	source := told.ServerCAURL + " " + told.ConnectionString
	if l.task.Facts.Secrets[factCA] != "" && l.task.Facts.Open[factCASource] == source {
		return providers.Facts{}, nil
	}
	found, err := fetchAuthorities(ctx, l.clients, told)
	if err != nil {
		return providers.Facts{}, &providers.Failure{Kind: providers.Broken, Text: textAuthority, Cause: fmt.Errorf("rds: certificates at %q: %w", told.ServerCAURL, err)}
	}
	return open(factCASource, source).Merge(providers.Facts{Secrets: map[string]string{factCA: string(found)}}), nil
}

// fetchAuthorities fetches the file and returns the certificates that sign the server's,
// in PEM.
func fetchAuthorities(ctx context.Context, clients *alicloud.Clients, told *toldSSL) ([]byte, error) {
	address, err := url.Parse(told.ServerCAURL)
	if err != nil || address.Host == "" {
		return nil, errors.New("there is no address")
	}
	// An emulator that is called over plain http has its file there, too.
	own := clients.Override("rds")
	if address.Scheme != "https" && (own == nil || own.Scheme != "http" || own.Host != address.Host) {
		return nil, errors.New("the address is not one of https")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := clients.HTTP(alicloud.Read).Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	content, err := readBounded(resp.Body)
	if err != nil {
		return nil, err
	}
	if content, err = unpackAuthorities(content); err != nil {
		return nil, err
	}
	return signersOf(told.ServerCert, content)
}

func readBounded(r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxAuthorities+1))
	if err == nil && len(content) > maxAuthorities {
		err = fmt.Errorf("there are more than %d bytes", maxAuthorities)
	}
	return content, err
}

// unpackAuthorities returns the files of an archive that end in .pem, or the content
// that is no archive.
func unpackAuthorities(content []byte) ([]byte, error) {
	if !bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return content, nil
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for _, file := range archive.File {
		if path.Ext(file.Name) != ".pem" {
			continue
		}
		r, err := file.Open()
		if err != nil {
			return nil, err
		}
		unpacked, err := readBounded(r)
		_ = r.Close()
		if err != nil {
			return nil, err
		}
		if all.Write(unpacked); all.Len() > maxAuthorities {
			return nil, fmt.Errorf("there are more than %d bytes", maxAuthorities)
		}
		all.WriteByte('\n')
	}
	return all.Bytes(), nil
}

// signersOf returns the authorities among certificates in PEM that sign the one of a
// server, the nearest first. Several have one name there, so each chain is
// verified. The certificate is judged at its beginning: whether it is still good is for
// clients to see.
func signersOf(server string, content []byte) ([]byte, error) {
	block, _ := pem.Decode([]byte(server))
	if block == nil {
		return nil, errors.New("RDS tells no certificate of the server")
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the certificate of the server: %w", err)
	}
	roots, others := x509.NewCertPool(), x509.NewCertPool()
	for rest := content; ; {
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		authority, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil || !authority.IsCA {
			continue
		}
		if bytes.Equal(authority.RawIssuer, authority.RawSubject) {
			roots.AddCert(authority)
		} else {
			others.AddCert(authority)
		}
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: others, CurrentTime: leaf.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil, fmt.Errorf("none of them signs the certificate of the server: %w", err)
	}
	var signers bytes.Buffer
	for _, authority := range chains[0][1:] {
		if err := pem.Encode(&signers, &pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw}); err != nil {
			return nil, err
		}
	}
	return signers.Bytes(), nil
}
