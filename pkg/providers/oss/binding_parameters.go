package oss

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// bindParameters are the user's parameters of a binding, in normal form, with the
// defaults in the place of absent ones. Every kind reads them here.
type bindParameters struct {
	Kind           string `json:"Kind"` // empty: chooseKind tells
	ServiceAccount string `json:"ServiceAccount"`
	Access         string `json:"Access"`
	Prefix         string `json:"Prefix"`
	Endpoint       string `json:"Endpoint"` // empty: the plan's
}

// bindParametersOf reads parameters in normal form, which the bind schemas of
// plans.yaml have checked, and adds the checks beyond a schema.
func bindParametersOf(raw json.RawMessage) (bindParameters, error) {
	p := bindParameters{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &p); err != nil {
			return p, invalid("The parameters must be an object of strings.", err)
		}
	}
	if p.Access == "" {
		p.Access = accessReadWrite
	}
	return p, checkPrefix(p.Prefix)
}

// grantOf returns what a binding may do on the bucket of its instance.
func grantOf(binding providers.Task) (grant, error) {
	if binding.Of == nil {
		return grant{}, providers.Unreadable(errNoInstance)
	}
	plan, err := instancePlanOf(*binding.Of)
	if err != nil {
		return grant{}, err
	}
	key, err := kmsKeyOf(plan)
	if err != nil {
		return grant{}, err
	}
	given, err := bindParametersOf(binding.Parameters)
	return grant{Key: key, Bucket: plan.Bucket, Access: given.Access, Prefix: given.Prefix}, err
}

// kmsKeyOf returns the KMS key that a plan names for the encryption of objects. The
// account's own key for OSS needs no permission (A501).
func kmsKeyOf(plan instancePlan) (string, error) {
	raw := plan.Options["Encryption"]
	if raw == nil || isRemoved(raw) {
		return "", nil
	}
	var e encryption
	err := providers.Decode(raw, "Encryption of the plan", &e)
	return e.KMSMasterKeyID, err
}

// maxPrefix leaves room in the policy's document, which RAM takes up to 6144
// characters (RAM API, CreatePolicy), and in the names of objects, which have up to
// 1023 bytes (OSS API, PutObject).
const maxPrefix = 256

// checkPrefix refuses a prefix that a policy would read as more than one prefix, or
// that begins no name of an object.
func checkPrefix(prefix string) error {
	switch {
	case len(prefix) > maxPrefix:
		return invalid(fmt.Sprintf("Prefix must have at most %d characters.", maxPrefix), nil)
	case strings.IndexFunc(prefix, func(c rune) bool { return c < ' ' || c > '~' }) >= 0:
		return invalid("Prefix must be of letters, digits and the signs of ASCII: how policies compare other characters is not documented.", nil)
	case strings.ContainsAny(prefix, "*?"):
		return invalid("Prefix must be without * and ?, which stand for any text in a policy. It always means all names that begin with it.", nil)
	case strings.Contains(prefix, "${"):
		return invalid("Prefix must be without ${, which begins a variable in a policy.", nil)
	case strings.HasPrefix(prefix, "/"), strings.HasPrefix(prefix, `\`):
		return invalid("Prefix must begin with neither / nor \\: no name of an object does. Leave the sign out.", nil)
	case slices.ContainsFunc(strings.Split(prefix, "/"), func(part string) bool { return part == "." || part == ".." }):
		return invalid("Prefix must be without the parts . and .., which clients remove from a path.", nil)
	}
	return nil
}
