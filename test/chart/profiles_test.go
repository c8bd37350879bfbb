package chart_test

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// The file names the folder of a profile's Secret, and the pod starts without the
// Secret: the other profiles go on.
func TestProfiles_Secret_IsMountedWhereTheFileSays(t *testing.T) {
	t.Parallel()
	objects := install(t, everything)
	content := typed[*corev1.ConfigMap](t, objects, "ConfigMap", "-profiles").Data["profiles.yaml"]
	var file struct {
		Profiles map[string]map[string]any `json:"profiles"`
	}
	if err := yaml.UnmarshalStrict([]byte(content), &file); err != nil {
		t.Fatalf("%v in %s", err, content)
	}
	dir, _ := file.Profiles["finance"]["credentials-dir"].(string)
	if _, named := file.Profiles["finance"]["existingSecret"]; named || file.Profiles["1"]["base"] != "finance" {
		t.Errorf("the file is %s", content)
	}
	pod := deployment(t, objects).Spec.Template.Spec
	mount := slices.IndexFunc(pod.Containers[0].VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == dir })
	if dir == "" || mount < 0 {
		t.Fatalf("the folder %q is not mounted", dir)
	}
	volume := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == pod.Containers[0].VolumeMounts[mount].Name })
	if s := pod.Volumes[volume].Secret; s == nil || s.SecretName != "finance" || s.Optional == nil || !*s.Optional {
		t.Errorf("the volume is %+v", pod.Volumes[volume])
	}
}
