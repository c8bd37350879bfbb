package chart_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

func deployment(t *testing.T, o objects) *appsv1.Deployment {
	t.Helper()
	return typed[*appsv1.Deployment](t, o, "Deployment", "")
}

func identity(t *testing.T, o objects) map[string]string {
	t.Helper()
	return typed[*corev1.ConfigMap](t, o, "ConfigMap", "-identity").Data
}

func args(t *testing.T, o objects) []string {
	t.Helper()
	return deployment(t, o).Spec.Template.Spec.Containers[0].Args
}

// flagOf is the value of a flag of the broker.
func flagOf(t *testing.T, o objects, name string) string {
	t.Helper()
	for _, arg := range args(t, o) {
		if value, ok := strings.CutPrefix(arg, "--"+name+"="); ok {
			return value
		}
	}
	t.Fatalf("there is no flag --%s", name)
	return ""
}

// pods are the pods of all workloads.
func pods(t *testing.T, o objects) []corev1.PodSpec {
	t.Helper()
	found := []corev1.PodSpec{deployment(t, o).Spec.Template.Spec}
	for _, job := range o.all("Job", "") {
		found = append(found, typed[*batchv1.Job](t, objects{job}, "Job", "").Spec.Template.Spec)
	}
	return found
}

// The Pod Security standard restricted, and a read-only file system.
func TestPods_Security_IsRestricted(t *testing.T) {
	t.Parallel()
	for name, values := range variants() {
		for _, pod := range pods(t, install(t, values)) {
			c, s := pod.Containers[0].SecurityContext, pod.SecurityContext
			if !*s.RunAsNonRoot || *s.RunAsUser == 0 || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault ||
				*c.AllowPrivilegeEscalation || !*c.ReadOnlyRootFilesystem || !slices.Equal(c.Capabilities.Drop, []corev1.Capability{"ALL"}) ||
				len(c.Capabilities.Add) > 0 || pod.HostNetwork || pod.HostPID || pod.HostIPC {
				t.Errorf("%s: %+v, %+v", name, s, c)
			}
			for _, v := range pod.Volumes {
				if v.HostPath != nil {
					t.Errorf("%s: volume %s is a path of the host", name, v.Name)
				}
			}
		}
	}
}

// Files that flags name are mounted, and the Secrets of the chart hold them.
func TestFlags_FilesTheyName_AreMounted(t *testing.T) {
	t.Parallel()
	for name, values := range variants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rendered := install(t, values)
			for _, pod := range pods(t, rendered) {
				files := map[string]bool{}
				for _, m := range pod.Containers[0].VolumeMounts {
					i := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
					if i < 0 {
						t.Fatalf("volume %s is missing", m.Name)
					}
					files[m.MountPath] = true
					for _, file := range filesOf(t, rendered, pod.Volumes[i]) {
						files[path.Join(m.MountPath, file)] = true
					}
				}
				for _, arg := range pod.Containers[0].Args {
					if _, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(value, "/") && !files[value] {
						t.Errorf("%s: there is no such file, only %v", arg, files)
					}
				}
			}
		})
	}
}

// filesOf returns the files in the volume: the ones it picks, which a Secret or
// ConfigMap of the chart must have.
func filesOf(t *testing.T, rendered objects, v corev1.Volume) []string {
	t.Helper()
	var files []string
	switch {
	case v.Secret != nil:
		for _, item := range v.Secret.Items {
			files = append(files, item.Path)
			for _, s := range rendered.all("Secret", v.Secret.SecretName) {
				if s.GetName() == v.Secret.SecretName && len(typed[*corev1.Secret](t, objects{s}, "Secret", "").Data[item.Key]) == 0 {
					t.Errorf("Secret %s has no %s", v.Secret.SecretName, item.Key)
				}
			}
		}
	case v.ConfigMap != nil:
		for file := range typed[*corev1.ConfigMap](t, rendered, "ConfigMap", v.ConfigMap.Name).Data {
			files = append(files, file)
		}
	}
	return files
}

// The broker has each of the flags.
func TestFlags_Every_IsKnownToTheBroker(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("../../cmd/alibabacloud-servicebroker/*.go")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	declaration := regexp.MustCompile(`fs\.\w+\((?:&?[\w.]+, )?"([a-z-]+)"`)
	for _, source := range sources {
		code, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range declaration.FindAllSubmatch(code, -1) {
			known[string(found[1])] = true
		}
	}
	if !known["broker-id"] || !known["endpoint"] {
		t.Fatalf("the flags are declared in another form than this test reads: %v", known)
	}
	for name, values := range variants() {
		for _, arg := range args(t, install(t, values)) {
			flag, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
			if !known[flag] {
				t.Errorf("%s: the broker has no flag --%s", name, flag)
			}
		}
	}
}

