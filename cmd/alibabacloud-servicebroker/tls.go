package main

import (
	"crypto/tls"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/filewatch"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// tls returns the TLS configuration of the platforms' port; nil for plain HTTP.
// Changes of the files take effect on the next connection.
func (c *config) tls(files *filewatch.Watcher) (*tls.Config, error) {
	if c.tlsCert == "" {
		return nil, nil //nolint:nilnil // plain HTTP has no TLS configuration
	}
	var certificates api.Certificates
	err := files.Use("certificate", []string{c.tlsCert, c.tlsKey}, func(contents [][]byte) error {
		return certificates.SetOwn(contents[0], contents[1])
	})
	if err != nil {
		return nil, fmt.Errorf("--tls-cert-file and --tls-key-file: %w", err)
	}
	if c.clientCA != "" {
		err = files.Use("client-authorities", []string{c.clientCA}, func(contents [][]byte) error {
			return certificates.SetClientCAs(contents[0])
		})
		if err != nil {
			return nil, fmt.Errorf("--client-ca-file: %w", err)
		}
	}
	return certificates.Config(), nil
}

// watchMySQLCA reads the certificates of --mysql-ca-file, now and after each change.
func (c *config) watchMySQLCA(files *filewatch.Watcher, certificates *descriptor.Certificates) error {
	if c.mysqlCA == "" {
		return nil
	}
	if err := files.Use("mysql-authorities", []string{c.mysqlCA}, certificates.Use); err != nil {
		return fmt.Errorf("--mysql-ca-file: %w", err)
	}
	return nil
}
