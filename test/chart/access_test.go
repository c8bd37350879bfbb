package chart_test

import (
	"slices"
	"strings"
	"testing"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/google/go-cmp/cmp"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// The rights are the ones that the store's own test proves to be enough, with
// the lease by its name.
func TestAccess_BrokerRole_HasWhatTheStoreNeedsOnly(t *testing.T) {
	t.Parallel()
	rendered := install(t, "")
	want := []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "list", "watch", "create", "update", "delete"}},
		{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"create"}},
		{
			APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"get", "watch", "update"},
			ResourceNames: []string{flagOf(t, rendered, "store-name") + "-lease"},
		},
	}
	if diff := cmp.Diff(want, typed[*rbacv1.Role](t, rendered, "Role", "").Rules); diff != "" {
		t.Errorf("rules (-want, +got):\n%s", diff)
	}
	binding := typed[*rbacv1.RoleBinding](t, rendered, "RoleBinding", "")
	account := deployment(t, rendered).Spec.Template.Spec.ServiceAccountName
	if len(binding.Subjects) != 1 || binding.Subjects[0].Name != account || binding.Subjects[0].Namespace != "ns" {
		t.Errorf("subjects = %+v", binding.Subjects)
	}
	for _, kind := range []string{"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"} {
		if len(install(t, variants()["bolt"]).all(kind, "")) > 0 {
			t.Errorf("a broker with a file has a %s", kind)
		}
	}
	if len(rendered.all("ClusterRoleBinding", "")) > 0 {
		t.Error("there is a ClusterRoleBinding by default")
	}
	rendered = install(t, everything)
	role := typed[*rbacv1.ClusterRole](t, rendered, "ClusterRole", "")
	review := []rbacv1.PolicyRule{{APIGroups: []string{"authentication.k8s.io"}, Resources: []string{"tokenreviews"}, Verbs: []string{"create"}}}
	if diff := cmp.Diff(review, role.Rules); diff != "" {
		t.Errorf("rules of the cluster role (-want, +got):\n%s", diff)
	}
	cluster := typed[*rbacv1.ClusterRoleBinding](t, rendered, "ClusterRoleBinding", "")
	if cluster.RoleRef.Kind != "ClusterRole" || cluster.RoleRef.Name != role.Name || cluster.Subjects[0].Namespace != "ns" {
		t.Errorf("binding = %+v", cluster)
	}
}

func TestRegistration_ServiceCatalog_GetsAddressAndLogin(t *testing.T) {
	t.Parallel()
	const host = "broker-alibabacloud-servicebroker.ns.svc"
	var cluster clusterServiceBroker
	decodeInto(t, install(t, "").find(t, "ClusterServiceBroker", ""), &cluster)
	if s := cluster.Spec; s.URL != "https://"+host+":443" || *s.AuthInfo.Basic.SecretRef != (objectReference{"ns", "broker-alibabacloud-servicebroker-auth"}) ||
		s.AuthInfo.Bearer != nil || s.InsecureSkipTLSVerify {
		t.Errorf("spec = %+v", s)
	}
	cluster = clusterServiceBroker{}
	decodeInto(t, install(t, "{auth: {basic: false, bearer: true, existingSecret: mine}, tls: {mode: none}, registration: {name: mine}}").find(t, "ClusterServiceBroker", "mine"), &cluster)
	if s := cluster.Spec; s.URL != "http://"+host+":80" || s.AuthInfo.Bearer.SecretRef.Name != "mine" || s.AuthInfo.Basic != nil || s.CABundle != nil {
		t.Errorf("spec = %+v", s)
	}
	for values, bearer := range map[string]bool{
		"auth: {bearer: true}":                                 false,
		"{auth: {bearer: true}, registration: {auth: basic}}":  false,
		"{auth: {bearer: true}, registration: {auth: bearer}}": true,
		"{auth: {basic: false, bearer: true}}":                 true,
	} {
		cluster = clusterServiceBroker{}
		decodeInto(t, install(t, values).find(t, "ClusterServiceBroker", ""), &cluster)
		if a := cluster.Spec.AuthInfo; (a.Bearer != nil) != bearer || (a.Basic != nil) == bearer {
			t.Errorf("%s: login = %+v", values, a)
		}
	}
	rendered := install(t, variants()["one namespace"])
	var one serviceBroker
	decodeInto(t, rendered.find(t, "ServiceBroker", ""), &one)
	if one.Namespace != "ns" || one.Spec.AuthInfo.Basic.SecretRef.Name != "broker-alibabacloud-servicebroker-auth" || len(rendered.all("ClusterServiceBroker", "")) > 0 {
		t.Errorf("broker = %+v", one)
	}
	if none := install(t, "registration: {kind: none}"); len(none.all("ClusterServiceBroker", ""))+len(none.all("ServiceBroker", "")) > 0 {
		t.Error("it is registered although it is not to be")
	}
}

