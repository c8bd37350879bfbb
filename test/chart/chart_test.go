package chart_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
)

// As helm lint --strict.
func TestChart_HelmLintStrict_FindsNothing(t *testing.T) {
	t.Parallel()
	for _, message := range lint.RunAll("../../chart", nil, "ns").Messages {
		if message.Severity >= support.WarningSev {
			t.Error(message)
		}
	}
}

// everything switches on all that can be on at once.
const everything = `
commonLabels: {team: a}
image: {digest: "sha256:0000000000000000000000000000000000000000000000000000000000000000", pullSecrets: [{name: registry}]}
broker: {id: mine, verbosity: 2, extraArgs: [--settle-time=1m]}
cloud:
  region: cn-hangzhou
  credentials:
    existingSecret: cloud
    ecsRole: broker
    assumeRoleARN: "acs:ram::1:role/b"
    assumeRoleExternalID: bank-1
    rrsa: {roleARN: "acs:ram::1:role/a", oidcProviderARN: "acs:ram::1:oidc-provider/a"}
  network: {vpcId: vpc-1, vswitchId: vsw-1, zoneId: cn-hangzhou-b, allowedVpcs: [vpc-1, vpc-2], whitelist: [10.0.0.0/8], brokerAddresses: [10.1.0.0/16]}
  endpoints: {rds: "http://10.88.0.1:8007", oss: "https://oss.example.com"}
  console: alibabacloud.com
  consolePages: {oss: "https://portal.example.com/{region}/{resource}"}
  insecureEndpoints: true
  profiles:
    finance: {credentials: static, existingSecret: finance, region: cn-beijing, vpc-id: vpc-3, vswitch-ids: [vsw-3], whitelist: [10.0.0.0/8]}
    "1": {role-arn: "acs:ram::1000000000000001:role/b", role-external-id: bank-1, base: finance}
  clusters: [{id: c1, issuer: "https://oidc.example/c1", providers: ["acs:ram::1000000000000001:oidc-provider/c1"]}]
  defaultCluster: {issuer: "https://oidc.example/c2", providers: ["acs:ram::1000000000000001:oidc-provider/c2"], audience: bank}
catalog: {prefix: team-a-, overlay: {offerings: {alibaba-cloud-oss: {enabled: false}}}}
auth:
  bearer: true
  tokenReview: {enabled: true, audiences: [broker], users: ["system:serviceaccount:catalog:controller"]}
tls: {extraNames: [broker.example.com, 10.0.0.7]}
registration: {labels: {a: b}, catalogRestrictions: {serviceClass: ["spec.externalName in (team-a-alibaba-cloud-oss)"]}}
service: {type: NodePort, nodePort: 30001, annotations: {a: b}}
serviceAccount: {annotations: {a: b}}
tolerations: [{operator: Exists}]
nodeSelector: {a: b}
affinity: {nodeAffinity: {}}
priorityClassName: system-cluster-critical
podAnnotations: {a: b}
podLabels: {a: b}
extraEnv: [{name: HTTPS_PROXY, value: "http://proxy:3128"}]
extraVolumes: [{name: more, emptyDir: {}}]
extraVolumeMounts: [{name: more, mountPath: /more}]
topologySpreadConstraints: [{topologyKey: rack, maxSkew: 2, whenUnsatisfiable: DoNotSchedule}]
networkPolicy: {platforms: [{ipBlock: {cidr: 10.0.0.0/8}}], operators: [{namespaceSelector: {}}], extraEgress: [{to: [{podSelector: {}}]}]}
monitoring: {serviceMonitor: {enabled: true, labels: {a: b}}, dashboard: {enabled: true}}
`

