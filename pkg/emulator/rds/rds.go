// Package rds emulates ApsaraDB RDS (API version 2014-08-15): instances with
// their states, accounts, databases, privileges, IP whitelists and tags. States
// are computed from the clock on each look, so that an idle instance costs only
// its record. With an engine an instance is also a real database server, which
// gets the accounts, databases, privileges and whitelists.
package rds

import (
	"context"
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

// Options configure a Service. Clock and Network are required.
type Options struct {
	Clock     *cloud.Clock
	Network   *vpc.Service
	AccountID string
	Profile   Profile
	Keys      Keys          // nil: every key can be used
	Engine    engine.Engine // nil keeps accounts and databases as data only
	// Report receives failures of engines in the background; it may be nil.
	Report func(error)
}

// A Service answers the RDS API for one account. It is safe for concurrent use.
type Service struct {
	clock     *cloud.Clock
	network   *vpc.Service
	accountID string
	profile   Profile
	engine    engine.Engine
	keys      Keys
	report    func(error)

	background       sync.WaitGroup  // engines that start or stop
	backgroundCtx    context.Context //nolint:containedctx // it is the life of the Service
	cancelBackground context.CancelFunc

	catalog   *catalog // what is on sale; constant
	templates parameterTemplates

	mu        sync.Mutex
	behaviour Behaviour
	instances map[string]*instance
	index     map[indexKey][]*instance // the index by region and tag; see index.go
	order     []*instance              // by serial, as they were created
	leaving   []*instance              // instances in deletion
	kept      []KeptBackups            // of instances that were released

	serviceRoles []string // that CreateServiceLinkedRole made
	serial       uint64
	tagKeys      map[string]string // tag keys, kept once
	tokens       map[tokenKey]*tokenUse
	authority    *authority // of the servers' certificates; nil until it is needed
}

// A Profile has the durations of the cloud's work.
type Profile struct {
	Create     time.Duration // instance: Creating until Running
	Change     time.Duration // instance: DBInstanceClassChanging until Running
	Restart    time.Duration // instance: Rebooting until Running
	Connection time.Duration // instance: DBInstanceNetTypeChanging until Running
	Delete     time.Duration // instance: from Deleting to the end
	Account    time.Duration // account: until Available, and until deleted
	Database   time.Duration // database: until Running, and until deleted
}

// Instant is the profile in which everything is done at once.
func Instant() Profile { return Profile{} }

// Seconds is the profile for people at a terminal.
func Seconds() Profile {
	return Profile{Create: 1500 * time.Millisecond, Change: time.Second, Restart: 700 * time.Millisecond, Connection: 300 * time.Millisecond, Delete: 500 * time.Millisecond, Account: 200 * time.Millisecond, Database: 200 * time.Millisecond}
}

// Realistic is the profile of the cloud, in minutes.
func Realistic() Profile {
	return Profile{Create: 5 * time.Minute, Change: 8 * time.Minute, Restart: 2 * time.Minute, Connection: time.Minute, Delete: 2 * time.Minute, Account: 20 * time.Second, Database: 30 * time.Second}
}

// New returns a Service without instances.
func New(o Options) *Service {
	s := &Service{
		clock: o.Clock, network: o.Network, accountID: o.AccountID, profile: o.Profile, engine: o.Engine, keys: o.Keys, report: o.Report,
		catalog: salesTable(), templates: templateTable(), behaviour: DefaultBehaviour(), instances: map[string]*instance{}, index: map[indexKey][]*instance{},
		tagKeys: map[string]string{}, tokens: map[tokenKey]*tokenUse{},
	}
	if s.report == nil {
		s.report = func(error) {}
	}
	s.network.Protect(s.uses)
	s.backgroundCtx, s.cancelBackground = context.WithCancel(context.Background())
	return s
}

// uses reports whether an instance is in a VSwitch.
func (s *Service) uses(vswitchID string) bool {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	return slices.ContainsFunc(s.order, func(in *instance) bool { return in.inVSwitch(vswitchID) })
}

// Close waits for the engines that are starting or stopping. The engine stops
// running servers itself.
func (s *Service) Close() {
	s.cancelBackground()
	s.background.Wait()
}

//go:embed actions.yaml
var contracts []byte

// API registers the service with the gateway.
func (s *Service) API() rpc.API {
	on := func(do func(*rpc.Request) (any, *rpc.Error)) rpc.Action {
		return rpc.Action{Do: do, Resource: instanceResource}
	}
	read := func(do func(*rpc.Request) (any, *rpc.Error)) rpc.Action {
		return rpc.Action{Do: do, Resource: instanceResource, ReadOnly: true}
	}
	code := map[string]rpc.Action{
		"CreateDBInstance":                        {Do: s.createDBInstance},
		"DescribeDBInstances":                     read(s.describeDBInstances),
		"DescribeDBInstanceAttribute":             read(s.describeDBInstanceAttribute),
		"DescribeDBInstanceNetInfo":               read(s.describeDBInstanceNetInfo),
		"ModifyDBInstanceSpec":                    on(s.modifyDBInstanceSpec),
		"UpgradeDBInstanceEngineVersion":          on(s.upgradeDBInstanceEngineVersion),
		"ModifyDBInstanceDescription":             on(s.modifyDescription),
		"ModifyDBInstanceDeletionProtection":      on(s.modifyDeletionProtection),
		"ModifyDBInstancePayType":                 on(s.modifyPayType),
		"TransformDBInstancePayType":              on(s.modifyPayType),
		"ModifyResourceGroup":                     on(s.modifyResourceGroup),
		"ModifyDasInstanceConfig":                 on(s.modifyAutoScale),
		"RestartDBInstance":                       on(s.restartDBInstance),
		"StopDBInstance":                          on(s.stopDBInstance),
		"StartDBInstance":                         on(s.startDBInstance),
		"DeleteDBInstance":                        on(s.deleteDBInstance),
		"AllocateInstancePublicConnection":        on(s.allocatePublicConnection),
		"ReleaseInstancePublicConnection":         on(s.releasePublicConnection),
		"ModifyDBInstanceConnectionString":        on(s.modifyConnectionString),
		"CreateAccount":                           on(s.createAccount),
		"DescribeAccounts":                        read(s.describeAccounts),
		"DeleteAccount":                           on(s.deleteAccount),
		"ResetAccountPassword":                    on(s.resetAccountPassword),
		"ResetAccount":                            on(s.resetAccount),
		"ModifyAccountDescription":                on(s.modifyAccountDescription),
		"LockAccount":                             on(s.lockAccount),
		"UnlockAccount":                           on(s.unlockAccount),
		"CheckAccountNameAvailable":               read(s.checkAccountNameAvailable),
		"GrantAccountPrivilege":                   on(s.grantAccountPrivilege),
		"RevokeAccountPrivilege":                  on(s.revokeAccountPrivilege),
		"CreateDatabase":                          on(s.createDatabase),
		"DescribeDatabases":                       read(s.describeDatabases),
		"DeleteDatabase":                          on(s.deleteDatabase),
		"ModifyDBDescription":                     on(s.modifyDBDescription),
		"CheckDBNameAvailable":                    read(s.checkDBNameAvailable),
		"ModifySecurityIps":                       on(s.modifySecurityIps),
		"DescribeDBInstanceIPArrayList":           read(s.describeIPArrays),
		"TagResources":                            on(s.tagResources),
		"UntagResources":                          on(s.untagResources),
		"ListTagResources":                        read(s.listTagResources),
		"AddTagsToResource":                       on(s.addTags),
		"RemoveTagsFromResource":                  on(s.removeTags),
		"DescribeTags":                            read(s.describeTags),
		"ModifyDBInstanceSSL":                     on(s.modifySSL),
		"DescribeDBInstanceSSL":                   read(s.describeSSL),
		"ModifyParameter":                         on(s.modifyParameter),
		"DescribeParameters":                      read(s.describeParameters),
		"DescribeParameterGroups":                 {Do: s.describeParameterGroups, ReadOnly: true},
		"DescribeParameterTemplates":              {Do: s.describeParameterTemplates, ReadOnly: true},
		"ModifyBackupPolicy":                      on(s.modifyBackupPolicy),
		"DescribeBackupPolicy":                    read(s.describeBackupPolicy),
		"DescribeTasks":                           read(s.describeTasks),
		"ModifyDBInstanceMaintainTime":            on(s.modifyMaintainTime),
		"ModifyDBInstanceAutoUpgradeMinorVersion": on(s.modifyMinorVersions),
		"ModifySecurityGroupConfiguration":        on(s.modifySecurityGroups),
		"DescribeSecurityGroupConfiguration":      read(s.describeSecurityGroups),
		"ModifyPGHbaConfig":                       on(s.modifyHBA),
		"DescribePGHbaConfig":                     read(s.describeHBA),
		"DescribeDBInstanceHAConfig":              read(s.describeHAConfig),
		"DescribeAvailableClasses":                {Do: s.describeAvailableClasses, ReadOnly: true},
		"DescribeAvailableZones":                  {Do: s.describeAvailableZones, ReadOnly: true},
		"CreateServiceLinkedRole":                 {Do: s.createServiceLinkedRole},
		"CheckServiceLinkedRole":                  {Do: s.checkServiceLinkedRole, ReadOnly: true},
		"DescribeRegions":                         {Do: s.describeRegions, ReadOnly: true},
	}
	for _, w := range wordSettings() {
		code[w.action] = on(s.modifyWord(w))
	}
	return rpc.API{Name: "Rds", Version: "2014-08-15", Actions: s.withTokens(actionTable().Actions(code, map[string]rpc.Subject{
		"instance":          {Look: s.lookAtInstance("DBInstanceId", ""), Resource: instanceResource},
		"instance with TDE": {Look: s.lookAtInstance("DBInstanceId", "MySQL SQLServer PostgreSQL"), Resource: instanceResource},
		"linked instance":   {Look: s.lookAtInstance("InsName", ""), Resource: instanceResource},
	}))}
}

// lookAtInstance finds the instance that a parameter names, for actions whose answer
// is data. Unless engines is empty, it is of one of them.
func (s *Service) lookAtInstance(parameter, engines string) func(*rpc.Request) (map[string]string, *rpc.Error) {
	return func(r *rpc.Request) (map[string]string, *rpc.Error) {
		id, fail := r.Require(parameter)
		if fail != nil {
			return nil, fail
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sweep(r.Now)
		in, ok := s.instances[id]
		switch {
		case !ok || !s.visible(in, r.Now):
			return nil, unknownID()
		case engines != "" && !slices.Contains(strings.Fields(engines), in.engine):
			return nil, unfitEngine()
		}
		words := in.words()
		maps.Copy(words, s.keyWords(in))
		return words, nil
	}
}

// instanceResource is the resource on which RAM authorises the actions on an
// instance: acs:rds:REGION:ACCOUNT:dbinstance/ID, or dbinstance/* for an action
// on several.
func instanceResource(r *rpc.Request) string {
	id := r.Get("DBInstanceId")
	if id == "" {
		id = "*"
	}
	return "acs:rds:" + r.Region + ":" + r.Caller.AccountID + ":dbinstance/" + id
}