func TestFlags_Values_DecideThem(t *testing.T) {
	t.Parallel()
	got := args(t, install(t, everything))
	want := []string{
		"--store=kubernetes", "--namespace=ns", "--users-file=/etc/alibabacloud-servicebroker/auth/users",
		"--tokens-file=/etc/alibabacloud-servicebroker/auth/tokens", "--token-review", "--token-review-users=system:serviceaccount:catalog:controller",
		"--token-review-audience=broker", "--region=cn-hangzhou", "--credentials=auto", "--credentials-dir=/etc/alibabacloud-servicebroker/cloud",
		"--ecs-role=broker", "--role-arn=acs:ram::1:role/b", "--role-external-id=bank-1", "--profile-file=/etc/alibabacloud-servicebroker/profiles/profiles.yaml", "--vpc-id=vpc-1", "--vswitch-id=vsw-1", "--zone-id=cn-hangzhou-b", "--allowed-vpcs=vpc-1,vpc-2", "--whitelist=10.0.0.0/8", "--broker-addresses=10.1.0.0/16",
		"--endpoint=rds=http://10.88.0.1:8007", "--endpoint=oss=https://oss.example.com", "--insecure-endpoints", "--catalog-prefix=team-a-",
		"--console=alibabacloud.com", "--console-page=oss=https://portal.example.com/{region}/{resource}",
		"--drop-unfinished-binds", "--v=2", "--settle-time=1m",
	}
	for _, flag := range want {
		if !slices.Contains(got, flag) {
			t.Errorf("%s is missing", flag)
		}
	}
	for _, flag := range []string{"--insecure-endpoints", "--token-review", "--catalog-prefix="} {
		if slices.Contains(args(t, install(t, "")), flag) {
			t.Errorf("%s is there by default", flag)
		}
	}
	if slices.Contains(args(t, install(t, "broker: {dropUnfinishedBinds: false}")), "--drop-unfinished-binds") {
		t.Error("--drop-unfinished-binds cannot be switched off")
	}
}

func TestFlags_Connections_AreBoundedByValues(t *testing.T) {
	t.Parallel()
	rendered := install(t, "broker: {maxConnections: 2000, opsMaxConnections: 50}")
	if flagOf(t, rendered, "max-connections") != "2000" || flagOf(t, rendered, "ops-max-connections") != "50" {
		t.Errorf("flags = %v", args(t, rendered))
	}
	for _, arg := range args(t, install(t, "")) {
		if strings.Contains(arg, "max-connections") {
			t.Errorf("%s is there by default", arg)
		}
	}
}

// The pod may live as long as the broker may drain.
func TestPod_GracePeriod_OutlastsTheDrain(t *testing.T) {
	t.Parallel()
	rendered := install(t, "drain: {delaySeconds: 10, requestSeconds: 20, callSeconds: 40}")
	if got := *deployment(t, rendered).Spec.Template.Spec.TerminationGracePeriodSeconds; got != 70 {
		t.Errorf("grace period = %d, want 70", got)
	}
	if flagOf(t, rendered, "drain-delay") != "10s" || flagOf(t, rendered, "drain-time") != "20s" {
		t.Errorf("flags = %v", args(t, rendered))
	}
}

// An upgrade keeps a replica running, except on a file, which a single process
// opens.
// GOMEMLIMIT follows the memory limit of the container, in each form of a quantity.
func TestPod_MemoryLimit_IsGosLimitToo(t *testing.T) {
	for values, want := range map[string]string{
		"":                                             "214748365",
		"resources: {limits: {memory: 1Gi}}":           "858993459",
		"resources: {limits: {memory: 500M}}":          "400000000",
		"resources: {limits: {memory: 1.5Gi}}":         "1288490189",
		"resources: {limits: {memory: 268435456}}":     "214748365",
		"resources: {limits: {memory: 250000000000m}}": "",
		"resources: {limits: {memory: null}}":          "",
		"resources: {limits: null}":                    "",
		"resources: {limits: {memory: 1Gi}}\nextraEnv: [{name: GOMEMLIMIT, value: 100MiB}]": "100MiB",
	} {
		rendered, err := release{name: "r", namespace: "n", values: values}.render(t)
		if err != nil {
			t.Errorf("%s: %v", values, err)
			continue
		}
		got := ""
		for _, variable := range deployment(t, rendered).Spec.Template.Spec.Containers[0].Env {
			if variable.Name == "GOMEMLIMIT" {
				got += variable.Value
			}
		}
		if got != want {
			t.Errorf("%s: GOMEMLIMIT is %q, want %q", values, got, want)
		}
	}
}

func TestDeployment_Upgrade_KeepsAReplica(t *testing.T) {
	t.Parallel()
	strategy := deployment(t, install(t, "")).Spec.Strategy
	if strategy.RollingUpdate == nil || strategy.RollingUpdate.MaxUnavailable.IntValue() != 0 || strategy.RollingUpdate.MaxSurge.IntValue() != 1 {
		t.Errorf("strategy = %+v", strategy)
	}
	if got := deployment(t, install(t, variants()["bolt"])).Spec.Strategy.Type; got != appsv1.RecreateDeploymentStrategyType {
		t.Errorf("strategy on a file = %s", got)
	}
}