// The authority of a certificate that others make comes from the values, or
// from the Secret, once it is there.
func TestRegistration_ForeignCertificate_NamesItsAuthority(t *testing.T) {
	t.Parallel()
	const pem = "-----BEGIN CERTIFICATE-----"
	secret := &object{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "mine"}, "data": map[string]any{"ca.crt": "Q0E="},
	}}
	for name, tc := range map[string]struct {
		values  string
		cluster objects
		want    string
	}{
		"by value":       {"tls: {mode: secret, existingSecret: mine, caBundle: '" + pem + "'}", nil, pem},
		"by Secret":      {"tls: {mode: secret, existingSecret: mine}", objects{secret}, "CA"},
		"not yet there":  {"tls: {mode: secret, existingSecret: mine}", nil, ""},
		"value is first": {"tls: {mode: secret, existingSecret: mine, caBundle: '" + pem + "'}", objects{secret}, pem},
	} {
		var broker clusterServiceBroker
		rendered := must(t, release{name: "broker", namespace: "ns", values: tc.values, cluster: tc.cluster})
		decodeInto(t, rendered.find(t, "ClusterServiceBroker", ""), &broker)
		if got := string(broker.Spec.CABundle); got != tc.want {
			t.Errorf("%s: authority = %q, want %q", name, got, tc.want)
		}
	}
}

// Certificates are for all names of the service, and mounted from where
// cert-manager puts them.
func TestCertificate_CertManager_HasTheNamesOfTheService(t *testing.T) {
	t.Parallel()
	rendered := install(t, variants()["cert-manager"])
	var c certmanager.Certificate
	decodeInto(t, rendered.find(t, "Certificate", ""), &c)
	const name = "broker-alibabacloud-servicebroker"
	want := []string{name, name + ".ns", name + ".ns.svc", name + ".ns.svc.cluster.local"}
	if !slices.Equal(c.Spec.DNSNames, want) || !slices.Equal(c.Spec.IPAddresses, []string{"10.0.0.7"}) || c.Spec.IssuerRef.Name != "ca" {
		t.Errorf("spec = %+v", c.Spec)
	}
	if key := c.Spec.PrivateKey; key.Algorithm != certmanager.ECDSAKeyAlgorithm || key.RotationPolicy != certmanager.RotationPolicyAlways ||
		!slices.Equal(c.Spec.Usages, []certmanager.KeyUsage{certmanager.UsageServerAuth, certmanager.UsageDigitalSignature}) {
		t.Errorf("key = %+v, usages = %v", key, c.Spec.Usages)
	}
	mounted := slices.ContainsFunc(deployment(t, rendered).Spec.Template.Spec.Volumes, func(v corev1.Volume) bool {
		return v.Secret != nil && v.Secret.SecretName == c.Spec.SecretName
	})
	if !mounted || len(rendered.all("Secret", "-tls"))+len(rendered.all("Secret", "-ca")) > 0 {
		t.Error("the certificate is not the one that cert-manager makes")
	}
}

