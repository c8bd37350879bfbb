package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// defaultAudience is that of the tokens that ACK's webhook mounts, and the client id
// of the OIDC providers that ACK makes.
const defaultAudience = "sts.aliyuncs.com"

// clustersFile is the content of --clusters-file.
type clustersFile struct {
	Clusters []clusterEntry `json:"clusters"`
	Default  *clusterEntry  `json:"default"`
}

type clusterEntry struct {
	ID        string   `json:"id"`
	Issuer    string   `json:"issuer"`
	Providers []string `json:"providers"`
	Audience  string   `json:"audience"`
}

// providerForm is the form of the ARN of an OIDC provider (IMS API,
// CreateOIDCProvider: names of at most 128 letters, digits, ".", "_" and "-").
var providerForm = regexp.MustCompile(`^acs:ram::[0-9]{16}:oidc-provider/[A-Za-z0-9._-]{1,128}$`)

// Limits of IMS API, CreateOIDCProvider.
const (
	maxIssuer   = 255
	maxAudience = 128
)

// readClusters reads a YAML file of clusters. An empty path is a broker without
// clusters.
func readClusters(path string) (descriptor.Clusters, error) {
	var none descriptor.Clusters
	if path == "" {
		return none, nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return none, fmt.Errorf("--clusters-file: %w", err)
	}
	clusters, err := parseClusters(b)
	if err != nil {
		return none, fmt.Errorf("--clusters-file %s: %w", path, err)
	}
	return clusters, nil
}

// parseClusters reads the content of a file of clusters. Unknown members are errors.
func parseClusters(content []byte) (descriptor.Clusters, error) {
	var file clustersFile
	var none descriptor.Clusters
	if err := yaml.UnmarshalStrict(content, &file); err != nil {
		return none, err
	}
	if len(file.Clusters) == 0 && file.Default == nil {
		return none, errors.New("it names no cluster: add one to the list clusters, or a default")
	}
	clusters := descriptor.Clusters{ByID: map[string]descriptor.Cluster{}}
	for i, entry := range file.Clusters {
		place := fmt.Sprintf("clusters[%d]", i)
		if entry.ID == "" {
			return none, fmt.Errorf("%s: id is missing: it is the clusterid that the platform sends, as the answer to a refused bind shows it; an entry for every other cluster is default", place)
		}
		if _, twice := clusters.ByID[entry.ID]; twice {
			return none, fmt.Errorf("%s: the id %q comes twice: keep one of the two", place, entry.ID)
		}
		cluster, err := entry.cluster()
		if err != nil {
			return none, fmt.Errorf("%s: %w", place, err)
		}
		clusters.ByID[entry.ID] = cluster
	}
	if file.Default == nil {
		return clusters, nil
	}
	if file.Default.ID != "" {
		return none, errors.New("default: an id is for the entries of clusters: leave it out here")
	}
	cluster, err := file.Default.cluster()
	if err != nil {
		return none, fmt.Errorf("default: %w", err)
	}
	clusters.Default = &cluster
	return clusters, nil
}

// cluster checks an entry.
func (e clusterEntry) cluster() (descriptor.Cluster, error) {
	cluster := descriptor.Cluster{Issuer: e.Issuer, Providers: e.Providers, Audience: cmp.Or(e.Audience, defaultAudience)}
	issuer, err := url.Parse(e.Issuer)
	switch {
	case err != nil || issuer.Scheme != "https" || issuer.Host == "" || strings.ContainsAny(e.Issuer, "?#@ ") || len(e.Issuer) > maxIssuer:
		return cluster, fmt.Errorf("issuer %q must be an https URL of at most %d characters without ?, # and @, exactly as the tokens have it: kubectl get --raw /.well-known/openid-configuration shows it", e.Issuer, maxIssuer)
	case len(e.Providers) == 0:
		return cluster, errors.New("providers is missing: name the ARN of the cluster's OIDC provider in RAM, such as acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1")
	case len(cluster.Audience) > maxAudience || strings.ContainsAny(cluster.Audience, " ,*?"):
		return cluster, fmt.Errorf("audience %q must be a client id of the OIDC provider, of at most %d characters", e.Audience, maxAudience)
	}
	accounts := map[string]bool{}
	for _, arn := range e.Providers {
		if !providerForm.MatchString(arn) {
			return cluster, fmt.Errorf("provider %q must be the ARN of an OIDC provider, such as acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1", arn)
		}
		account := descriptor.AccountOf(arn)
		if accounts[account] {
			return cluster, fmt.Errorf("providers has two of the account %s: keep the one that roles trust", account)
		}
		accounts[account] = true
	}
	return cluster, nil
}
