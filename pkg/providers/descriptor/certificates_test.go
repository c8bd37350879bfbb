package descriptor_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

func TestCertificates_ManyInOneFile_ComeWithoutComments(t *testing.T) {
	first, second := certificate(t, 1), certificate(t, 2)
	var c descriptor.Certificates
	if err := c.Use([][]byte{[]byte("# the root\n" + first + "\n# the other\r\n" + second)}); err != nil {
		t.Fatal(err)
	}
	if c.PEM() != first+second {
		t.Errorf("certificates %q", c.PEM())
	}
	var none *descriptor.Certificates
	if none.PEM() != "" || (&descriptor.Certificates{}).PEM() != "" {
		t.Error("certificates without a file")
	}
}

func TestCertificates_OtherContent_IsRefused(t *testing.T) {
	good := certificate(t, 1)
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")}))
	for name, content := range map[string]string{
		"nothing":               "",
		"words":                 "no certificate",
		"a key":                 key,
		"a key behind":          good + key,
		"a key before":          key + good,
		"a broken certificate":  string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no ASN.1")})),
		"a half one behind":     good + "-----BEGIN CERTIFICATE-----\nMIIB",
		"DER":                   "\x30\x82\x01\x0a",
		"one file without them": "\n",
	} {
		t.Run(name, func(t *testing.T) {
			var c descriptor.Certificates
			if err := c.Use([][]byte{[]byte(good)}); err != nil {
				t.Fatal(err)
			}
			if c.Use([][]byte{[]byte(content)}) == nil {
				t.Error("was taken")
			}
			if c.PEM() != good {
				t.Error("the certificates of before are gone")
			}
		})
	}
}

// certificate returns a certificate in PEM.
func certificate(t *testing.T, serial int64) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
