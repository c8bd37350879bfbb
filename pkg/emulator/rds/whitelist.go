package rds

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

const defaultArray = "default"

// An ipArray is a named group of a whitelist.
type ipArray struct {
	name, attribute string
	entries         []string // as they were written: addresses and CIDRs
}

func (a *ipArray) text() string { return strings.Join(a.entries, ",") }

// checkWhitelist reads the SecurityIPList of CreateDBInstance.
func (s *Service) checkWhitelist(r *rpc.Request, in *instance) *rpc.Error {
	list, fail := r.Require("SecurityIPList")
	if fail != nil {
		return fail
	}
	entries, fail := s.parseEntries(list)
	if fail != nil {
		return fail
	}
	in.ipArrays = []ipArray{{name: defaultArray, entries: entries}}
	return nil
}

// parseEntries reads a comma list of IPv4 addresses and CIDRs.
func (s *Service) parseEntries(list string) ([]string, *rpc.Error) {
	s.mu.Lock()
	limit := s.behaviour.Quotas.IPEntries
	s.mu.Unlock()
	entries := strings.Split(strings.Clone(list), ",")
	if over(len(entries), limit) {
		return nil, bad("InvalidSecurityIPList.QuotaExceeded", "A whitelist has at most %d entries.", limit)
	}
	for i, entry := range entries {
		if _, ok := parseEntry(entry); !ok {
			return nil, bad("InvalidSecurityIPList.Format", "The whitelist is a comma list of IPv4 addresses and CIDR blocks.")
		}
		if slices.Contains(entries[:i], entry) {
			return nil, bad("InvalidSecurityIPList.Duplicate", "The whitelist has an entry twice.")
		}
	}
	return entries, nil
}

func parseEntry(entry string) (netip.Prefix, bool) {
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		return prefix, prefix.Addr().Is4()
	}
	addr, err := netip.ParseAddr(entry)
	if err != nil || !addr.Is4() {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr, 32), true
}

// allowed returns the entries of all groups, in the form of an engine's server; none
// while the instance is stopped.
func (in *instance) allowed() []netip.Prefix {
	var prefixes []netip.Prefix
	if in.stopped || in.busy == stopping || in.barred {
		return nil
	}
	for _, array := range in.ipArrays {
		for _, entry := range array.entries {
			if prefix, ok := parseEntry(entry); ok {
				prefixes = append(prefixes, prefix)
			}
		}
	}
	return prefixes
}

var arrayNames = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}[a-z0-9]$`)

// modifySecurityIps is ModifySecurityIps of the RDS API.
func (s *Service) modifySecurityIps(r *rpc.Request) (any, *rpc.Error) {
	list, fail := r.Require("SecurityIps")
	if fail != nil {
		return nil, fail
	}
	entries, fail := s.parseEntries(list)
	if fail != nil {
		return nil, fail
	}
	name := strings.ToLower(r.Get("DBInstanceIPArrayName"))
	if name == "" {
		name = defaultArray
	}
	if !arrayNames.MatchString(name) {
		return nil, bad("InvalidDBInstanceIPArrayName.Format", "The name of an IP group has 2 to 32 lower-case letters, digits and underscores.") // A031
	}
	if attribute := r.Get("DBInstanceIPArrayAttribute"); attribute != "" && attribute != "hidden" {
		return nil, bad("InvalidParameter", "DBInstanceIPArrayAttribute is empty or hidden.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findFree(r, unknownName(), "IncorrectDBInstanceState")
	if fail != nil {
		return nil, fail
	}
	with := ipArray{strings.Clone(name), strings.Clone(r.Get("DBInstanceIPArrayAttribute")), entries}
	if fail := s.changeArray(in, r.Get("ModifyMode"), with); fail != nil {
		return nil, fail
	}
	if in.server != nil {
		in.server.Allow(in.allowed())
	}
	s.serial++
	return struct{ TaskId string }{formatID(s.serial)}, nil
}

// changeArray applies a change to the group of its name. The caller holds mu.
func (s *Service) changeArray(in *instance, mode string, with ipArray) *rpc.Error {
	at := slices.IndexFunc(in.ipArrays, func(a ipArray) bool { return a.name == with.name })
	var old []string
	if at >= 0 {
		old = in.ipArrays[at].entries
	}
	next := with.entries
	switch mode {
	case "", "Cover":
	case "Append":
		next = slices.Clone(old)
		for _, entry := range with.entries {
			if slices.Contains(old, entry) {
				return bad("InvalidSecurityIPList.Duplicate", "The whitelist has an entry twice.")
			}
			next = append(next, entry)
		}
	case "Delete":
		next = slices.DeleteFunc(slices.Clone(old), func(entry string) bool { return slices.Contains(with.entries, entry) })
		if len(next) == 0 {
			return bad("InvalidSecurityIPList.Format", "At least one entry must stay in an IP group.")
		}
	default:
		return bad("InvalidParameter", "ModifyMode is Cover, Append or Delete.")
	}
	total := len(next)
	for i, array := range in.ipArrays {
		if i != at {
			total += len(array.entries)
		}
	}
	limits := s.behaviour.Quotas
	if over(total, limits.IPEntries) {
		return bad("InvalidSecurityIPList.QuotaExceeded", "An instance has at most %d whitelist entries.", limits.IPEntries)
	}
	if at >= 0 {
		in.ipArrays[at].entries = next
		if with.attribute != "" {
			in.ipArrays[at].attribute = with.attribute
		}
		return nil
	}
	if over(len(in.ipArrays)+1, limits.IPGroups) {
		return bad("InvalidSecurityIPListGroup.QuotaExceeded", "An instance has at most %d IP groups.", limits.IPGroups)
	}
	in.ipArrays = append(in.ipArrays, ipArray{with.name, with.attribute, next})
	return nil
}

// describeIPArrays is DescribeDBInstanceIPArrayList of the RDS API.
func (s *Service) describeIPArrays(r *rpc.Request) (any, *rpc.Error) {
	type array struct {
		DBInstanceIPArrayName, DBInstanceIPArrayAttribute, SecurityIPList, SecurityIPType, WhitelistNetworkType string
	}
	var body struct {
		Items struct{ DBInstanceIPArray []array }
	}
	kind := r.Get("WhitelistNetworkType")
	if kind != "" && kind != "MIX" && kind != "VPC" && kind != "Classic" {
		return nil, bad("InvalidParameter", "WhitelistNetworkType is MIX, VPC or Classic.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	if kind == "VPC" || kind == "Classic" { // groups of the enhanced mode
		return body, nil
	}
	for _, a := range in.ipArrays {
		body.Items.DBInstanceIPArray = append(body.Items.DBInstanceIPArray, array{a.name, a.attribute, a.text(), "IPv4", "MIX"})
	}
	return body, nil
}
