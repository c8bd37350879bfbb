package descriptor

import (
	"errors"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// DefaultProfile is the name of the profile that the broker's flags make.
const DefaultProfile = ""

// A Profile is one set of credentials with the region and network of the instances
// that it makes.
type Profile struct {
	// Name is set by Of.
	Name string
	// Clients call the cloud with the credentials. Required.
	Clients *alicloud.Clients
	// Network is the default for instances.
	Network Network
	// Elsewhere says that the network of the broker's machine belongs to another
	// account or region, so that no instance goes there by itself.
	Elsewhere bool
}

// Profiles holds the profiles by name. The default one is always there.
type Profiles map[string]*Profile

// OneProfile returns the default profile alone.
func OneProfile(clients *alicloud.Clients, network Network) Profiles {
	return Profiles{DefaultProfile: {Clients: clients, Network: network}}
}

// Of returns the profile of a task. A missing one is an operator's error.
func (p Profiles) Of(t providers.Task) (Profile, error) {
	if profile, ok := p[t.Profile]; ok {
		named := *profile
		named.Name = t.Profile
		return named, nil
	}
	err := fmt.Errorf("%w: the profile %q is missing in the file of --profile-file: put it back, or purge its instances", providers.ErrCredentials, t.Profile)
	return Profile{}, providers.WithSentence(err, "The broker has no credentials for this: ask its operator to put the profile "+t.Profile+" back into the profile file.")
}

// errNoRegion is the cause of a refused provision.
var errNoRegion = errors.New("the metadata service of the broker's machine does not tell the region: set --region, or region in the profile file")

// RegionOf returns the region where a profile makes instances.
func (p Profiles) RegionOf(name string) (string, error) {
	profile, err := p.Of(providers.Task{Profile: name})
	if err != nil {
		return "", err
	}
	if region := profile.Clients.Region(); region != "" {
		return region, nil
	}
	return "", errNoRegion
}

// check returns an error where a profile lacks its clients.
func (p Profiles) check() error {
	if p[DefaultProfile] == nil {
		return fmt.Errorf("descriptor: the default profile is missing")
	}
	for name, profile := range p {
		if profile == nil || profile.Clients == nil {
			return fmt.Errorf("descriptor: the profile %q has no clients", name)
		}
	}
	return nil
}
