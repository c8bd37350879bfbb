package oss

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The endpoints that credentials may show, as settings and the parameter Endpoint name
// them.
const (
	endpointPublic   = "public"
	endpointInternal = "internal"
	endpointCustom   = "custom" // a domain of the operator's, mapped to the bucket (CNAME)
)

// endpointSettings are the settings of a plan about endpoints. Plans of before lack them:
// credentials show the public one.
type endpointSettings struct {
	// Endpoint is shown where the user chooses none.
	Endpoint string `json:"endpoint"`
	// Domain is a host name, in which {bucket} stands for the name of the bucket.
	Domain string `json:"domain"`
}

// bucketInDomain stands for the name of the bucket in a domain.
const bucketInDomain = "{bucket}"

// domainForm is the form of a domain with the bucket's name in its place.
var domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)

// endpointSettingsOf reads the settings. Unusable ones are the operator's mistake.
func endpointSettingsOf(raw json.RawMessage) (endpointSettings, error) {
	var s endpointSettings
	if len(raw) > 0 {
		if err := providers.Decode(raw, "settings of the plan", &s); err != nil {
			return s, err
		}
	}
	s.Endpoint = cmp.Or(s.Endpoint, endpointPublic)
	switch {
	case s.Domain != "" && !domainForm.MatchString(s.domainOf("bucket")):
		return s, providers.Unreadable(fmt.Errorf("oss: the setting domain %q is no host name, such as {bucket}.files.example.com", s.Domain))
	case s.Endpoint == endpointCustom && s.Domain == "":
		return s, providers.Unreadable(errors.New("oss: the setting endpoint is custom, and the setting domain is empty"))
	case s.Endpoint != endpointPublic && s.Endpoint != endpointInternal && s.Endpoint != endpointCustom:
		return s, providers.Unreadable(fmt.Errorf("oss: the setting endpoint %q is unknown: use public, internal or custom", s.Endpoint))
	}
	return s, nil
}

func (s endpointSettings) domainOf(bucket string) string {
	return strings.ReplaceAll(s.Domain, bucketInDomain, bucket)
}

// shown is the endpoint that credentials show.
type shown struct {
	url   *url.URL
	cname bool // the host is the bucket's own: clients leave the bucket's name out of the URL
}

// endpointOf returns the endpoint that a binding shows: the user's choice, where the bind
// schema of the plan has the parameter, else the plan's.
func endpointOf(binding providers.Task) (choice string, s endpointSettings, err error) {
	if s, err = endpointSettingsOf(binding.Settings); err != nil {
		return "", s, err
	}
	given, err := bindParametersOf(binding.Parameters)
	if err != nil {
		return "", s, err
	}
	choice = cmp.Or(given.Endpoint, s.Endpoint)
	if choice == endpointCustom && s.Domain == "" {
		return "", s, invalid("This plan has no domain of its own for buckets. Choose public or internal as Endpoint, or leave it out.", nil)
	}
	return choice, s, nil
}

// shownFor returns the endpoint that the credentials of a binding show.
func (at endpoints) shownFor(binding providers.Task, bucket string) (shown, error) {
	choice, s, err := endpointOf(binding)
	switch choice {
	case endpointInternal:
		return shown{url: at.internal}, err
	case endpointCustom:
		return shown{url: &url.URL{Scheme: "https", Host: s.domainOf(bucket)}, cname: true}, err
	}
	return shown{url: at.public}, err
}
