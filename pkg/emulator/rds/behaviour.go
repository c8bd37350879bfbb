package rds

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A Behaviour is where documents leave open what the cloud does, or where it
// may do one thing or the other.
type Behaviour struct {
	// RefuseUsedToken answers InvalidRequestId to a ClientToken that was used,
	// as the error table of CreateDBInstance has it, instead of the first
	// answer.
	RefuseUsedToken bool
	// TokenLifetime is how long a ClientToken is remembered; zero forgets it at
	// once. The cloud's figure is not documented (A022).
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
	// Lag is how long a new instance stays invisible to every call (A051).
	Lag time.Duration
	// ListLag is how long a new instance stays out of DescribeDBInstances
	// without a DBInstanceId, and out of ListTagResources and DescribeTags
	// without one, while calls with its id find it.
	ListLag time.Duration
	// AccountLag is how long a new account, and a new privilege, stays out of
	// DescribeAccounts and DescribeDatabases, while other calls know it.
	AccountLag time.Duration
	// Quotas are the limits of the account and of its instances.
	Quotas Quotas
}

// Quotas are limits; zero is none.
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
		Quotas:        Quotas{Accounts: 500, Databases: 500, IPGroups: 200, IPEntries: 1000, Tags: 20},
	}
}

// Behave changes the behaviour from now on.
func (s *Service) Behave(change func(*Behaviour)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.behaviour)
}

// visible tells whether calls see the instance already.
func (s *Service) visible(in *instance, now time.Time) bool {
	return s.behaviour.Lag <= 0 || !now.Before(in.created.Add(s.behaviour.Lag))
}

// listed tells whether lists show the instance already.
func (s *Service) listed(in *instance, now time.Time) bool {
	lag := max(s.behaviour.Lag, s.behaviour.ListLag)
	return lag <= 0 || !now.Before(in.created.Add(lag))
}

// lags tells whether lists may not show what exists.
func (s *Service) lags() bool { return s.behaviour.Lag > 0 || s.behaviour.ListLag > 0 }

// shown tells whether something inside an instance that came to be at since is
// shown already.
func (s *Service) shown(since, now time.Time) bool {
	return s.behaviour.AccountLag <= 0 || !now.Before(since.Add(s.behaviour.AccountLag))
}

// over tells whether there would be more than a limit allows.
func over(count, limit int) bool { return limit > 0 && count > limit }

func tooManyTags(limit int) *rpc.Error {
	return bad("NumberExceed.Tags", "An instance has at most %d tags.", limit)
}
