package chart_test

import (
	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// foreignForm returns a value of the form of a kind from outside Kubernetes:
// the types of cert-manager and of the Prometheus operator, and of Service
// Catalog, which is present itself in the end-to-end tests. The forms have the
// members that the chart and the examples use.
func foreignForm(apiVersion, kind string) (any, bool) {
	switch apiVersion + " " + kind {
	case "servicecatalog.k8s.io/v1beta1 ClusterServiceBroker":
		return &clusterServiceBroker{}, true
	case "servicecatalog.k8s.io/v1beta1 ServiceBroker":
		return &serviceBroker{}, true
	case "servicecatalog.k8s.io/v1beta1 ServiceInstance":
		return &serviceInstance{}, true
	case "servicecatalog.k8s.io/v1beta1 ServiceBinding":
		return &serviceBinding{}, true
	case certmanager.SchemeGroupVersion.String() + " " + certmanager.CertificateKind:
		return &certmanager.Certificate{}, true
	case monitoring.SchemeGroupVersion.String() + " " + monitoring.ServiceMonitorsKind:
		return &monitoring.ServiceMonitor{}, true
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
