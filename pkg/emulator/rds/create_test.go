package rds_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func TestCreateDBInstance_BadRequest_Refused(t *testing.T) {
	type request = sdk.CreateDBInstanceRequest
	tags := func(n int) *[]sdk.CreateDBInstanceTag {
		list := make([]sdk.CreateDBInstanceTag, n)
		for i := range list {
			list[i] = sdk.CreateDBInstanceTag{Key: strings.Repeat("k", i+1), Value: "v"}
		}
		return &list
	}
	cases := map[string]struct {
		change func(*request)
		status int
		code   string
	}{
		"unknown region":            {func(r *request) { r.RegionId = "cn-nowhere" }, 404, "InvalidRegionId.NotFound"},
		"no engine":                 {func(r *request) { r.Engine = "" }, 400, "MissingEngine"},
		"unknown engine":            {func(r *request) { r.Engine = "Oracle" }, 400, "InvalidEngine.Malformed"},
		"unknown version":           {func(r *request) { r.EngineVersion = "5.4" }, 400, "InvalidEngineVersion.Malformed"},
		"version of another engine": {func(r *request) { r.EngineVersion = "14.0" }, 400, "InvalidEngineVersion.Malformed"},
		"unknown class":             {func(r *request) { r.DBInstanceClass = "rds.mysql.t0" }, 400, "InvalidDBInstanceClass.Malformed"},
		"class of another engine":   {func(r *request) { r.DBInstanceClass = "pg.n2.2c.2m" }, 404, "InvalidDBInstanceClass.NotFound"},
		"class of another version":  {func(r *request) { r.DBInstanceClass = "mysql.n2.medium.1" }, 404, "InvalidDBInstanceClass.NotFound"},
		"class of another category": {func(r *request) { r.Category = "Basic" }, 404, "InvalidDBInstanceClass.NotFound"},
		"no storage":                {func(r *request) { r.DBInstanceStorage = "" }, 400, "MissingDBInstanceStorage"},
		"storage between steps":     {func(r *request) { r.DBInstanceStorage = "21" }, 400, "InvalidStorage.Format"},
		"too little storage":        {func(r *request) { r.DBInstanceStorage = "0" }, 400, "InvalidStorage.Format"},
		"too much storage":          {func(r *request) { r.DBInstanceStorage = "4005" }, 400, "InvalidStorage.Format"},
		"storage of words":          {func(r *request) { r.DBInstanceStorage = "much" }, 400, "InvalidStorage.Format"},
		"disk not for the class":    {func(r *request) { r.DBInstanceStorageType = "cloud_essd" }, 400, "InvalidInstanceLevel.DiskType"},
		"no net type":               {func(r *request) { r.DBInstanceNetType = "" }, 400, "MissingDBInstanceNetType"},
		"unknown net type":          {func(r *request) { r.DBInstanceNetType = "VPC" }, 404, "InvalidDBInstanceNetType.NotFound"},
		"classic network":           {func(r *request) { r.InstanceNetworkType = "Classic" }, 400, "InvalidParameter"},
		"no VPC":                    {func(r *request) { r.VPCId = "" }, 400, "MissingVPCId"},
		"no network type nor VPC":   {func(r *request) { r.InstanceNetworkType, r.VPCId = "", "" }, 400, "MissingVPCId"},
		"no VSwitch":                {func(r *request) { r.VSwitchId = "" }, 400, "MissingVSwitchId"},
		"unknown VSwitch":           {func(r *request) { r.VSwitchId = "vsw-x" }, 403, "InvalidVswitchId"},
		"malformed VSwitch":         {func(r *request) { r.VSwitchId = "vsw x" }, 400, "InvalidVSwitchId.Format"},
		"VSwitch of another VPC":    {func(r *request) { r.VPCId = "vpc-cnshanghai0default" }, 403, "InvalidVswitchId"},
		"VSwitch of another zone":   {func(r *request) { r.ZoneId = "cn-hangzhou-i" }, 400, "InvalidZone.NotSupported"},
		"standby in no zone":        {func(r *request) { r.ZoneIdSlave1 = "cn-shanghai-h" }, 400, "InvalidZone.NotSupported"},
		"no pay type":               {func(r *request) { r.PayType = "" }, 400, "MissingPayType"},
		"unknown pay type":          {func(r *request) { r.PayType = "Free" }, 400, "InvalidParameter"},
		"prepaid for no time":       {func(r *request) { r.PayType = "Prepaid" }, 400, "Order.PeriodInvalid"},
		"protected and prepaid": {func(r *request) {
			r.PayType, r.Period, r.UsedTime, r.DeletionProtection = "Prepaid", "Month", "1", "true"
		}, 400, "OperationDenied.PayType"},
		"no whitelist":            {func(r *request) { r.SecurityIPList = "" }, 400, "MissingSecurityIPList"},
		"malformed whitelist":     {func(r *request) { r.SecurityIPList = "10.0.0.0/33" }, 400, "InvalidSecurityIPList.Format"},
		"doubled whitelist entry": {func(r *request) { r.SecurityIPList = "10.0.0.1,10.0.0.1" }, 400, "InvalidSecurityIPList.Duplicate"},
		"IPv6 in the whitelist":   {func(r *request) { r.SecurityIPList = "::1" }, 400, "InvalidSecurityIPList.Format"},
		"description is a URL":    {func(r *request) { r.DBInstanceDescription = "http://name" }, 400, "InvalidDBInstanceDescription.Format"},
		"description with blank":  {func(r *request) { r.DBInstanceDescription = "a name" }, 400, "InvalidDBInstanceDescription.Format"},
		"description too long":    {func(r *request) { r.DBInstanceDescription = strings.Repeat("d", 256) }, 400, "InvalidDBInstanceDescription.Format"},
		"port too low":            {func(r *request) { r.Port = "999" }, 400, "InvalidPort.Malformed"},
		"too many tags":           {func(r *request) { r.Tag = tags(21) }, 400, "NumberExceed.Tags"},
		"system's tag":            {func(r *request) { r.Tag = &[]sdk.CreateDBInstanceTag{{Key: "acs:x"}} }, 400, "InvalidTagKey.Malformed"},
		"tag key twice":           {func(r *request) { r.Tag = &[]sdk.CreateDBInstanceTag{{Key: "k"}, {Key: "k"}} }, 400, "Duplicate.TagKey"},
		"token too long":          {func(r *request) { r.ClientToken = strings.Repeat("t", 129) }, 400, "InvalidParameter"},
		"token not in ASCII":      {func(r *request) { r.ClientToken = "tøken" }, 400, "InvalidParameter"},
		"address of another net":  {func(r *request) { r.PrivateIpAddress = "10.0.0.1" }, 400, "InvalidPrivateIpAddress.Mismatch"},
		"too many at once":        {func(r *request) { r.Amount = "21" }, 400, "InvalidParam.Amount"},
		"protection of words":     {func(r *request) { r.DeletionProtection = "maybe" }, 400, "InvalidParameter"},
		"several of PostgreSQL": {func(r *request) {
			r.Amount, r.Engine, r.EngineVersion, r.DBInstanceClass = "2", "PostgreSQL", "14.0", "pg.n2.2c.2m"
		}, 400, "InvalidParam.Amount"},
		"not emulated: Internet":  {func(r *request) { r.DBInstanceNetType = "Internet" }, 501, "NotImplemented.CreateDBInstance.DBInstanceNetType"},
		"unknown parameter group": {func(r *request) { r.DBParamGroupId = "k" }, 400, "ParamGroupsNotExistError"},
	}
	f := newFixture(t, emulatortest.AllowUnknown())
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := createRequest()
			tc.change(r)
			_, err := f.CreateDBInstance(r)
			(&fixture{T: t}).wantCode(err, tc.status, tc.code)
		})
	}
	if !f.srv.Empty() {
		t.Errorf("refused requests made %+v", f.srv.Dump().Instances)
	}
}

