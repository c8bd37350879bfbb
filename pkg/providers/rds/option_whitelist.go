package rds

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// publicBits is the shortest mask of a block that a plan with a public endpoint lets
// users open.
const publicBits = 8

// privateNetworks are the blocks of private networks (RFC 1918), and the shared one that
// VPCs use too (RFC 6598).
func privateNetworks() []string {
	return []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"}
}

// whitelistOption opens the server to addresses of the user's, beside those of the
// operator. Both stand in the broker's own group of the whitelist, which the step of the
// group writes.
func whitelistOption() option {
	const name = "Whitelist"
	return option{
		name: name,
		normal: func(c optionContext, value, _ json.RawMessage) (json.RawMessage, *providers.Failure) {
			within, err := c.settings.blocks()
			if err != nil {
				return nil, &providers.Failure{Kind: providers.Broken, Text: providers.TextUnreadable, Cause: err}
			}
			var entries []string
			for _, entry := range valueOf[[]string](value) {
				block, wrong := blockOf(entry)
				if wrong != "" {
					return nil, invalid("%s: %q %s", name, entry, wrong)
				}
				if !c.settings.allows(block, within) {
					return nil, invalid("%s: this plan does not open servers to %s; choose addresses within %s.", name, entry, c.settings.sayBlocks())
				}
				entries = append(entries, entryOf(block))
			}
			return sortedTexts(entries), nil
		},
		remove: removedTo("[]"),
	}
}

// blockOf reads an address or a block; wrong says what is wrong with it.
func blockOf(entry string) (block netip.Prefix, wrong string) {
	if address, err := netip.ParseAddr(entry); err == nil {
		block = netip.PrefixFrom(address, address.BitLen())
	} else if block, err = netip.ParsePrefix(entry); err != nil {
		return block, "is neither an address nor a block; write 10.1.2.3 or 10.1.0.0/16."
	}
	switch {
	case !block.Addr().Is4():
		return block, "is no address of IPv4, which RDS takes alone."
	case block != block.Masked():
		return block, fmt.Sprintf("has bits beyond its mask; write %s.", block.Masked())
	}
	return block, ""
}

// entryOf returns a block as the whitelist has it.
func entryOf(block netip.Prefix) string {
	if block.IsSingleIP() {
		return block.Addr().String()
	}
	return block.String()
}

// blocks returns the blocks that the settings state, else those of private networks.
func (s optionSettings) blocks() ([]netip.Prefix, error) {
	texts := s.WhitelistWithin
	if len(texts) == 0 {
		texts = privateNetworks()
	}
	blocks := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		block, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("rds: settings of the plan: whitelistWithin: %q is no block", text)
		}
		blocks = append(blocks, block)
	}
	return blocks, nil
}

// allows reports whether users may open a server to a block.
func (s optionSettings) allows(block netip.Prefix, within []netip.Prefix) bool {
	if len(s.WhitelistWithin) == 0 && s.Public {
		return block.Bits() >= publicBits
	}
	return slices.ContainsFunc(within, func(outer netip.Prefix) bool {
		return outer.Bits() <= block.Bits() && outer.Contains(block.Addr())
	})
}

func (s optionSettings) sayBlocks() string {
	switch {
	case len(s.WhitelistWithin) > 0:
		return strings.Join(s.WhitelistWithin, ", ")
	case s.Public:
		return fmt.Sprintf("blocks with masks of at least %d bits", publicBits)
	}
	return strings.Join(privateNetworks(), ", ")
}

// withUsers adds the user's addresses to the operator's, which are known.
func (p *instancePlan) withUsers(operators string) string {
	added := valueOf[[]string](p.Options["Whitelist"])
	if operators == "" || len(added) == 0 {
		return operators
	}
	entries := strings.Split(operators, ",")
	for _, entry := range added {
		if !slices.Contains(entries, entry) {
			entries = append(entries, entry)
		}
	}
	return strings.Join(entries, ",")
}
