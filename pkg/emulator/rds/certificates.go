package rds

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
)

// authorityPath is where the certificate of the authority is served. No bucket of OSS
// has such a name.
const authorityPath = "/ApsaraDB-CA-Chain.pem"

// An authority signs the certificates of servers. It is saved with the state, so that
// clients of before go on verifying.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         string
}

// A savedAuthority is an authority in PEM.
type savedAuthority struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

// authorityLife is longer than any emulator runs.
const authorityLife = 20 * 365 * 24 * time.Hour

func newAuthority(now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("rds: key of the authority: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serialNumber(), Subject: pkix.Name{CommonName: "Emulated ApsaraDB CA"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("rds: certificate of the authority: %w", err)
	}
	return newAuthorityOf(der, key)
}

func newAuthorityOf(der []byte, key *ecdsa.PrivateKey) (*authority, error) {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("rds: certificate of the authority: %w", err)
	}
	return &authority{certificate: certificate, key: key, pem: inPEM("CERTIFICATE", der)}, nil
}

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func serialNumber() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // unreachable: crypto/rand always succeeds
	}
	return n
}

func keyInPEM(key *ecdsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return inPEM("PRIVATE KEY", der), err
}

func (a *authority) saved() (*savedAuthority, error) {
	if a == nil {
		return nil, nil //nolint:nilnil // nil: there is none yet
	}
	key, err := keyInPEM(a.key)
	return &savedAuthority{Certificate: a.pem, Key: key}, err
}

func (s *savedAuthority) restored() (*authority, error) {
	if s == nil {
		return nil, nil //nolint:nilnil // nil: there is none yet
	}
	certificate, _ := pem.Decode([]byte(s.Certificate))
	key, _ := pem.Decode([]byte(s.Key))
	if certificate == nil || key == nil {
		return nil, errors.New("rds: the authority is not in PEM")
	}
	private, err := x509.ParsePKCS8PrivateKey(key.Bytes)
	if err != nil {
		return nil, fmt.Errorf("rds: key of the authority: %w", err)
	}
	ecKey, ok := private.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("rds: key of the authority: a %T", private)
	}
	return newAuthorityOf(certificate.Bytes, ecKey)
}

// issue returns a certificate for names and addresses, with its key.
func (a *authority) issue(names []string, until time.Time) (certificate, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("rds: key of a server: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serialNumber(), Subject: pkix.Name{CommonName: names[0]}, NotBefore: a.certificate.NotBefore, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, private.Public(), a.key)
	if err != nil {
		return "", "", fmt.Errorf("rds: certificate of a server: %w", err)
	}
	key, err = keyInPEM(private)
	return inPEM("CERTIFICATE", der), key, err
}

// authorityNow returns the authority, which is made when it is needed first. The caller
// holds mu.
func (s *Service) authorityNow() (*authority, error) {
	var err error
	if s.authority == nil {
		s.authority, err = newAuthority(time.Now()) // clients judge it by their own time
	}
	return s.authority, err
}

// Authority returns the certificate of the authority of the servers, in PEM.
func (s *Service) Authority() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.authorityNow()
	if err != nil {
		return "", err
	}
	return a.pem, nil
}

// issue gives the settings a certificate for the endpoint that they name. The caller
// holds mu.
func (s *Service) issue(in *instance, l *sslSettings) error {
	a, err := s.authorityNow()
	if err != nil {
		return err
	}
	e := in.private
	if in.public != nil && in.names(*in.public, l.ConnectionString) {
		e = *in.public
	}
	address, _ := in.clientAddress(e)
	l.IssuedCert, l.IssuedKey, err = a.issue(slices.Compact([]string{in.host(e), address}), l.Created.Add(certificateLife))
	return err
}

// pair returns the certificate and the key of the server.
func (l *sslSettings) pair() (certificate, key string) {
	if l.CAType == "custom" {
		return l.ServerCert, l.ServerKey
	}
	return l.IssuedCert, l.IssuedKey
}

// encryption returns the encryption of an engine's server; nil: none.
func (l *sslSettings) encryption() *engine.Encryption {
	if l == nil || !l.Enabled {
		return nil
	}
	certificate, key := l.pair()
	if certificate == "" { // of a state from before servers had them
		return nil
	}
	return &engine.Encryption{Certificate: []byte(certificate), Key: []byte(key), Forced: l.Force}
}

// encrypt gives the engine's server of an instance its encryption. After a failure the
// instance stays as it is, as one stuck in the cloud.
func (s *Service) encrypt(in *instance, to *engine.Encryption) {
	in.work.Lock() // wait for a call on its way inside the server
	defer in.work.Unlock()
	ctx, cancel := context.WithTimeout(s.backgroundCtx, time.Minute)
	defer cancel()
	err := in.server.Encrypt(ctx, to)
	if s.backgroundCtx.Err() != nil { // the Service ends, and with it the engine
		return
	}
	if err != nil {
		s.report(fmt.Errorf("rds: encrypt the engine of %s: %w", in.id, err))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in.working = false
}

// isAuthority reports whether a request asks for the certificate of the authority.
func isAuthority(r *http.Request) bool {
	return r.URL.Path == authorityPath && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// serveAuthority answers with the certificate of the authority.
func (s *Service) serveAuthority(w http.ResponseWriter, _ *http.Request) {
	text, err := s.Authority()
	if err != nil {
		s.report(err)
		http.Error(w, "the authority is missing", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write([]byte(text))
}