func TestServices_Selectors_MatchThePods(t *testing.T) {
	t.Parallel()
	rendered := install(t, "service: {type: LoadBalancer}")
	pod := deployment(t, rendered).Spec.Template
	for suffix, want := range map[string]struct {
		kind corev1.ServiceType
		port string
	}{"broker": {corev1.ServiceTypeLoadBalancer, "platforms"}, "-ops": {corev1.ServiceTypeClusterIP, "ops"}} {
		s := typed[*corev1.Service](t, rendered, "Service", suffix)
		if s.Spec.Type != want.kind || len(s.Spec.Ports) != 1 || s.Spec.Ports[0].TargetPort.StrVal != want.port {
			t.Errorf("service %s: %+v", s.Name, s.Spec)
		}
		for key, value := range s.Spec.Selector {
			if pod.Labels[key] != value {
				t.Errorf("service %s selects %s=%s, which no pod has", s.Name, key, value)
			}
		}
	}
}

func policy(t *testing.T, values string) networkingv1.NetworkPolicySpec {
	t.Helper()
	return typed[*networkingv1.NetworkPolicy](t, install(t, values), "NetworkPolicy", "").Spec
}

// ports returns the ports that the rules open to every address.
func ports(rules []networkingv1.NetworkPolicyEgressRule) []int {
	var open []int
	for _, rule := range rules {
		for _, p := range rule.Ports {
			if len(rule.To) == 0 && *p.Protocol == corev1.ProtocolTCP {
				open = append(open, p.Port.IntValue())
			}
		}
	}
	return open
}

func TestNetworkPolicy_NeededTraffic_IsAllowed(t *testing.T) {
	t.Parallel()
	byDefault := policy(t, "")
	if got := ports(byDefault.Egress); !slices.Equal(got, []int{53, 443, 6443}) {
		t.Errorf("open to anywhere: %v", got)
	}
	if got := ports(policy(t, everything).Egress); !slices.Equal(got, []int{53, 443, 6443, 8007}) {
		t.Errorf("open to anywhere, with endpoints: %v", got)
	}
	if in := byDefault.Ingress; len(in) != 3 || in[0].Ports[0].Port.StrVal != "platforms" || len(in[0].From) != 0 ||
		in[1].Ports[0].Port.StrVal != "ops" || len(in[1].From) != 1 || in[1].From[0].NamespaceSelector != nil ||
		in[2].Ports[0].Port.StrVal != "metrics" || len(in[2].From) != 1 || in[2].From[0].NamespaceSelector != nil {
		t.Errorf("ingress = %+v", in)
	}
	// Prometheus gets to the metrics, and to no other port.
	monitored := policy(t, "monitoring: {serviceMonitor: {enabled: true}}").Ingress
	if from := monitored[2].From; len(from) != 1 || from[0].NamespaceSelector == nil {
		t.Errorf("from, for Prometheus = %+v", from)
	}
	if !cmp.Equal(monitored[:2], byDefault.Ingress[:2]) {
		t.Errorf("the ServiceMonitor opens another port: %+v", monitored[:2])
	}
	if from := policy(t, "networkPolicy: {metrics: [{ipBlock: {cidr: 10.0.0.0/8}}]}").Ingress[2].From; len(from) != 1 || from[0].IPBlock == nil {
		t.Errorf("from, where it is named = %+v", from)
	}
	// Where operators are named the uninstall check still gets through.
	named := policy(t, everything).Ingress
	job := install(t, everything).find(t, "Job", "")
	if len(named[0].From) != 1 || len(named[1].From) != 2 {
		t.Fatalf("ingress = %+v", named)
	}
	for key, value := range named[1].From[1].PodSelector.MatchLabels {
		if job.GetLabels()[key] != value {
			t.Errorf("the uninstall check has no label %s=%s", key, value)
		}
	}
	if len(byDefault.PolicyTypes) != 2 || len(install(t, "networkPolicy: {enabled: false}").all("NetworkPolicy", "")) > 0 {
		t.Error("the switch does not switch")
	}
}

