package main

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// maxBrokerName is the length of --broker-id and --catalog-prefix, in bytes.
const maxBrokerName = 64

// prefixForm is the form of names of offerings (OSB API, "Catalog Management").
var prefixForm = regexp.MustCompile(`^[A-Za-z0-9.-]*$`)

// checkNames refuses names of the broker that the cloud cannot keep as they are: both
// go into tags of resources.
func (c *config) checkNames() error {
	const reserved = "it must not begin with aliyun or acs:, nor contain http:// or https://, in any case of letters"
	switch {
	case c.brokerID == "":
		return errors.New("--broker-id is required: a name that is unique on this cloud account and never changes, since the names of all resources derive from it")
	case len(c.brokerID) > maxBrokerName:
		return fmt.Errorf("--broker-id has %d bytes: choose one of 1 to %d", len(c.brokerID), maxBrokerName)
	case !providers.IsTagValue(c.brokerID):
		return fmt.Errorf("--broker-id %q cannot be the value of a tag: use letters, digits, signs and blanks between them; %s", c.brokerID, reserved)
	case len(c.catalogPrefix) > maxBrokerName:
		return fmt.Errorf("--catalog-prefix has %d bytes: choose one of at most %d", len(c.catalogPrefix), maxBrokerName)
	case !prefixForm.MatchString(c.catalogPrefix):
		return fmt.Errorf("--catalog-prefix %q may have letters, digits, \".\" and \"-\" only", c.catalogPrefix)
	case !providers.IsTagValue(c.catalogPrefix):
		return fmt.Errorf("--catalog-prefix %q cannot begin the value of a tag: %s", c.catalogPrefix, reserved)
	}
	return nil
}
