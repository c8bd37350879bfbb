package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// flagsProfile returns the default profile, which the flags make.
func (c *config) flagsProfile() *profile {
	return &profile{
		name: defaultProfile, credentials: c.credentials, credentialsDir: c.credentialsDir, ecsRole: c.ecsRole,
		roleARN: c.roleARN, roleExternalID: c.roleExternalID, region: c.region,
		vpcID: c.vpcID, vswitchIDs: c.vswitchIDs, zoneID: c.zoneID, allowedVPCs: c.allowedVPCs, whitelist: c.whitelist,
		brokerAddresses: c.brokerAddresses,
	}
}

// cloudProfiles returns the clients and networks of all profiles. It calls no service:
// credentials that fail are an error of the work that needs them.
func (c *config) cloudProfiles(metrics prometheus.Registerer) (descriptor.Profiles, error) {
	sources := &profileSources{config: c, byName: map[string]*profile{}, made: map[string]alicloud.CredentialsSource{}}
	for _, p := range append(c.profiles, c.flagsProfile()) {
		sources.byName[p.name] = p
	}
	first := sources.byName[defaultProfile]
	source, err := sources.of(first)
	if err != nil {
		return nil, err
	}
	clients, err := alicloud.New(alicloud.Config{
		Region: c.region, FindRegion: c.metadata().Region, Credentials: source, Endpoints: c.endpoints, Metrics: metrics,
	}, all.Services().Products()...)
	if err != nil {
		return nil, err
	}
	made := descriptor.OneProfile(clients, first.network())
	for _, p := range c.profiles {
		if source, err = sources.of(p); err != nil {
			return nil, fmt.Errorf("--profile-file %s: line %d: profile %s: %w", c.profileFile, p.line, p.name, err)
		}
		of, err := alicloud.New(alicloud.Config{
			Region: cmp.Or(p.region, c.region), FindRegion: clients.FindRegion, Credentials: source, Endpoints: c.endpointsOf(p), Shared: clients,
		})
		if err != nil {
			return nil, fmt.Errorf("--profile-file %s: line %d: profile %s: %w", c.profileFile, p.line, p.name, err)
		}
		made[p.name] = &descriptor.Profile{Clients: of, Network: p.network(), Elsewhere: true}
	}
	return made, nil
}

// endpointsOf returns the endpoints of the flags with those of a profile in their
// places.
func (c *config) endpointsOf(p *profile) endpoints {
	of := maps.Clone(c.endpoints)
	maps.Copy(of, p.endpoints)
	return of
}

func (p *profile) network() descriptor.Network {
	return descriptor.Network{
		VpcID: p.vpcID, VSwitchIDs: p.vswitchIDs, ZoneID: p.zoneID, AllowedVPCs: p.allowedVPCs, Whitelist: p.whitelist,
		BrokerAddresses: p.brokerAddresses,
	}
}

// profileSources makes the sources of credentials, each once.
type profileSources struct {
	config *config
	byName map[string]*profile
	made   map[string]alicloud.CredentialsSource
}

// of returns the source of a profile, which signs requests or assumes its role for
// that.
func (s *profileSources) of(p *profile) (alicloud.CredentialsSource, error) {
	if source := s.made[p.name]; source != nil {
		return source, nil
	}
	source, text, err := s.own(p)
	if err != nil {
		return nil, err
	}
	if p.roleARN != "" {
		source, err = alicloud.AssumeRole(alicloud.Role{
			ARN: p.roleARN, Base: source, Region: cmp.Or(p.region, s.config.region), SessionName: p.roleSessionName, ExternalID: p.roleExternalID,
			Endpoint: s.config.endpointsOf(p)["sts"],
		})
		if err != nil {
			return nil, err
		}
		text = "role " + p.roleARN + " assumed with " + text
	}
	source = alicloud.Named(source, alicloud.Naming{Profile: p.name, Source: fmt.Sprintf("profile %s (%s)", p.name, text)})
	s.made[p.name] = source
	return source, nil
}

// own returns the source that credentials of p names, or the one of its base, with a
// text that names it.
func (s *profileSources) own(p *profile) (source alicloud.CredentialsSource, text string, err error) {
	c := s.config
	oidc := alicloud.OIDC{
		TokenFile: cmp.Or(p.oidcTokenFile, c.oidc.TokenFile), ProviderARN: cmp.Or(p.oidcProviderARN, c.oidc.ProviderARN),
		RoleARN: cmp.Or(p.oidcRoleARN, c.oidc.RoleARN), SessionName: c.oidc.SessionName,
		Endpoint: c.endpointsOf(p)["sts"], Region: cmp.Or(p.region, c.region),
	}
	switch p.credentials {
	case "":
		base := cmp.Or(p.base, defaultProfile)
		source, err = s.of(s.byName[base])
		return source, "the credentials of profile " + base, err
	case "auto":
		return alicloud.Auto(alicloud.AutoConfig{
			OIDC: oidc, Dir: p.credentialsDir, Metadata: c.metadata(), ECSRole: p.ecsRole, WithoutECSRole: c.withoutECSRole,
		}), "credentials: auto", nil
	case "rrsa":
		text = "credentials: rrsa"
		if !oidc.Configured() {
			return alicloud.Unavailable("rrsa", "the pod has no RRSA environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE, ALIBABA_CLOUD_OIDC_PROVIDER_ARN, ALIBABA_CLOUD_ROLE_ARN): annotate its service account, and make the pod anew"), text, nil
		}
		return alicloud.RRSA(oidc), text, nil
	case "static":
		if p.credentialsDir == "" {
			return nil, "", fmt.Errorf("--credentials=static: --credentials-dir is required")
		}
		return alicloud.Files(p.credentialsDir), "credentials: static in " + p.credentialsDir, nil
	case "ecs":
		if c.withoutECSRole {
			return nil, "", fmt.Errorf("credentials ecs: ALIBABA_CLOUD_ECS_METADATA_DISABLED=true forbids the role of the machine: unset it, or choose other credentials")
		}
		return alicloud.ECSRole(c.metadata(), p.ecsRole), "credentials: ecs", nil
	}
	return nil, "", fmt.Errorf("--credentials %q is unknown: use auto, rrsa, static or ecs", p.credentials)
}

// Times between questions for the region, and between lines in the log about it.
const (
	regionPause   = 10 * time.Second
	regionLine    = 5 * time.Minute
	regionTimeout = 5 * time.Second
)

// findRegions asks for the region of the machine, which profiles without a region of
// their own have. If the first question fails, it goes on until the region is known;
// work that names its region goes on meanwhile.
func findRegions(ctx context.Context, profiles descriptor.Profiles) {
	if findRegion(ctx, profiles) == nil {
		return
	}
	go func() {
		var logged time.Time
		for {
			err := findRegion(ctx, profiles)
			if err == nil {
				glog.Info("the metadata service told the region")
				return
			}
			if now := time.Now(); now.Sub(logged) >= regionLine {
				logged = now
				glog.Errorf("the region is unknown, so new instances of profiles without one are refused: set --region, or see why the metadata service of this machine fails err=%q", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(regionPause):
			}
		}
	}()
}

// findRegion asks once, for every profile.
func findRegion(ctx context.Context, profiles descriptor.Profiles) error {
	ctx, cancel := context.WithTimeout(ctx, regionTimeout)
	defer cancel()
	for _, p := range profiles {
		if _, err := p.Clients.FindRegion(ctx); err != nil {
			return err
		}
	}
	return nil
}
