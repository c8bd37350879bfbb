package rds

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A Behaviour is the set of switches for cases in which documents are silent or
// the cloud does one thing or the other.
type Behaviour struct {
	// RefuseUsedToken answers InvalidRequestId to a ClientToken that was used,
	// as the error table of CreateDBInstance has it, instead of the first
	// answer.
	RefuseUsedToken bool
	// TokenLifetime is the time that a ClientToken is remembered; zero drops it at
	// once. The cloud's figure is undocumented (A022).
	TokenLifetime time.Duration
	// InFlight is for how long after a request the cloud is still at work on
	// it: until then its ClientToken is answered InvalidConcurrentOperate.
	InFlight time.Duration
	// DropTags leaves out the tags of CreateDBInstance and answers
	// TagResult=false (A043).
	DropTags bool
	// FirstAccountSuper refuses a Normal account until a Super account exists
	// (A048).
	FirstAccountSuper bool
	// Lag is the time until calls see a new instance (A051).
	Lag time.Duration
	// ListLag is the time that DescribeDBInstances, ListTagResources and
	// DescribeTags omit a new instance, unless they name its DBInstanceId.
	ListLag time.Duration
	// AccountLag is the time that DescribeAccounts and DescribeDatabases omit a new
	// account or privilege, while other calls use it.
	AccountLag time.Duration
	// NetStates shows a change of connections as NET_CREATING, NET_MODIFYING or
	// NET_DELETING in place of DBInstanceNetTypeChanging (A302).
	NetStates bool
	// DatabaseLag is the time for which grants do not know a database that is
	// Running (A330).
	DatabaseLag time.Duration
	// OwnerMoves gives a database of PostgreSQL to a second account with DBOwner; false
	// refuses the grant while another account is its owner (A560).
	OwnerMoves bool
	// StandbyOptional lets a high-availability instance leave out ZoneIdSlave1; its standby
	// is then in the zone of its primary node (A301).
	StandbyOptional bool
	// Locks are lock modes of instances, by id or "*", such as LockByDiskQuota (A531).
	Locks perInstance[string]
	// DiskUsed is the size of the data of instances in bytes, by id or "*". A disk that is full
	// locks its instance.
	DiskUsed perInstance[int64]
	// IdlePause is the time after which serverless instances with AutoPause stop; zero leaves
	// them running. StartDBInstance wakes them. The cloud takes ten minutes.
	IdlePause time.Duration
	// ChangeLag is the time for which an instance is still Running after the order of a change
	// of its specification (A536).
	ChangeLag time.Duration
	// FirstInstance plays an account that has had no instance: CreateDBInstance is refused until
	// CreateServiceLinkedRole has made the role of its engine (A541).
	FirstInstance bool
	// StartingState is the state of an instance that starts (A532).
	StartingState string
	// SoldOut is what orders do not get: OperationDenied.OutofUsage (A534).
	SoldOut Shortages
	// Withdrawn are classes that are not sold any more, while instances have them (A535).
	Withdrawn Words
	// Quotas are the limits of the account and of its instances.
	Quotas Quotas
}

// Quotas are limits; zero is unlimited.
type Quotas struct {
	Instances int // of the account, in all regions
	Accounts  int // of an instance
	Databases int // of an instance
	IPGroups  int // of an instance
	IPEntries int // of an instance, in all groups
	Tags      int // of an instance
}

// DefaultBehaviour returns the behaviour of a new Service.
func DefaultBehaviour() Behaviour {
	return Behaviour{
		TokenLifetime: 24 * time.Hour,
		StartingState: "Starting",
		Quotas:        Quotas{Accounts: 500, Databases: 500, IPGroups: 200, IPEntries: 1000, Tags: 20},
	}
}

// Behave changes the behaviour from now on.
func (s *Service) Behave(change func(*Behaviour)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.behaviour)
	s.lockServers(s.clock.Now())
}

// visible reports whether calls see the instance already.
func (s *Service) visible(in *instance, now time.Time) bool {
	return s.behaviour.Lag <= 0 || !now.Before(in.created.Add(s.behaviour.Lag))
}

// listed reports whether lists show the instance already.
func (s *Service) listed(in *instance, now time.Time) bool {
	lag := max(s.behaviour.Lag, s.behaviour.ListLag)
	return lag <= 0 || !now.Before(in.created.Add(lag))
}

// lags reports whether lists can be behind the instances.
func (s *Service) lags() bool { return s.behaviour.Lag > 0 || s.behaviour.ListLag > 0 }

// shown reports whether a part of an instance, made at since, is shown already.
func (s *Service) shown(since, now time.Time) bool {
	return s.behaviour.AccountLag <= 0 || !now.Before(since.Add(s.behaviour.AccountLag))
}

// over reports whether count exceeds a limit.
func over(count, limit int) bool { return limit > 0 && count > limit }

func tooManyTags(limit int) *rpc.Error {
	return bad("NumberExceed.Tags", "An instance has at most %d tags.", limit)
}
