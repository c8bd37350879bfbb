package rds

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// An item is an instance in the answer of DescribeDBInstances. ListTagResources
// returns its tags. Members of features that the instance lacks are there too, empty.
type item struct {
	DBInstanceId, DBInstanceDescription, DBInstanceStatus, DBInstanceClass, DBInstanceType, DBInstanceNetType string
	DBInstanceName, DBInstanceStorageType, DBInstanceCPU, Engine, EngineVersion, Category, Status             string
	RegionId, ZoneId, VpcId, VpcName, VpcCloudInstanceId, VSwitchId, InstanceNetworkType, ResourceGroupId     string
	PayType, LockMode, LockReason, ConnectionMode, ConnectionString, CreateTime, ExpireTime, DestroyTime      string
	MasterInstanceId, GuardDBInstanceId, TempDBInstanceId, ReplicateId, KeyUsedBy, Tips                       string
	AutoUpgradeMinorVersion, IoAccelerationEnabled, BpeEnabled, IsAnalyticIns                                 string
	BlueGreenDeploymentName, BlueInstanceName, GreenInstanceName, GeneralGroupName                            string
	DedicatedHostGroupId, DedicatedHostGroupName, DedicatedHostIdForMaster, DedicatedHostIdForSlave           string
	DedicatedHostIdForLog, DedicatedHostNameForMaster, DedicatedHostNameForSlave, DedicatedHostNameForLog     string
	DedicatedHostZoneIdForMaster, DedicatedHostZoneIdForSlave, DedicatedHostZoneIdForLog                      string
	DBInstanceMemory, InsId, TipsLevel, SwitchWeight                                                          int
	DeletionProtection, MutriORsignle, BurstingEnabled, ColdDataEnabled, AutoRenewal, IsAnalyticReadOnlyIns   bool
	readOnlyInstances
}

