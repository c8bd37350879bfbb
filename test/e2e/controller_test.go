package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
)

// original is the annotation, on Service Catalog's Deployment, of the arguments
// that it had before these tests changed them. It is there only meanwhile, and
// whatever ends a run, the next one finds it.
const original = mine + "/args"

// A controller is the Deployment of Service Catalog's controllers.
type controller struct {
	namespace, name, container string
	args                       []string
	before                     string // the value of the annotation
}

// findCatalog finds it by the program it runs.
func findCatalog() (controller, error) {
	c := controller{namespace: env("E2E_CATALOG_NAMESPACE", "catalog")}
	out, err := run("", "kubectl", "get", "deployments", "-n", c.namespace, "-o", "json")
	if err != nil {
		return controller{}, err
	}
	var list struct {
		Items []struct {
			Metadata struct {
				Name        string            `json:"name"`
				Annotations map[string]string `json:"annotations"`
			} `json:"metadata"`
			Spec struct {
				Template struct {
					Spec struct {
						Containers []struct {
							Name string   `json:"name"`
							Args []string `json:"args"`
						} `json:"containers"`
					} `json:"spec"`
				} `json:"template"`
			} `json:"spec"`
		} `json:"items"`
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		return controller{}, err
	}
	for _, d := range list.Items {
		if first := d.Spec.Template.Spec.Containers[0]; slices.Contains(first.Args, "controller-manager") {
			c.name, c.container, c.args, c.before = d.Metadata.Name, first.Name, first.Args, d.Metadata.Annotations[original]
			return c, nil
		}
	}
	return controller{}, fmt.Errorf("there is no Service Catalog in the namespace %s: E2E_CATALOG_NAMESPACE says where it is", c.namespace)
}

// start has it run with other arguments. The annotation changes in the same
// request: nil removes it.
func (c controller) start(args []string, annotation any) error {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"annotations": map[string]any{original: annotation}},
		"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
			"containers": []map[string]any{{"name": c.container, "args": args}},
		}}},
	})
	if err != nil {
		return err
	}
	if _, err := run("", "kubectl", "-n", c.namespace, "patch", "deployment", c.name, "-p", string(patch)); err != nil {
		return err
	}
	_, err = run("", "kubectl", "-n", c.namespace, "rollout", "status", "deployment/"+c.name, "--timeout=120s")
	return err
}

// restoreCatalog puts back the arguments that Service Catalog had, where these
// tests have changed them.
func restoreCatalog() error {
	c, err := findCatalog()
	if err != nil || c.before == "" {
		return err
	}
	var args []string
	if err := json.Unmarshal([]byte(c.before), &args); err != nil {
		return fmt.Errorf("the annotation %s of the deployment %s: %w", original, c.name, err)
	}
	return c.start(args, nil)
}
