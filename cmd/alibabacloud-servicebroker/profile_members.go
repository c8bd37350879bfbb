package main

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// defaultProfile is the word for the profile of the flags.
const defaultProfile = "default"

// A profile is one set of credentials with the region and network of its instances.
// Its members in the file of --profile-file have the names of the flags.
type profile struct {
	name string
	line int // in the file

	credentials, credentialsDir, ecsRole        string
	oidcTokenFile, oidcProviderARN, oidcRoleARN string
	base                                        string // the profile with the credentials; empty: the default one
	roleARN, roleExternalID, roleSessionName    string
	region                                      string
	vpcID, zoneID                               string
	vswitchIDs, allowedVPCs                     commaList
	whitelist, brokerAddresses                  networkList
	endpoints                                   endpoints
}

// members returns the functions that set the members of p, by name.
func (p *profile) members() map[string]func(*yaml.Node) error {
	return map[string]func(*yaml.Node) error{
		"credentials":       text(&p.credentials),
		"credentials-dir":   text(&p.credentialsDir),
		"ecs-role":          text(&p.ecsRole),
		"oidc-token-file":   text(&p.oidcTokenFile),
		"oidc-provider-arn": text(&p.oidcProviderARN),
		"oidc-role-arn":     text(&p.oidcRoleARN),
		"base":              text(&p.base),
		"role-arn":          text(&p.roleARN),
		"role-external-id":  text(&p.roleExternalID),
		"role-session-name": text(&p.roleSessionName),
		"region":            text(&p.region),
		"vpc-id":            text(&p.vpcID),
		"vswitch-ids":       texts(p.vswitchIDs.Set),
		"zone-id":           text(&p.zoneID),
		"allowed-vpcs":      texts(p.allowedVPCs.Set),
		"whitelist":         texts(p.whitelist.Set),
		"broker-addresses":  texts(p.brokerAddresses.Set),
		"endpoints":         p.setEndpoints,
	}
}

// text returns the function that sets a text.
func text(to *string) func(*yaml.Node) error {
	return func(node *yaml.Node) error {
		if node.Kind != yaml.ScalarNode || node.Tag == "!!null" || strings.TrimSpace(node.Value) == "" {
			return errors.New("must be a text: write one, or leave the member out")
		}
		if strings.ContainsFunc(node.Value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return errors.New("must have no control characters or line breaks")
		}
		*to = strings.TrimSpace(node.Value)
		return nil
	}
}

// texts returns the function that adds the texts of a list.
func texts(add func(string) error) func(*yaml.Node) error {
	return func(node *yaml.Node) error {
		if node.Kind != yaml.SequenceNode || len(node.Content) == 0 {
			return errors.New("must be a list with an item or more, such as [a, b]")
		}
		for _, item := range node.Content {
			var one string
			if err := text(&one)(resolved(item)); err != nil {
				return fmt.Errorf("each item %w", err)
			}
			if err := add(one); err != nil {
				return err
			}
		}
		return nil
	}
}

func (p *profile) setEndpoints(node *yaml.Node) error {
	return eachMember(node, "endpoints", func(product string, value *yaml.Node) error {
		var address string
		if err := text(&address)(value); err != nil {
			return fmt.Errorf("%s %w", product, err)
		}
		if product == descriptor.MetadataEndpoint {
			return errors.New("metadata is the service of the broker's machine, which all profiles share: set --endpoint metadata=URL, and leave it out here")
		}
		return p.endpoints.Set(product + "=" + address)
	})
}

// Forms of values (RAM API, "ARN"; STS API, AssumeRole).
var (
	roleForm       = regexp.MustCompile(`^acs:ram::[0-9]{16}:role/[A-Za-z0-9.-]{1,64}$`)
	externalIDForm = regexp.MustCompile(`^[A-Za-z0-9=,.@:/_-]{2,1000}$`) // STS takes 1224, more than RE2 counts
	sessionForm    = regexp.MustCompile(`^[A-Za-z0-9.@_-]{2,64}$`)
)

