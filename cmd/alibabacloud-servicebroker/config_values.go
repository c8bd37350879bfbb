package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// endpoints are the values of --endpoint: URLs by product.
type endpoints map[string]*url.URL

// String returns an empty default for the help.
func (e endpoints) String() string { return "" }

// Type names the value in help.
func (e endpoints) Type() string { return "product=URL" }

// Set adds one product=URL, or several separated by commas.
func (e endpoints) Set(s string) error {
	for item := range strings.SplitSeq(s, ",") {
		product, raw, ok := strings.Cut(strings.TrimSpace(item), "=")
		u, err := url.Parse(raw)
		switch {
		case !ok || err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
			return fmt.Errorf("%q must be product=URL, such as rds=https://rds.aliyuncs.com", item)
		case !slices.Contains(endpointProducts(), product):
			return fmt.Errorf("unknown product %q: use one of %s", product, strings.Join(endpointProducts(), ", "))
		}
		e[product] = u
	}
	return nil
}

// A networkList is a list of addresses and networks, separated by commas.
type networkList []string

// String returns the list.
func (l *networkList) String() string { return strings.Join(*l, ",") }

// Type names the value in help.
func (l *networkList) Type() string { return "networks" }

// Set adds addresses and networks.
func (l *networkList) Set(s string) error {
	for item := range strings.SplitSeq(s, ",") {
		item = strings.TrimSpace(item)
		if _, err := netip.ParsePrefix(item); err != nil {
			if _, err := netip.ParseAddr(item); err != nil {
				return fmt.Errorf("%q must be an address or a network such as 10.0.0.0/8", item)
			}
		}
		*l = append(*l, item)
	}
	return nil
}

// A commaList is a list of texts, separated by commas.
type commaList []string

// String returns the list.
func (l *commaList) String() string { return strings.Join(*l, ",") }

// Type names the value in help.
func (l *commaList) Type() string { return "texts" }

// Set adds texts.
func (l *commaList) Set(s string) error {
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item == "" {
			return errors.New("an item between two commas is empty")
		}
		*l = append(*l, item)
	}
	return nil
}
