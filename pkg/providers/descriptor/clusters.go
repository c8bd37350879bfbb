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
	Provider string // ARN of the OIDC provider in RAM
	Audience string // the claim aud
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

// Account returns the cloud account of the OIDC provider, "" for an ARN of another
// form (acs:ram::ACCOUNT:oidc-provider/NAME).
func (c Cluster) Account() string {
	parts := strings.SplitN(c.Provider, ":", 5)
	if len(parts) < 5 {
		return ""
	}
	return parts[3]
}