// variants are the ways to install it that differ most.
func variants() map[string]string {
	return map[string]string{
		"defaults":                   "",
		"everything":                 everything,
		"bolt":                       "{store: {type: bolt}, replicas: 1}",
		"bolt in memory":             "{store: {type: bolt, bolt: {persistence: false, emptyDir: {medium: Memory, sizeLimit: 8Mi}}}, replicas: 1}",
		"bolt on a claim":            "{store: {type: bolt, bolt: {existingClaim: mine}}, replicas: 1}",
		"cert-manager":               "tls: {mode: cert-manager, extraNames: [10.0.0.7], certManager: {issuerRef: {name: ca, kind: ClusterIssuer, group: cert-manager.io}}}",
		"a certificate of one's own": "tls: {mode: secret, existingSecret: mine}",
		"plain HTTP":                 "tls: {mode: none}",
		"bearer":                     "auth: {basic: false, bearer: true}",
		"clients' certificates":      "{auth: {clientCASecret: ca}, registration: {kind: none}}",
		"secrets of one's own":       "{auth: {existingSecret: a}, operator: {existingSecret: o}}",
		"one namespace":              "registration: {kind: ServiceBroker}",
		"authorities of MySQL":       `{cloud: {mysqlCA: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"}}`,
		"RRSA with the webhook":      "cloud: {credentials: {type: rrsa, rrsa: {roleName: broker}}}",
		"nothing that can be off":    "{operator: {enabled: false}, uninstallCheck: {enabled: false}, podDisruptionBudget: {enabled: false}, networkPolicy: {enabled: false}, serviceAccount: {create: false}, rbac: {create: false}, registration: {kind: none}, topologySpreadConstraints: []}",
	}
}

// An API server takes every object, in every variant.
func TestChart_EveryVariant_RendersValidObjects(t *testing.T) {
	t.Parallel()
	for name, values := range variants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, o := range install(t, values) {
				if form, ok := foreignForm(o.GetAPIVersion(), o.GetKind()); ok {
					decodeInto(t, o, form)
				} else {
					decode(t, o)
				}
				if o.GetLabels()["app.kubernetes.io/instance"] != "broker" {
					t.Errorf("%s %s has not the release's label", o.GetKind(), o.GetName())
				}
			}
		})
	}
}

func TestValues_Unusable_AreRefused(t *testing.T) {
	t.Parallel()
	for name, values := range map[string]string{
		"two replicas on a file":          "store: {type: bolt}",
		"an unknown value":                "store: {typ: bolt}",
		"an unknown value at the top":     "replica: 1",
		"an unknown store":                "store: {type: etcd}",
		"a store's name that is too long": "store: {name: " + strings.Repeat("x", 41) + "}",
		"a text for a number":             "replicas: two",
		"nobody who could call":           "{auth: {basic: false}, registration: {kind: none}}",
		"a registration without login":    "auth: {basic: false, tokenReview: {enabled: true, users: [u]}}",
		"tokens of all pods":              "auth: {tokenReview: {enabled: true}}",
		"certificates without TLS":        "{auth: {clientCASecret: ca}, tls: {mode: none}, registration: {kind: none}}",
		"certificates of Service Catalog": "auth: {clientCASecret: ca}",
		"no certificate":                  "tls: {mode: secret}",
		"no issuer":                       "tls: {mode: cert-manager}",
		"no key":                          "cloud: {credentials: {type: static}}",
		"no role":                         "cloud: {credentials: {type: rrsa}}",
		"half a role":                     "cloud: {credentials: {rrsa: {roleARN: 'acs:ram::1:role/a'}}}",
		"two roles":                       "cloud: {credentials: {rrsa: {roleName: a, roleARN: 'acs:ram::1:role/a', oidcProviderARN: 'acs:ram::1:oidc-provider/a'}}}",
		"a product that is none":          "cloud: {endpoints: {ecs: 'http://x'}}",
		"an endpoint that is no URL":      "cloud: {endpoints: {rds: 10.88.0.1}}",
		"a prefix with a space":           "catalog: {prefix: 'a b'}",
		"a key for authorities":           "cloud: {mysqlCA: '-----BEGIN PRIVATE KEY-----'}",
		"a cluster without an id":         "cloud: {clusters: [{issuer: 'https://a', providers: ['acs:ram::1000000000000001:oidc-provider/a']}]}",
		"a cluster without a provider":    "cloud: {defaultCluster: {issuer: 'https://a', providers: []}}",
		"a role as a provider":            "cloud: {defaultCluster: {issuer: 'https://a', providers: ['acs:ram::1000000000000001:role/a']}}",
		"a profile of the flags' name":    "cloud: {profiles: {default: {region: cn-beijing}}}",
		"a profile with capitals":         "cloud: {profiles: {Finance: {}}}",
		"a profile's unknown member":      "cloud: {profiles: {finance: {regoin: cn-beijing}}}",
		"a profile that is null":          "cloud: {profiles: {finance: []}}",
		"a profile's id without a role":   "cloud: {profiles: {finance: {role-external-id: abc}}}",
		"an overlay of something else":    "catalog: {overlay: {plans: {}}}",
		"a check without the API":         "operator: {enabled: false}",
		"a password that is not accepted": "{auth: {basic: false, bearer: true}, registration: {auth: basic}}",
		"a token that is not accepted":    "registration: {auth: bearer}",
		"a login that is none":            "{auth: {bearer: true}, registration: {auth: token}}",
		"a role without an account":       "{cloud: {credentials: {rrsa: {roleName: a}}}, serviceAccount: {create: false}}",
		"a port of nodes without one":     "service: {nodePort: 30001}",
		"an interval of Go":               "monitoring: {serviceMonitor: {interval: 1.5s}}", // the operator's own form is narrower
		"an interval out of order":        "monitoring: {serviceMonitor: {interval: 30s1m}}",
		"no interval":                     "monitoring: {serviceMonitor: {interval: ''}}",
		"an authority that ends first":    "tls: {selfSigned: {caDays: 30, days: 31}}",
		"a label of the chart":            "commonLabels: {app.kubernetes.io/instance: other}",
		"a label of Helm":                 "commonLabels: {helm.sh/chart: other}",
		"a label that is selected by":     "podLabels: {app.kubernetes.io/name: other}",
		"a pod's label of Helm":           "podLabels: {helm.sh/chart: other}",
	} {
		if _, err := (release{name: "broker", namespace: "ns", values: values}).render(t); err == nil {
			t.Errorf("%s: Helm takes it", name)
		}
	}
}