// describeDBInstances is DescribeDBInstances of the RDS API.
func (s *Service) describeDBInstances(r *rpc.Request) (any, *rpc.Error) {
	if _, ok := s.network.Region(r.Region); !ok {
		return nil, rpc.Errorf(http.StatusNotFound, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, filters, fail := s.filters(r)
	if fail != nil {
		return nil, fail
	}
	s.sweep(r.Now)
	candidates, exact := s.candidates(r.Region, tags)
	if id := r.Get("DBInstanceId"); id != "" {
		in, ok := s.instances[id]
		if !ok || in.region != r.Region || !s.visible(in, r.Now) {
			return nil, bad("InvalidDBInstanceId.NotFound", "The DBInstanceId provided does not exist.")
		}
		if !in.hasTags(tags) {
			candidates = nil
		} else {
			candidates = []*instance{in}
		}
		exact = true
	} else if s.lags() {
		filters = append(filters, func(in *instance) bool { return s.listed(in, r.Now) })
	}
	if !exact {
		filters = append(filters, func(in *instance) bool { return in.hasTags(tags) })
	}
	return s.page(r, pass(candidates, filters, r.Now))
}

// pass returns the instances that pass all filters.
func pass(list []*instance, filters []func(*instance) bool, now time.Time) []*instance {
	if len(filters) == 0 {
		return list
	}
	var found []*instance
each:
	for _, in := range list {
		in.applyDue(now)
		for _, passes := range filters {
			if !passes(in) {
				continue each
			}
		}
		found = append(found, in)
	}
	return found
}

// page returns the requested page, by PageNumber and PageSize or by MaxResults
// and NextToken.
func (s *Service) page(r *rpc.Request, found []*instance) (any, *rpc.Error) {
	var body struct {
		PageNumber, PageRecordCount, TotalRecordCount int
		NextToken                                     string
		Items                                         struct{ DBInstance []item }
	}
	number, fail := r.Int("PageNumber", 1)
	if fail != nil {
		return nil, fail
	}
	size, fail := r.Int("PageSize", 30)
	if fail != nil {
		return nil, fail
	}
	limit, fail := r.Int("MaxResults", 0)
	if fail != nil {
		return nil, fail
	}
	if number < 1 || size < 1 || size > 100 || limit < 0 || limit > 100 {
		return nil, bad("InvalidParameter", "PageNumber starts at 1; PageSize and MaxResults are from 1 to 100.")
	}
	from, to, total := (number-1)*size, number*size, len(found)
	if token := r.Get("NextToken"); limit > 0 || token != "" {
		if limit == 0 {
			limit = size
		}
		from = 0
		if token != "" {
			serial, err := strconv.ParseUint(token, 36, 64)
			if err != nil {
				return nil, bad("InvalidParameter", "The NextToken is not valid.")
			}
			from = len(found) - len(since(found, serial))
		}
		to = from + limit
		if to < len(found) {
			body.NextToken = strconv.FormatUint(found[to].serial, 36)
		}
		number, total = 1, min(to, len(found))-from // with tokens the total is the page's
	}
	from, to = min(from, len(found)), min(to, len(found))
	level, fail := r.Int("InstanceLevel", 0)
	if fail != nil {
		return nil, fail
	}
	body.Items.DBInstance = make([]item, 0, to-from)
	for _, in := range found[from:to] {
		network, _ := s.network.VPC(in.region, in.vpcID)
		body.Items.DBInstance = append(body.Items.DBInstance, s.item(in, r.Now, level, network.Name))
	}
	body.PageNumber, body.PageRecordCount, body.TotalRecordCount = number, to-from, total
	return body, nil
}

func (s *Service) item(in *instance, now time.Time, level int, vpcName string) item {
	in.applyDue(now)
	host, _ := in.clientAddress(in.private)
	it := item{
		DBInstanceId: in.id, DBInstanceDescription: in.description, DBInstanceStatus: in.status(now), DBInstanceClass: in.class.name,
		DBInstanceType: "Primary", DBInstanceNetType: in.netType(), DBInstanceStorageType: in.storageType, Engine: in.engine,
		EngineVersion: in.version, RegionId: in.region, ZoneId: in.zone, VpcId: in.vpcID, VpcName: vpcName, VpcCloudInstanceId: in.id, VSwitchId: in.vswitchID,
		InstanceNetworkType: "VPC", ResourceGroupId: in.resourceGroup(), PayType: in.shownPayType(), LockMode: s.lockMode(in, now), LockReason: s.lockReason(in, now),
		ConnectionMode: in.connectionMode(), ConnectionString: host, CreateTime: timestamp(in.created), ExpireTime: in.expireTime(),
		AutoUpgradeMinorVersion: in.minorVersions(), IoAccelerationEnabled: in.ioAcceleration(), BpeEnabled: "0", InsId: 1, TipsLevel: 1,
		DeletionProtection: in.protected, MutriORsignle: in.multiZone(), BurstingEnabled: in.choices.Bursting, ColdDataEnabled: in.choices.ColdData,
		AutoRenewal: in.choices.AutoRenew,
	}
	if level == 1 { // sizes only on demand
		it.Category, it.DBInstanceCPU, it.DBInstanceMemory = in.category, strconv.Itoa(in.class.cpu), in.class.memory
	}
	return it
}

// filters reads the filters of DescribeDBInstances except the id: its tags, and
// tests of an instance.
func (s *Service) filters(r *rpc.Request) ([]rpc.Tag, []func(*instance) bool, *rpc.Error) {
	tags, fail := tagFilter(r)
	if fail != nil {
		return nil, nil, fail
	}
	for _, name := range []string{"NeedVpcName", "QueryAutoRenewal"} {
		if _, fail := r.Bool(name, false); fail != nil {
			return nil, nil, fail
		}
	}
	var list []func(*instance) bool
	equal := func(name string, of func(*instance) string) {
		if want := r.Get(name); want != "" {
			list = append(list, func(in *instance) bool { return of(in) == want })
		}
	}
	always := func(value string) func(*instance) string { return func(*instance) string { return value } }
	equal("Engine", func(in *instance) string { return in.engine })
	equal("EngineVersion", func(in *instance) string { return in.version })
	equal("DBInstanceClass", func(in *instance) string { return in.class.name })
	equal("DBInstanceStatus", func(in *instance) string { return in.status(r.Now) })
	equal("VpcId", func(in *instance) string { return in.vpcID })
	equal("VSwitchId", func(in *instance) string { return in.vswitchID })
	equal("ZoneId", func(in *instance) string { return in.zone })
	if want := r.Get("PayType"); want != "" {
		list = append(list, func(in *instance) bool { return strings.EqualFold(in.payType, want) })
	}
	equal("Category", func(in *instance) string { return in.category })
	equal("ResourceGroupId", (*instance).resourceGroup)
	equal("InstanceNetworkType", always("VPC"))
	equal("DBInstanceType", always("Primary"))
	equal("ConnectionMode", (*instance).connectionMode)
	equal("Expired", func(in *instance) string {
		if s.lockMode(in, r.Now) == lockByExpiration {
			return "True"
		}
		return "False"
	})
	if host := r.Get("ConnectionString"); host != "" {
		list = append(list, func(in *instance) bool {
			return in.names(in.private, host) || in.public != nil && in.names(*in.public, host)
		})
	}
	if key := r.Get("SearchKey"); key != "" {
		list = append(list, func(in *instance) bool { return strings.Contains(in.id, key) || strings.Contains(in.description, key) })
	}
	return tags, list, nil
}

// tagFilter reads the filter by tags in either form: Tags, a JSON object, or
// Tag.1.key and Tag.1.value.
func tagFilter(r *rpc.Request) ([]rpc.Tag, *rpc.Error) {
	tags, fail := jsonTags(r)
	if fail != nil {
		return nil, fail
	}
	if tags = append(tags, r.TagsOfEitherCase()...); len(tags) > maxFilterTags {
		return nil, tooManyFilters()
	}
	return tags, nil
}

// jsonTags reads Tags, a JSON object, as a filter.
func jsonTags(r *rpc.Request) (tags []rpc.Tag, fail *rpc.Error) {
	if text := r.Get("Tags"); text != "" {
		var object map[string]string
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			return nil, bad("InvalidTags.Format", "Tags is a JSON object of strings.") // A032
		}
		for key, value := range object {
			tags = append(tags, rpc.Tag{Key: key, Value: value, HasValue: true})
		}
	}
	if len(tags) > maxFilterTags {
		return nil, tooManyFilters()
	}
	return tags, nil
}

const maxFilterTags = 5

func tooManyFilters() *rpc.Error {
	return bad("NumberExceed.Tags", "A filter has at most %d tags.", maxFilterTags)
}

// timestamp writes a time as the RDS API does, in UTC to the second.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// firstID is the start of the numbers of tasks and change orders.
const firstID = 100_000_000

func formatID(serial uint64) string { return strconv.FormatUint(firstID+serial, 10) }

// orderID is the number of the order of a new instance.
func orderID(serial uint64) string { return strconv.FormatUint(200_000_000_000_000+serial, 10) }
