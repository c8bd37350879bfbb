package oss

import (
	_ "embed" // object_access.yaml
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// accessReadWrite is the access of a binding that names none.
const accessReadWrite = "readwrite"

//go:embed object_access.yaml
var objectAccess []byte

// An accessTable is the content of object_access.yaml: RAM actions.
type accessTable struct {
	Accesses map[string]struct {
		Bucket  []string `json:"bucket"`
		Objects []string `json:"objects"`
		Key     []string `json:"key"`
	} `json:"accesses"`
	Narrowed []string `json:"narrowed"`
	Whole    []string `json:"whole"`
}

// A grant is what a binding may do: an access to the objects of one bucket, or to
// the ones with a prefix.
type grant struct {
	Bucket string
	Access string
	Prefix string // empty: all objects
	Key    string // of KMS, that encrypts the objects; empty: none that needs a permission
}

// policyDocument is the grammar of a RAM policy (RAM documentation, "Policy
// structure and syntax").
type policyDocument struct {
	Version   string            `json:"Version"`
	Statement []policyStatement `json:"Statement"`
}

type policyStatement struct {
	Effect   string   `json:"Effect"`
	Action   []string `json:"Action"`
	Resource []string `json:"Resource"`
	// Condition holds operators with keys with values.
	Condition map[string]map[string][]string `json:"Condition,omitempty"`
}

// policyOf returns the document of the policy that the user or role of a binding
// gets.
func policyOf(binding providers.Task) (string, error) {
	grant, err := grantOf(binding)
	if err != nil {
		return "", err
	}
	return grant.document()
}

// document returns the policy of the grant.
func (g grant) document() (string, error) {
	statements, err := g.statements()
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(policyDocument{Version: "1", Statement: statements})
	if err != nil {
		return "", fmt.Errorf("oss: write the policy: %w", err)
	}
	return string(b), nil
}

// statements allow one bucket and its objects. Deleting and configuring the bucket,
// and access rights, stay with the broker. Names of buckets are unique among all
// accounts and regions, so the resource leaves both open.
func (g grant) statements() ([]policyStatement, error) {
	var table accessTable
	if err := yaml.UnmarshalStrict(objectAccess, &table); err != nil {
		return nil, fmt.Errorf("oss: read object_access.yaml: %w", err)
	}
	access, ok := table.Accesses[g.Access]
	if !ok {
		return nil, invalid("Access must be one of "+strings.Join(slices.Sorted(maps.Keys(table.Accesses)), ", ")+".", nil)
	}
	bucket := "acs:oss:*:*:" + g.Bucket
	objects := []policyStatement{allow(bucket+"/"+g.Prefix+"*", access.Objects)}
	if g.Key != "" {
		objects = append(objects, allow("acs:kms:*:*:key/"+g.Key, access.Key))
	}
	if g.Prefix == "" {
		return append([]policyStatement{allow(bucket, access.Bucket)}, objects...), nil
	}
	var plain, narrowed []string
	for _, action := range access.Bucket {
		switch {
		case slices.Contains(table.Narrowed, action):
			narrowed = append(narrowed, action)
		case !slices.Contains(table.Whole, action):
			plain = append(plain, action)
		}
	}
	statements := []policyStatement{allow(bucket, plain)}
	if len(narrowed) > 0 {
		list := allow(bucket, narrowed)
		list.Condition = map[string]map[string][]string{"StringLike": {"oss:Prefix": {g.Prefix + "*"}}}
		statements = append(statements, list)
	}
	return append(statements, objects...), nil
}

func allow(resource string, actions []string) policyStatement {
	return policyStatement{Effect: "Allow", Action: actions, Resource: []string{resource}}
}
