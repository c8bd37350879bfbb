package rds

import (
	"encoding/json"
	"strings"
	"time"
)

// The lock modes of an instance that the emulator sets by itself (RDS API,
// DescribeDBInstanceAttribute, LockMode).
const (
	unlocked         = "Unlock"
	lockByExpiration = "LockByExpiration"
	lockByDiskQuota  = "LockByDiskQuota"
	manualLock       = "ManualLock"
)

// gigabyte is that of DBInstanceStorage.
const gigabyte = 1 << 30

// lockMode is the lock of an instance: by a switch, by the end of its paid time, or by a disk
// that is full. A disk that grows frees its instance.
func (s *Service) lockMode(in *instance, now time.Time) string {
	switch mode := s.behaviour.Locks.of(in.id); {
	case mode != "":
		return mode
	case in.expired(now):
		return lockByExpiration
	case !s.usable(in):
		return manualLock
	case s.diskUsed(in) >= int64(in.storage)*gigabyte:
		return lockByDiskQuota
	default:
		return unlocked
	}
}

// shownLock is the lock mode of an instance, empty for one that is free.
func (s *Service) shownLock(in *instance, now time.Time) string {
	return strings.TrimSuffix(s.lockMode(in, now), unlocked)
}

// usable reports whether the key of the disks of an instance can be used. An instance whose key
// is disabled or deleted is locked; with which LockMode is a guess (A542).
func (s *Service) usable(in *instance) bool {
	_, enabled := s.keyState(in.region, in.settings.Key)
	return enabled
}

// lockReason is the example of RDS API, DescribeDBInstanceAttribute, for an expired instance;
// the page names no other.
func (s *Service) lockReason(in *instance, now time.Time) string {
	if s.lockMode(in, now) == lockByExpiration {
		return "instance_expired"
	}
	return ""
}

// diskUsed is the size of the data of an instance in bytes, as a switch has it.
func (s *Service) diskUsed(in *instance) int64 { return s.behaviour.DiskUsed.of(in.id) }

// A perInstance is a switch with a value for each of some instances: by id, "*" for the
// others.
type perInstance[V any] map[string]V

// UnmarshalJSON replaces the whole switch.
func (p *perInstance[V]) UnmarshalJSON(text []byte) error {
	var values map[string]V
	err := json.Unmarshal(text, &values)
	*p = values
	return err
}

func (p perInstance[V]) of(id string) V {
	if v, ok := p[id]; ok {
		return v
	}
	return p["*"]
}
