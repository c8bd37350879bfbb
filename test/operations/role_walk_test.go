package operations_test

import (
	"fmt"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// theContext is a namespace of the cluster that the rig's providers know.
const theContext = `"context":{"platform":"kubernetes","namespace":"team","clusterid":"` + environment.ClusterID + `"}`

// optionsService is a bucket with options of every form, whose bindings are roles of
// a service account.
func optionsService() service {
	return service{
		name: "Options", id: "oss-id", plan: "oss-options", check: oneBucketWithOptions, steps: optionsWalk,
		change: `{"service_id":"oss-id","parameters":{"Versioning":"Suspended","Lifecycle":[{"Expiration":{"Days":30}}],"Cors":[]}}`,
	}
}

func optionsWalk(s service) []requested {
	made := expected{instance: true}
	updated := expected{instance: true, updated: true}
	bound, rotated, unbound := updated, updated, updated
	bound.bindings, rotated.bindings, unbound.bindings = []string{theBinding}, []string{theBinding, theSuccessor}, []string{theSuccessor}
	return []requested{
		s.provision(made), s.update(updated),
		s.binding("bind", theBinding, `{`+s.ids()+`,`+theContext+`,"parameters":{"ServiceAccount":"app","Access":"readonly"}}`, bound),
		s.binding("rotate", theSuccessor, `{"predecessor_binding_id":"`+theBinding+`",`+theContext+`}`, rotated),
		s.unbind(unbound), s.deprovision(),
	}
}

// oneBucketWithOptions: one bucket with the wanted options, and for each binding a
// role with one policy that trusts the service account.
func oneBucketWithOptions(r *rig, want expected, given map[string]map[string]string) error {
	state := r.cloud.Dump()
	if len(state.Buckets) != 1 {
		return fmt.Errorf("want one bucket, the cloud has %+v", state.Buckets)
	}
	bucket := state.Buckets[0]
	if bucket.Tags[providers.TagIncarnation] == "" || bucket.Tags["team"] != "blue" {
		return fmt.Errorf("want our tags and the user's, the bucket has %v", bucket.Tags)
	}
	parts := map[string]string{"versioning": "Enabled", "lifecycle": "<Days>7</Days>", "encryption": "AES256", "cors": "https://example.com"}
	if want.updated {
		parts["versioning"], parts["lifecycle"], parts["cors"] = "Suspended", "<Days>30</Days>", ""
	}
	for option, part := range parts {
		if has := bucket.Options[option]; !strings.Contains(has, part) || part == "" && has != "" {
			return fmt.Errorf("want %s with %q, the bucket has %q", option, part, has)
		}
	}
	if n := len(given); len(state.Roles) != n || len(state.Policies) != n || len(state.Users) != 0 {
		return fmt.Errorf("%d roles, %d policies, %d users, want %d, %d and none", len(state.Roles), len(state.Policies), len(state.Users), n, n)
	}
	for _, role := range state.Roles {
		if len(role.Policies) != 1 || !strings.Contains(role.Trust, "system:serviceaccount:team:app") {
			return fmt.Errorf("the role %s has the policies %v and the trust %s", role.Name, role.Policies, role.Trust)
		}
	}
	for id, c := range given {
		if !strings.Contains(c["role_arn"], ":role/") || c["bucket"] != bucket.Name {
			return fmt.Errorf("%s is to assume %q for %q", id, c["role_arn"], c["bucket"])
		}
	}
	return nil
}