func TestCreateDBInstance_PlanClasses_Sold(t *testing.T) {
	f := newFixture(t)
	for class, version := range map[string]string{
		"rds.mysql.t1.small": "5.6", "rds.mysql.s1.small": "5.6", "rds.mysql.s2.large": "5.7", "rds.mysql.s3.large": "8.0",
		"rds.mysql.m1.medium": "5.5", "mysql.n2.medium.2c": "8.0", "mysql.n2.large.2c": "5.7",
	} {
		id := f.instance(func(r *sdk.CreateDBInstanceRequest) { r.DBInstanceClass, r.EngineVersion = class, version })
		if a := f.attribute(id); a.DBInstanceClass != class || a.EngineVersion != version || a.DBInstanceMemory == 0 || a.MaxConnections == 0 {
			t.Errorf("%s: attribute %+v", class, a)
		}
	}
	id := f.instance(func(r *sdk.CreateDBInstanceRequest) {
		r.Engine, r.EngineVersion, r.DBInstanceClass, r.DBInstanceStorageType = "PostgreSQL", "14.0", "pg.n2.2c.2m", "cloud_essd"
	})
	if a := f.attribute(id); !strings.HasPrefix(id, "pgm-") || a.Port != "5432" || a.ConnectionString != id+".pg.rds.aliyuncs.com" {
		t.Errorf("PostgreSQL: %s at %s:%s", id, a.ConnectionString, a.Port)
	}
}

func withToken(token string) *sdk.CreateDBInstanceRequest {
	r := createRequest()
	r.ClientToken = token
	return r
}