func TestDisruptionBudget_Default_LeavesAReplica(t *testing.T) {
	t.Parallel()
	budget := typed[*policyv1.PodDisruptionBudget](t, install(t, ""), "PodDisruptionBudget", "")
	if budget.Spec.MaxUnavailable.IntValue() != 1 || !cmp.Equal(budget.Spec.Selector, deployment(t, install(t, "")).Spec.Selector) {
		t.Errorf("budget = %+v", budget.Spec)
	}
	for _, values := range []string{"replicas: 1", "podDisruptionBudget: {enabled: false}"} {
		if len(install(t, values).all("PodDisruptionBudget", "")) > 0 {
			t.Errorf("%s: there is a budget", values)
		}
	}
}

func TestServiceMonitor_Endpoint_IsTheMetricsPort(t *testing.T) {
	t.Parallel()
	rendered := install(t, everything)
	var monitor monitoring.ServiceMonitor
	decodeInto(t, rendered.find(t, "ServiceMonitor", ""), &monitor)
	service := typed[*corev1.Service](t, rendered, "Service", "-metrics")
	for key, value := range monitor.Spec.Selector.MatchLabels {
		if service.Labels[key] != value {
			t.Errorf("the service has no label %s=%s", key, value)
		}
	}
	if monitor.Spec.Endpoints[0].Port != service.Spec.Ports[0].Name || monitor.Labels["a"] != "b" {
		t.Errorf("monitor = %+v", monitor)
	}
	if len(install(t, "").all("ServiceMonitor", "")) > 0 {
		t.Error("it is there by default, and its kind may not be")
	}
}

func TestDashboard_ConfigMap_IsForGrafanasSidecar(t *testing.T) {
	t.Parallel()
	boards := typed[*corev1.ConfigMap](t, install(t, everything), "ConfigMap", "-dashboard")
	if boards.Labels["grafana_dashboard"] != "1" || len(boards.Data) == 0 {
		t.Errorf("there are %d dashboards, labels %v", len(boards.Data), boards.Labels)
	}
}

// The check runs before the release is deleted, and refuses by failing.
func TestUninstallCheck_Job_AsksTheBroker(t *testing.T) {
	t.Parallel()
	rendered := install(t, "")
	job := rendered.find(t, "Job", "")
	if job.GetAnnotations()["helm.sh/hook"] != "pre-delete" || job.GetAnnotations()["helm.sh/hook-output-log-policy"] != "hook-failed" || strings.Contains(job.GetAnnotations()["helm.sh/hook-delete-policy"], "hook-failed") {
		t.Errorf("annotations = %v", job.GetAnnotations())
	}
	c := pods(t, rendered)[1].Containers[0]
	want := []string{
		"instances", "none", "--url=http://broker-alibabacloud-servicebroker-ops.ns.svc:8006",
		"--token-file=/etc/alibabacloud-servicebroker/operator/token",
	}
	// After a refusal with a single revision, Helm accepts neither an upgrade
	// nor a rollback without a revision.
	hint := strings.Join(c.Args[len(want):], " ")
	if !strings.Contains(hint, "helm rollback -n ns broker 1.") || !strings.Contains(hint, "helm uninstall -n ns broker --no-hooks") {
		t.Errorf("the hint %q does not say how to go on", hint)
	}
	if !slices.Equal(c.Args[:len(want)], want) || len(c.Args) != len(want)+1 || c.Image != deployment(t, rendered).Spec.Template.Spec.Containers[0].Image {
		t.Errorf("container = %+v", c)
	}
	if len(install(t, "uninstallCheck: {enabled: false}").all("Job", "")) > 0 {
		t.Error("the switch does not switch")
	}
}