// Values that resemble refused ones, but work, are accepted.
func TestValues_Usable_AreAccepted(t *testing.T) {
	t.Parallel()
	for _, values := range []string{
		"monitoring: {serviceMonitor: {enabled: true, interval: 1m30s}}",
		"{auth: {bearer: true}, registration: {auth: bearer}}",
		"{cloud: {credentials: {type: rrsa}}, serviceAccount: {create: false, name: annotated}}",
		"service: {type: LoadBalancer, nodePort: 30001}",
		"registration: {auth: null}", // as helm upgrade --reuse-values of a release that lacks it
		"tls: {selfSigned: {caDays: 30, days: 30}}",
		"tls: {mode: none, selfSigned: {caDays: 30, days: 31}}",
		"{commonLabels: {app.kubernetes.io.example.com/a: b, example.com/helm.sh: b}, podLabels: {a: b}}",
	} {
		install(t, values)
	}
}

// Objects of two releases have different names, and each selector matches the
// pods of its own release.
func TestChart_TwoReleases_ShareNoName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 50)
	const clusterWide = "{catalog: {prefix: %s}, auth: {tokenReview: {enabled: true, users: [u]}}}"
	seen, selectors := map[string]string{}, map[string]string{}
	for _, r := range []release{
		{name: "broker", namespace: "ns"},
		{name: "alibabacloud-servicebroker", namespace: "ns", values: fmt.Sprintf(clusterWide, "a-")},
		{name: "alibabacloud-servicebroker", namespace: "other", values: fmt.Sprintf(clusterWide, "b-")},
		{name: long + "one", namespace: "ns", values: "catalog: {prefix: c-}"},
		{name: long + "two", namespace: "ns", values: "catalog: {prefix: d-}"},
	} {
		place := r.namespace + "/" + r.name
		rendered := must(t, r)
		for _, o := range rendered {
			key := o.GetKind() + " " + o.GetName()
			if !slices.Contains([]string{"ClusterServiceBroker", "ClusterRole", "ClusterRoleBinding"}, o.GetKind()) {
				key = r.namespace + "/" + key
			}
			if other, ok := seen[key]; ok {
				t.Errorf("%s is of %s and of %s", key, other, place)
			}
			seen[key] = place
			if len(o.GetName()) > 63 && o.GetKind() != "ConfigMap" {
				t.Errorf("the name of %s is longer than 63 characters", key)
			}
		}
		for _, key := range []string{
			"store " + r.namespace + " " + flagOf(t, rendered, "store-name"),
			"selector " + r.namespace + fmt.Sprint(deployment(t, rendered).Spec.Selector.MatchLabels),
			"id " + identity(t, rendered)["broker-id"],
		} {
			if other, ok := selectors[key]; ok {
				t.Errorf("%s is of %s and of %s", key, other, place)
			}
			selectors[key] = place
		}
	}
}
