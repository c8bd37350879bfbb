package oss

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// settings are the member "settings" of a plan in plans.yaml with the defaults of
// its create schema. They describe a bucket made without parameters.
type settings struct {
	ACL               string `json:"acl"`
	StorageClass      string `json:"storageClass"`
	BlockPublicAccess *bool  `json:"blockPublicAccess"`
	NamePrefix        string `json:"namePrefix"`
	// Public allows public ACLs and lifts the block of public access for them. Plans of
	// before lack it, and allow them.
	Public *bool `json:"public"`
	// Options are the settings of options, and all others, by name.
	Options map[string]json.RawMessage `json:"-"`
}

func (s settings) allowsPublic() bool { return s.Public == nil || *s.Public }

// settingsOf reads the settings. A plan without them is the operator's mistake.
func settingsOf(raw json.RawMessage) (settings, error) {
	var s settings
	if err := providers.Decode(raw, "settings of the plan", &s); err != nil {
		return s, err
	}
	if err := providers.Decode(raw, "settings of the plan", &s.Options); err != nil {
		return s, err
	}
	if s.ACL == "" || s.StorageClass == "" {
		return s, providers.Unreadable(errors.New("oss: the plan has no default for Acl or StorageClass"))
	}
	return s, nil
}

// parameters are the user's, in normal form. An absent one is empty.
type parameters struct {
	Region            string           `json:"Region"`
	ACL               string           `json:"Acl"`
	StorageClass      string           `json:"StorageClass"`
	BlockPublicAccess *bool            `json:"BlockPublicAccess"`
	NamePrefix        string           `json:"NamePrefix"`
	AccessKeyID       string           `json:"AccessKeyId"`
	AccessKeySecret   providers.Secret `json:"AccessKeySecret"`
	// Options are the values of options, and all others, by name.
	Options map[string]json.RawMessage `json:"-"`
}

// ParametersOf returns the parameters that a prepared plan stands for: the
// broker's region, for one, where the user named none.
func (instances) ParametersOf(t providers.Task) (map[string]any, error) {
	plan, err := instancePlanOf(t)
	if err != nil {
		return nil, err
	}
	values := map[string]any{"Region": plan.Region, "Acl": plan.ACL, "StorageClass": plan.StorageClass}
	values["BlockPublicAccess"] = plan.blocks()
	values["TransferAcceleration"] = false // where neither user nor plan says anything
	values["Redundancy"] = cmp.Or(textOf(plan.Options["Redundancy"]), redundancyLRS)
	if plan.AccessKeyID != "" {
		values["AccessKeyId"], values["AccessKeySecret"] = plan.AccessKeyID, plan.AccessKeySecret.Reveal()
	}
	return values, nil
}

// parametersOf reads parameters in normal form, which the schemas of plans.yaml
// have checked. It adds the checks beyond a schema: the form of a region, which
// becomes part of host names, and the pair of key and secret.
func parametersOf(raw json.RawMessage) (parameters, error) {
	var p parameters
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &p); err != nil {
			return p, invalid("The parameters have another form than the plan's schema says.", err)
		}
		if err := json.Unmarshal(raw, &p.Options); err != nil {
			return p, invalid("The parameters must be an object.", err)
		}
	}
	if p.Region != "" && !alicloud.IsRegion(p.Region) {
		return p, invalid("Region must be the id of a region, such as cn-hangzhou.", nil)
	}
	// Older records hold keys as they were sent.
	p.AccessKeyID = strings.TrimSpace(p.AccessKeyID)
	p.AccessKeySecret = providers.Secret(strings.TrimSpace(p.AccessKeySecret.Reveal()))
	if (p.AccessKeyID == "") != (p.AccessKeySecret == "") {
		return p, invalid("AccessKeyId and AccessKeySecret go together. Give both or, better, neither: the broker has its own.", nil)
	}
	return p, nil
}

func invalid(text string, cause error) error {
	return &providers.Failure{Kind: providers.Invalid, Text: text, Cause: cause}
}