func TestClientToken_Repeated_MakesOneInstance(t *testing.T) {
	f := newFixture(t)
	first := must(f.CreateDBInstance(withToken("a")))(f)
	again := must(f.CreateDBInstance(withToken("a")))(f)
	if again.DBInstanceId != first.DBInstanceId || again.RequestId == first.RequestId {
		t.Errorf("the repetition answered %s, want %s under another request id", again.DBInstanceId, first.DBInstanceId)
	}
	other := withToken("a")
	other.DBInstanceStorage = requests.NewInteger(25)
	_, err := f.CreateDBInstance(other)
	f.wantCode(err, 400, "IdempotentParameterMismatch")
	must(f.CreateDBInstance(withToken("b")))(f)
	must(f.CreateDBInstance(createRequest()))(f)
	if n := f.srv.RDS().Count(); n != 3 {
		t.Errorf("%d instances, want 3: of the tokens a and b, and of none", n)
	}
}

func TestClientToken_RefusedRequest_LeavesTokenUnused(t *testing.T) {
	f := newFixture(t)
	wrong := withToken("a")
	wrong.DBInstanceStorage = requests.NewInteger(21)
	if _, err := f.CreateDBInstance(wrong); err == nil {
		t.Fatal("the wrong request was taken")
	}
	must(f.CreateDBInstance(withToken("a")))(f)
}

func TestClientToken_LostResponse_ReturnsInstance(t *testing.T) {
	f := newFixture(t)
	f.srv.Faults().Add(dropAfter("CreateDBInstance"))
	if _, err := f.CreateDBInstance(withToken("a")); err == nil {
		t.Fatal("the response was not lost")
	}
	response := must(f.CreateDBInstance(withToken("a")))(f)
	if ids := f.srv.Dump().Instances; len(ids) != 1 || ids[0].ID != response.DBInstanceId {
		t.Errorf("instances %+v, want the one of the lost response", ids)
	}
}

func TestBehaviour_RefuseUsedToken_RefusesRepetition(t *testing.T) {
	f := newFixture(t)
	f.srv.RDS().Behave(func(b *rds.Behaviour) { b.RefuseUsedToken = true })
	must(f.CreateDBInstance(withToken("a")))(f)
	_, err := f.CreateDBInstance(withToken("a"))
	f.wantCode(err, 400, "InvalidRequestId")
}

func TestClientToken_AfterLifetime_MakesNewInstance(t *testing.T) {
	cases := map[string]struct {
		lifetime, wait time.Duration
		instances      int
	}{
		"within": {time.Hour, 59 * time.Minute, 1},
		"after":  {time.Hour, time.Hour, 2},
		"zero":   {0, 0, 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.srv.RDS().Behave(func(b *rds.Behaviour) { b.TokenLifetime = tc.lifetime })
			must(f.CreateDBInstance(withToken("a")))(f)
			f.srv.Clock().Advance(tc.wait)
			must(f.CreateDBInstance(withToken("a")))(f)
			if n := f.srv.RDS().Count(); n != tc.instances {
				t.Errorf("%d instances, want %d", n, tc.instances)
			}
		})
	}
}

func TestClientToken_ConcurrentCalls_MakeOneInstance(t *testing.T) {
	f := newFixture(t)
	var wg sync.WaitGroup
	for range 8 {
		c := client(t, f.srv)
		wg.Go(func() {
			if _, err := c.CreateDBInstance(withToken("a")); err != nil {
				f.wantCode(err, 400, "InvalidConcurrentOperate") // while the first is at work
			}
		})
	}
	wg.Wait()
	if n := f.srv.RDS().Count(); n != 1 {
		t.Errorf("%d instances, want 1", n)
	}
}

func TestBehaviour_DropTags_LeavesTagsOut(t *testing.T) {
	tagged := func(r *sdk.CreateDBInstanceRequest) *sdk.CreateDBInstanceRequest {
		r.Tag = &[]sdk.CreateDBInstanceTag{{Key: "k", Value: "v"}}
		return r
	}
	f := newFixture(t)
	if r := must(f.CreateDBInstance(tagged(createRequest())))(f); !r.TagResult {
		t.Error("TagResult = false, want true")
	}
	f.srv.RDS().Behave(func(b *rds.Behaviour) { b.DropTags = true })
	if r := must(f.CreateDBInstance(tagged(createRequest())))(f); r.TagResult {
		t.Error("TagResult = true though the tags were left out")
	}
	if list := f.srv.Dump().Instances; list[0].Tags["k"] != "v" || len(list[1].Tags) != 0 {
		t.Errorf("tags %v and %v, want the tags of the first alone", list[0].Tags, list[1].Tags)
	}
}

func TestClientToken_OfReads_IsChecked(t *testing.T) {
	f := newFixture(t)
	long := strings.Repeat("t", 65)
	f.refused(400, "InvalidParameter", "DescribeRegions", "ClientToken", long)
	f.refused(400, "InvalidParameter", "DescribeTags", "ClientToken", long)
	f.refused(400, "InvalidParameter", "DescribeTags", "ResourceType", "DATABASE")
	f.done("DescribeTags", "ResourceType", "INSTANCE", "ClientToken", long[:64])
}
