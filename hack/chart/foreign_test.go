package main

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// foreignForm returns a value of the form of a kind that is not Kubernetes'
// own: those of its members that the chart and the examples use.
func foreignForm(kind string) (any, bool) {
	switch kind {
	case "ClusterServiceBroker":
		return &clusterServiceBroker{}, true
	case "ServiceBroker":
		return &serviceBroker{}, true
	case "ServiceInstance":
		return &serviceInstance{}, true
	case "ServiceBinding":
		return &serviceBinding{}, true
	case "Certificate":
		return &certificate{}, true
	case "ServiceMonitor":
		return &serviceMonitor{}, true
	}
	return nil, false
}

// Service Catalog, servicecatalog.k8s.io/v1beta1, of v0.3.1.
type (
	commonServiceBroker struct {
		URL                   string               `json:"url"`
		InsecureSkipTLSVerify bool                 `json:"insecureSkipTLSVerify,omitempty"`
		CABundle              []byte               `json:"caBundle,omitempty"`
		RelistBehavior        string               `json:"relistBehavior"`
		RelistDuration        *metav1.Duration     `json:"relistDuration,omitempty"`
		CatalogRestrictions   *catalogRestrictions `json:"catalogRestrictions,omitempty"`
	}
	catalogRestrictions struct {
		ServiceClass []string `json:"serviceClass,omitempty"`
		ServicePlan  []string `json:"servicePlan,omitempty"`
	}
	objectReference struct {
		Namespace string `json:"namespace,omitempty"`
		Name      string `json:"name,omitempty"`
	}
	localReference struct {
		Name string `json:"name,omitempty"`
	}
	login[T any] struct {
		SecretRef *T `json:"secretRef,omitempty"`
	}
	authInfo[T any] struct {
		Basic  *login[T] `json:"basic,omitempty"`
		Bearer *login[T] `json:"bearer,omitempty"`
	}
	clusterServiceBroker struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`

		Spec struct {
			commonServiceBroker `json:",inline"`

			AuthInfo *authInfo[objectReference] `json:"authInfo,omitempty"`
		} `json:"spec"`
	}
	serviceBroker struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`

		Spec struct {
			commonServiceBroker `json:",inline"`

			AuthInfo *authInfo[localReference] `json:"authInfo,omitempty"`
		} `json:"spec"`
	}
	serviceInstance struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`

		Spec struct {
			ClusterServiceClassExternalName string             `json:"clusterServiceClassExternalName"`
			ClusterServicePlanExternalName  string             `json:"clusterServicePlanExternalName"`
			Parameters                      map[string]*string `json:"parameters,omitempty"`
		} `json:"spec"`
	}
	serviceBinding struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`

		Spec struct {
			InstanceRef localReference     `json:"instanceRef"`
			SecretName  string             `json:"secretName,omitempty"`
			Parameters  map[string]*string `json:"parameters,omitempty"`
		} `json:"spec"`
	}
)

// certificate is cert-manager.io/v1.
type certificate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		SecretName string `json:"secretName"`
		IssuerRef  struct {
			Name  string `json:"name"`
			Kind  string `json:"kind,omitempty"`
			Group string `json:"group,omitempty"`
		} `json:"issuerRef"`
		PrivateKey struct {
			Algorithm      string `json:"algorithm,omitempty"`
			RotationPolicy string `json:"rotationPolicy,omitempty"`
		} `json:"privateKey"`
		Usages      []string `json:"usages,omitempty"`
		DNSNames    []string `json:"dnsNames,omitempty"`
		IPAddresses []string `json:"ipAddresses,omitempty"`
	} `json:"spec"`
}

// serviceMonitor is monitoring.coreos.com/v1.
type serviceMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		Selector          metav1.LabelSelector `json:"selector"`
		NamespaceSelector struct {
			MatchNames []string `json:"matchNames,omitempty"`
		} `json:"namespaceSelector"`
		Endpoints []struct {
			Port     string `json:"port,omitempty"`
			Path     string `json:"path,omitempty"`
			Interval string `json:"interval,omitempty"`
		} `json:"endpoints"`
	} `json:"spec"`
}