// check refuses values and combinations that cannot work. It looks at no file and no
// service, which may be away for a while.
func (p *profile) check() error {
	uses := func(of string, members ...string) error {
		for i := 0; i+1 < len(members); i += 2 {
			if members[i+1] != "" {
				return fmt.Errorf("%s is for credentials: %s", members[i], of)
			}
		}
		return nil
	}
	var misplaced error
	switch p.credentials {
	case "":
		misplaced = uses("auto, static, ecs or rrsa", "credentials-dir", p.credentialsDir, "ecs-role", p.ecsRole)
	case "auto":
	case "static":
		if p.credentialsDir == "" {
			return errors.New("credentials: static needs credentials-dir, the directory with the files access_key_id and access_key_secret")
		}
		misplaced = uses("ecs", "ecs-role", p.ecsRole)
	case "ecs":
		misplaced = uses("static", "credentials-dir", p.credentialsDir)
	case "rrsa":
		misplaced = uses("static or ecs", "credentials-dir", p.credentialsDir, "ecs-role", p.ecsRole)
	default:
		return fmt.Errorf("credentials %q is unknown: use auto, rrsa, static or ecs, or leave it out for those of base", p.credentials)
	}
	if misplaced == nil && p.credentials != "rrsa" {
		misplaced = uses("rrsa", "oidc-token-file", p.oidcTokenFile, "oidc-provider-arn", p.oidcProviderARN, "oidc-role-arn", p.oidcRoleARN)
	}
	if misplaced != nil {
		return misplaced
	}
	if p.base != "" && p.credentials != "" {
		return errors.New("base and credentials exclude each other: base names the profile with the credentials")
	}
	return errors.Join(p.checkRole(), p.checkPlace())
}

func (p *profile) checkRole() error {
	switch {
	case p.roleARN == "" && p.roleExternalID != "":
		return errors.New("role-external-id is for a role-arn: add it")
	case p.roleARN == "" && p.roleSessionName != "":
		return errors.New("role-session-name is for a role-arn: add it")
	}
	for _, one := range []struct {
		member, value string
		form          *regexp.Regexp
		want          string
	}{
		{"role-arn", p.roleARN, roleForm, "the ARN of a RAM role, such as acs:ram::1234567890123456:role/servicebroker"},
		{"oidc-role-arn", p.oidcRoleARN, roleForm, "the ARN of a RAM role, such as acs:ram::1234567890123456:role/servicebroker"},
		{"oidc-provider-arn", p.oidcProviderARN, providerForm, "the ARN of an OIDC provider, such as acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1"},
		{"role-external-id", p.roleExternalID, externalIDForm, "2 to 1000 letters, digits and =,.@:/_-"},
		{"role-session-name", p.roleSessionName, sessionForm, "2 to 64 letters, digits and .@_-"},
	} {
		if one.value != "" && !one.form.MatchString(one.value) {
			return fmt.Errorf("%s %q must be %s", one.member, one.value, one.want)
		}
	}
	return nil
}

func (p *profile) checkPlace() error {
	switch {
	case p.region != "" && !alicloud.IsRegion(p.region):
		return fmt.Errorf("region %q must be the id of a region, such as cn-hangzhou", p.region)
	case p.vpcID != "" && len(p.allowedVPCs) > 0 && !slices.Contains(p.allowedVPCs, p.vpcID):
		return fmt.Errorf("vpc-id %s is not among allowed-vpcs: add it there", p.vpcID)
	}
	return nil
}

// checkBases refuses bases that are unknown or go round in a circle.
func checkBases(profiles []*profile) error {
	byName := map[string]*profile{}
	for _, p := range profiles {
		byName[p.name] = p
	}
	for _, p := range profiles {
		seen := map[string]bool{}
		for next := p; next.base != "" && next.base != defaultProfile; next = byName[next.base] {
			if byName[next.base] == nil {
				return fmt.Errorf("line %d: profile %s: base %q is no profile of this file: use one of %s, or %s", next.line, next.name, next.base,
					strings.Join(slices.Sorted(keysOf(byName)), ", "), defaultProfile)
			}
			if seen[next.name] {
				return fmt.Errorf("line %d: profile %s: base leads back to the profile itself: end the chain with credentials", p.line, p.name)
			}
			seen[next.name] = true
		}
	}
	return nil
}

func keysOf[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }
