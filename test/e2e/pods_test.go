package e2e_test

import (
	"fmt"
	"testing"
	"time"
)

// A pod, as far as it matters here.
type podObject struct {
	Metadata struct {
		Name              string `json:"name"`
		Namespace         string `json:"namespace"`
		DeletionTimestamp string `json:"deletionTimestamp"`
	} `json:"metadata"`
	Status struct {
		Phase             string `json:"phase"`
		PodIP             string `json:"podIP"`
		ContainerStatuses []struct {
			Ready        bool `json:"ready"`
			RestartCount int  `json:"restartCount"`
			State        struct {
				Terminated *struct {
					ExitCode int `json:"exitCode"`
				} `json:"terminated"`
			} `json:"state"`
		} `json:"containerStatuses"`
	} `json:"status"`
}

type podList struct {
	Items []podObject `json:"items"`
}

// Pod and container settings that the Pod Security standard restricted
// requires.
const (
	restrictedPod       = "securityContext: {runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, seccompProfile: {type: RuntimeDefault}}"
	restrictedContainer = "securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}"
)

// startPod starts a pod that is never restarted.
func startPod(t *testing.T, namespace, name, spec string) {
	t.Helper()
	apply(t, fmt.Sprintf("{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: %s, labels: {%s: 'true'}}, spec: {restartPolicy: Never, automountServiceAccountToken: false, enableServiceLinks: false,\n%s,\n%s}}",
		name, namespace, mine, restrictedPod, spec))
}

// endedPod waits for the end of a pod and returns its exit code and its log.
func endedPod(t *testing.T, namespace, name string) (int, string) {
	t.Helper()
	var p podObject
	until(t, time.Minute, "pod "+name+" ends", func() (bool, string) {
		p = podObject{}
		get(t, &p, "pod", "-n", namespace, name)
		return p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed", fmt.Sprintf("%+v", p.Status)
	})
	return p.Status.ContainerStatuses[0].State.Terminated.ExitCode, kubectl(t, "-n", namespace, "logs", name)
}

func removePod(t *testing.T, namespace, name string) {
	t.Helper()
	kubectl(t, "-n", namespace, "delete", "pod", name, "--wait=false")
	until(t, 30*time.Second, "pod "+name+" is gone", func() (bool, string) {
		return kubectl(t, "-n", namespace, "get", "pod", name, "--ignore-not-found", "-o", "name") == "", ""
	})
}
