package e2e_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// home is the namespace of the release that most tests use.
const home = "e2e-broker"

// sweep removes what an interrupted run has left, also what would wait for a
// broker that is gone.
func sweep() error {
	owner, err := run("", "kubectl", "get", "clusterservicebroker", "alibabacloud-servicebroker", "--ignore-not-found", "-o", "jsonpath={.spec.authInfo.basic.secretRef.namespace}")
	if err != nil {
		return fmt.Errorf("the cluster must be there, with Service Catalog: %w", err)
	}
	var failed error
	if owner == home { // then the examples are ours too
		failed = errors.Join(
			abandon(apps, "servicebindings", "rds-binding", "oss-binding", "second"),
			abandon(apps, "serviceinstances", "rds-mysql-1", "oss-instance"),
			abandon(apps, "secrets", "kept"),
			abandon(apps, "pods", "rds-client", "oss-client"),
			abandon("", "clusterservicebrokers", "alibabacloud-servicebroker"),
		)
	}
	_, err = run("", "kubectl", "-n", apps, "delete", "pods", "-l", mine+"=true")
	failed = errors.Join(failed, err)
	out, err := run("", "kubectl", "get", "namespaces", "-l", mine+"=true", "-o", "name")
	failed = errors.Join(failed, err)
	for name := range strings.FieldsSeq(out) {
		name = strings.TrimPrefix(name, "namespace/")
		for _, kind := range []string{"servicebindings", "serviceinstances", "servicebrokers", "secrets"} {
			failed = errors.Join(failed, unfinalize(name, kind))
		}
		_, err := run("", "kubectl", "delete", "namespace", name, "--ignore-not-found", "--timeout=120s")
		failed = errors.Join(failed, err)
	}
	return failed
}

// abandon deletes objects without anybody's consent.
func abandon(namespace, kind string, names ...string) error {
	_, err := run("", append([]string{"kubectl", "delete", kind, "--namespace", namespace, "--ignore-not-found", "--wait=false"}, names...)...)
	return errors.Join(err, unfinalize(namespace, kind, names...))
}

// unfinalize takes the finalizers off those objects of a kind, or off all.
func unfinalize(namespace, kind string, only ...string) error {
	names, err := run("", "kubectl", "--namespace", namespace, "get", kind, "-o", `jsonpath={range .items[?(@.metadata.finalizers)]}{.metadata.name} {end}`)
	for name := range strings.FieldsSeq(names) {
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		_, failed := run("", "kubectl", "--namespace", namespace, "patch", kind, name, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
		err = errors.Join(err, failed)
	}
	return err
}
