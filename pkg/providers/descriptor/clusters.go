package descriptor

import "strings"

// Clusters are the Kubernetes clusters with service accounts that may assume RAM
// roles.
type Clusters struct {
	ByID map[string]Cluster // by the clusterid of the platform's context
	// Default stands for every other cluster, also for an unnamed one. Nil: the
	// broker knows no other cluster.
	Default *Cluster
}

// A Cluster names the issuer of a cluster's tokens as RAM knows it.
type Cluster struct {
	Issuer   string // URL, the claim iss
	Audience string // the claim aud
	// Providers are the ARNs of the OIDC providers in RAM, one of each cloud account.
	Providers []string
}

// Find returns the cluster of an id.
func (c Clusters) Find(id string) (Cluster, bool) {
	if found, ok := c.ByID[id]; ok {
		return found, true
	}
	if c.Default != nil {
		return *c.Default, true
	}
	return Cluster{}, false
}

// ProviderIn returns the cluster's OIDC provider in a cloud account; "" where the
// account has none. For an account that is unknown, "", it is the first one.
func (c Cluster) ProviderIn(account string) string {
	for _, arn := range c.Providers {
		if account == "" || AccountOf(arn) == account {
			return arn
		}
	}
	return ""
}

// AccountOf returns the cloud account of an ARN of RAM (acs:ram::ACCOUNT:KIND/NAME),
// or "" for another text.
func AccountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 5)
	if len(parts) < 5 {
		return ""
	}
	return parts[3]
}