func TestPod_Probes_AskTheSecondPort(t *testing.T) {
	t.Parallel()
	c := deployment(t, install(t, "")).Spec.Template.Spec.Containers[0]
	ports := map[string]int32{}
	for _, p := range c.Ports {
		ports[p.Name] = p.ContainerPort
	}
	if diff := cmp.Diff(map[string]int32{"platforms": 8005, "ops": 8006, "metrics": 8009}, ports); diff != "" {
		t.Errorf("ports (-want, +got):\n%s", diff)
	}
	for _, probe := range []struct {
		of   *corev1.Probe
		path string
	}{{c.StartupProbe, "/healthz"}, {c.LivenessProbe, "/healthz"}, {c.ReadinessProbe, "/readyz"}} {
		if probe.of.HTTPGet.Path != probe.path || probe.of.HTTPGet.Port.StrVal != "ops" {
			t.Errorf("probe = %+v, want %s", probe.of.HTTPGet, probe.path)
		}
	}
}

// The pods are spread; entries of one's own get the pods' labels.
func TestPods_Topology_IsSpread(t *testing.T) {
	t.Parallel()
	for values, keys := range map[string][]string{
		"":                              {"kubernetes.io/hostname", "topology.kubernetes.io/zone"},
		everything:                      {"rack"},
		"topologySpreadConstraints: []": nil,
	} {
		d := deployment(t, install(t, values))
		var got []string
		for _, c := range d.Spec.Template.Spec.TopologySpreadConstraints {
			got = append(got, c.TopologyKey)
			if diff := cmp.Diff(d.Spec.Selector, c.LabelSelector); diff != "" {
				t.Errorf("selector (-want, +got):\n%s", diff)
			}
		}
		if !slices.Equal(got, keys) {
			t.Errorf("spread over %v, want %v", got, keys)
		}
	}
}

// The tokens that get a pod to the API server or the cloud are there where the
// broker needs them, and only there.
func TestPods_Tokens_AreThoseNeeded(t *testing.T) {
	t.Parallel()
	for values, want := range map[string]bool{
		"": true, variants()["bolt"]: false,
		"{store: {type: bolt}, replicas: 1, auth: {tokenReview: {enabled: true, users: [u]}}}": true,
	} {
		if got := *deployment(t, install(t, values)).Spec.Template.Spec.AutomountServiceAccountToken; got != want {
			t.Errorf("%s: the API server's token is mounted: %t", values, got)
		}
	}
	pod := deployment(t, install(t, everything)).Spec.Template.Spec
	i := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Projected != nil })
	if i < 0 || pod.Volumes[i].Projected.Sources[0].ServiceAccountToken.Audience != "sts.aliyuncs.com" {
		t.Fatal("the token for RRSA is missing")
	}
	env := map[string]string{}
	for _, e := range pod.Containers[0].Env {
		env[e.Name] = e.Value
	}
	m := slices.IndexFunc(pod.Containers[0].VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == pod.Volumes[i].Name })
	if m < 0 {
		t.Fatal("the token for RRSA is not mounted")
	}
	file := path.Join(pod.Containers[0].VolumeMounts[m].MountPath, pod.Volumes[i].Projected.Sources[0].ServiceAccountToken.Path)
	if env["ALIBABA_CLOUD_ROLE_ARN"] == "" || env["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"] == "" || env["ALIBABA_CLOUD_OIDC_TOKEN_FILE"] != file {
		t.Errorf("environment = %v", env)
	}
	account := typed[*corev1.ServiceAccount](t, install(t, variants()["RRSA with the webhook"]), "ServiceAccount", "")
	if account.Annotations["pod-identity.alibabacloud.com/role-name"] != "broker" {
		t.Errorf("annotations = %v", account.Annotations)
	}
}

// A new catalog is read by new pods.
func TestPods_ChangedCatalog_AreReplaced(t *testing.T) {
	t.Parallel()
	with := func(values string) map[string]string {
		return deployment(t, install(t, values)).Spec.Template.Annotations
	}
	if cmp.Equal(with("catalog: {overlay: {offerings: {a: {enabled: false}}}}"), with("catalog: {overlay: {offerings: {a: {enabled: true}}}}")) {
		t.Error("pods stay the same")
	}
	if cmp.Equal(with(""), with("cloud: {defaultCluster: {issuer: 'https://a', providers: ['acs:ram::1000000000000001:oidc-provider/a']}}")) {
		t.Error("pods stay the same after a change of clusters")
	}
	if cmp.Equal(with("cloud: {profiles: {a: {region: cn-beijing}}}"), with("cloud: {profiles: {a: {region: cn-shanghai}}}")) {
		t.Error("pods stay the same after a change of profiles")
	}
	if diff := cmp.Diff(with(""), with("")); diff != "" {
		t.Errorf("pods change by themselves:\n%s", diff)
	}
}
