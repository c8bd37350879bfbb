package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/filewatch"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

func TestMySQLCA_File_IsReadAtTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.crt")
	writeCertificate(t, path, path+".key")
	read := func(file string) (string, error) {
		files, err := filewatch.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		var certificates descriptor.Certificates
		err = (&config{mysqlCA: file}).watchMySQLCA(files, &certificates)
		return certificates.PEM(), err
	}
	if text, err := read(path); err != nil || !strings.HasPrefix(text, "-----BEGIN CERTIFICATE-----") {
		t.Errorf("certificates %q, %v", text, err)
	}
	if text, err := read(""); err != nil || text != "" {
		t.Errorf("without the flag: %q, %v", text, err)
	}
	for _, bad := range []string{path + ".key", path + ".missing", file(t, "words")} {
		if _, err := read(bad); err == nil || !strings.Contains(err.Error(), "--mysql-ca-file") {
			t.Errorf("%s: %v", filepath.Base(bad), err)
		}
	}
}
