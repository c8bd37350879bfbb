package ramrole

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// An identity is a service account as the tokens of its cluster name it.
type identity struct {
	cluster   descriptor.Cluster
	provider  string // ARN of the OIDC provider
	namespace string
	name      string
}

var (
	// accounts is the form of names of service accounts: a DNS subdomain (Kubernetes
	// documentation, "Object Names and IDs"), of at most maxName characters.
	accounts = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	// namespaces is the form of names of namespaces: a DNS label.
	namespaces = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
)

const maxName = 253

// platform is the one that has service accounts, as contexts of requests name it.
const platform = "kubernetes"

// Sentences for users.
const (
	textName      = "ServiceAccount must be the name of a Kubernetes service account in the namespace of the binding: lower-case letters, digits, \"-\" and \".\", without a namespace and without wildcards."
	textNamespace = "A binding for a ServiceAccount needs the Kubernetes namespace of the request, and the platform sent none that is valid. Bind without ServiceAccount where the plan makes bindings with a key."
)

// identityOf returns the service account that a bind is for. The parameter gives
// the name alone: cluster and namespace come from the context of the request, which
// users cannot choose. account is the cloud account of the role, "" if unknown.
func identityOf(t providers.Task, clusters descriptor.Clusters, account string) (identity, error) {
	var parameters struct{ ServiceAccount string }
	if len(t.Parameters) > 0 {
		if err := json.Unmarshal(t.Parameters, &parameters); err != nil {
			return identity{}, &providers.Failure{Kind: providers.Invalid, Text: textName, Cause: err}
		}
	}
	name := parameters.ServiceAccount
	if len(name) > maxName || !accounts.MatchString(name) {
		return identity{}, &providers.Failure{Kind: providers.Invalid, Text: textName}
	}
	if t.Labels.Platform != platform || !namespaces.MatchString(t.Labels.Namespace) {
		return identity{}, providers.Unprocessablef("%s", textNamespace)
	}
	cluster, known := clusters.Find(t.Labels.ClusterID)
	provider := cluster.ProviderIn(account)
	switch {
	case !known && t.Labels.ClusterID == "":
		return identity{}, providers.Unprocessablef("The platform does not name its cluster (clusterid), and the broker has no default one. Bind without ServiceAccount, or ask the operator of the broker for a default cluster in the clusters file.")
	case !known:
		return identity{}, providers.Unprocessablef("The broker knows no OIDC provider for the cluster %q of this request. Bind without ServiceAccount, or ask the operator of the broker to add the cluster to the clusters file.", t.Labels.ClusterID)
	case provider == "":
		return identity{}, providers.Unprocessablef("The cluster of this request has no OIDC provider in the cloud account of this instance. Bind without ServiceAccount, or ask the operator of the broker to make one and to add it to the clusters file.")
	}
	return identity{cluster: cluster, provider: provider, namespace: t.Labels.Namespace, name: name}, nil
}

// subject returns the claim sub of the account's tokens (Kubernetes documentation,
// "Service account tokens").
func (i identity) subject() string {
	return "system:serviceaccount:" + i.namespace + ":" + i.name
}

// The grammar of a trust policy (RAM documentation, "Create a RAM role for a trusted
// IdP", and "Use RRSA to authorize different pods").
type (
	trustPolicy struct {
		Version   string           `json:"Version"`
		Statement []trustStatement `json:"Statement"`
	}
	trustStatement struct {
		Effect    string                       `json:"Effect"`
		Action    string                       `json:"Action"`
		Principal map[string][]string          `json:"Principal"`
		Condition map[string]map[string]string `json:"Condition"`
	}
)

// trust returns the trust policy of a role for this account alone: the tokens of
// one issuer, for one audience and one subject, each compared as a whole.
func (i identity) trust() (string, error) {
	b, err := json.Marshal(trustPolicy{Version: "1", Statement: []trustStatement{{
		Effect: "Allow", Action: "sts:AssumeRole",
		Principal: map[string][]string{"Federated": {i.provider}},
		Condition: map[string]map[string]string{"StringEquals": {
			"oidc:iss": i.cluster.Issuer, "oidc:aud": i.cluster.Audience, "oidc:sub": i.subject(),
		}},
	}}})
	if err != nil {
		return "", fmt.Errorf("ramrole: write the trust policy: %w", err)
	}
	return string(b), nil
}
