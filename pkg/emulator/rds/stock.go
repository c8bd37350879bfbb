package rds

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A zoneGap is what zones lack that other zones sell. The emulator has one list of gaps for
// all regions, by the letter that ends a zone's name.
type zoneGap struct{ Versions, Disks, Archs, Storage []string }

// lacks reports whether a zone never sells a class, or a storage type with it. An empty version
// or storage type stands for all.
func (c *catalog) lacks(zone, version, storage string, k *class) bool {
	gap := c.Zones[zone[max(0, len(zone)-1):]]
	return slices.Contains(gap.Versions, version) || slices.Contains(gap.Disks, k.Disk) || slices.Contains(gap.Archs, k.Arch) || slices.Contains(gap.Storage, storage)
}

// A Shortage is something that is sold out: an empty member stands for all.
type Shortage struct {
	Zone, Class, Category, StorageType string
	// Shown lets DescribeAvailableZones and DescribeAvailableClasses go on to show it, as when
	// it sells out between a look and an order.
	Shown bool
}

// Shortages is a list of shortages.
type Shortages []Shortage

// UnmarshalJSON replaces the whole list.
func (l *Shortages) UnmarshalJSON(text []byte) error {
	var list []Shortage
	err := json.Unmarshal(text, &list)
	*l = list
	return err
}

// Words is a list of words.
type Words []string

// UnmarshalJSON replaces the whole list.
func (l *Words) UnmarshalJSON(text []byte) error {
	var list []string
	err := json.Unmarshal(text, &list)
	*l = list
	return err
}

// soldOut reports whether a class with a storage type is sold out in a zone; hidden leaves out
// the shortages that are shown as on sale. The caller holds mu.
func (s *Service) soldOut(zone, storage string, k *class, hidden bool) bool {
	return slices.ContainsFunc(s.behaviour.SoldOut, func(l Shortage) bool {
		matches := func(of, value string) bool { return of == "" || of == value }
		return matches(l.Zone, zone) && matches(l.Class, k.name) && matches(l.Category, k.Category) && matches(l.StorageType, storage) && (!hidden || !l.Shown)
	})
}

// shows reports whether a zone shows a class with a storage type as on sale. The caller
// holds mu.
func (s *Service) shows(zone, version, storage string, k *class) bool {
	return !s.catalog.lacks(zone, version, storage, k) && !s.soldOut(zone, storage, k, true) && !slices.Contains(s.behaviour.Withdrawn, k.name)
}

// checkStock refuses an order that a zone of the instance cannot take: it never sells the like, or
// is sold out. RDS has one code for both here (A534).
func (s *Service) checkStock(_ *rpc.Request, in *instance) *rpc.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stock(in, in.class, in.storageType)
}

// stock is checkStock for a class and storage type of an instance. The caller holds mu.
func (s *Service) stock(in *instance, k *class, storage string) *rpc.Error {
	if slices.Contains(s.behaviour.Withdrawn, k.name) {
		return missingClass()
	}
	zones := []string{in.zone}
	for _, n := range in.standbys {
		zones = append(zones, n.zone)
	}
	for _, zone := range zones {
		if s.catalog.lacks(zone, in.version, storage, k) || s.soldOut(zone, storage, k, false) {
			return rpc.Errorf(http.StatusForbidden, "OperationDenied.OutofUsage", "The class is sold out in the zone %s.", zone)
		}
	}
	return nil
}

// serverlessCode reports whether a CommodityCode is that of serverless instances.
func serverlessCode(code string) bool { return strings.HasPrefix(code, "rds_serverless_public_") }
