package e2e_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// home is the namespace of the release that most tests use.
const home = "e2e-broker"

// sweep removes the remains of an interrupted run, also objects that would wait
// for a broker that is gone.
func sweep() error {
	owner, err := run("", "kubectl", "get", "clusterservicebroker", "alibabacloud-servicebroker", "--ignore-not-found", "-o", "jsonpath={.spec.authInfo.basic.secretRef.namespace}")
	if err != nil {
		return fmt.Errorf("the cluster must be there, with Service Catalog: %w", err)
	}
	failed := errors.Join(restoreCatalog(), sweepKorifi())
	if owner == home { // then the examples are ours too
		failed = errors.Join(failed,
			abandon(apps, "servicebindings", "rds-binding", "oss-binding", "second"),
			abandon(apps, "serviceinstances", "rds-mysql-1", "oss-instance"),
			abandon(apps, "secrets", "kept"),
			abandon(apps, "pods", "rds-client", "oss-client"),
		)
	}
	_, err = run("", "kubectl", "-n", apps, "delete", "pods", "-l", mine+"=true")
	failed = errors.Join(failed, err)
	out, err := run("", "kubectl", "get", "namespaces", "-l", mine+"=true", "-o", "name")
	failed = errors.Join(failed, err)
	for name := range strings.FieldsSeq(out) {
		failed = errors.Join(failed, discard(strings.TrimPrefix(name, "namespace/")))
	}
	if owner == home {
		failed = errors.Join(failed, abandon("", "clusterservicebrokers", "alibabacloud-servicebroker"))
	}
	return failed
}

// discard deletes a namespace and the finalizers in it. Instances go before
// their broker: their classes go with the broker, and without classes Service
// Catalog's webhook refuses every change of an instance, even of its
// finalizers.
func discard(namespace string) error {
	var failed error
	for _, kind := range []string{"servicebindings", "serviceinstances", "servicebrokers", "secrets"} {
		_, err := run("", "kubectl", "-n", namespace, "delete", kind, "--all", "--wait=false")
		failed = errors.Join(failed, err, unfinalize(namespace, kind))
	}
	_, err := run("", "kubectl", "delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s")
	return errors.Join(failed, err)
}

// abandon deletes objects together with their finalizers.
func abandon(namespace, kind string, names ...string) error {
	_, err := run("", append([]string{"kubectl", "delete", kind, "--namespace", namespace, "--ignore-not-found", "--wait=false"}, names...)...)
	return errors.Join(err, unfinalize(namespace, kind, names...))
}

// unfinalize takes the finalizers off the named objects of a kind, or off all.
func unfinalize(namespace, kind string, only ...string) error {
	names, err := run("", "kubectl", "--namespace", namespace, "get", kind, "-o", `jsonpath={range .items[?(@.metadata.finalizers)]}{.metadata.name} {end}`)
	for name := range strings.FieldsSeq(names) {
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		_, failed := run("", "kubectl", "--namespace", namespace, "patch", kind, name, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
		if failed != nil && strings.Contains(failed.Error(), "(NotFound)") { // it has gone meanwhile
			continue
		}
		err = errors.Join(err, failed)
	}
	return err
}
