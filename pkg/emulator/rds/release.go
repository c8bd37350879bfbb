package rds

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// freeBackups is the time for which the backups of a released instance cost nothing (RDS,
// "Backup for deleted instances").
const freeBackups = 7 * 24 * time.Hour

// KeptBackups are the backups that the cloud keeps of an instance that was released. They stay
// until the account deletes them, which the emulator lacks.
type KeptBackups struct {
	Instance  string    `json:"instance"`
	Region    string    `json:"region"`
	Engine    string    `json:"engine"`
	Keep      string    `json:"keep"` // Lastest or All
	Released  time.Time `json:"released"`
	FreeUntil time.Time `json:"freeUntil"`
	Billed    bool      `json:"billed"` // since FreeUntil
}

// deleteDBInstance is DeleteDBInstance of the RDS API. The code for a
// protected instance is a guess (A028): its row is missing in the copies of the
// page. So is that for a prepaid one (A029).
func (s *Service) deleteDBInstance(r *rpc.Request) (any, *rpc.Error) {
	keep := r.Get("ReleasedKeepPolicy")
	if !slices.Contains([]string{"", "None", "Lastest", "All"}, keep) { // sic
		return nil, bad("InvalidReleasedKeepPolicy.Format", "ReleasedKeepPolicy is None, Lastest or All.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findIdle(r, unknownID(), "OperationDenied.DBInstanceStatus")
	if fail == nil {
		fail = s.refuseLocked(in, r.Now, lockByDiskQuota)
	}
	if fail != nil {
		return nil, fail
	}
	if in.payType == prepaid {
		return nil, rpc.Errorf(http.StatusForbidden, "OperationDenied.PayType", "Only pay-as-you-go instances can be released.")
	}
	if in.protected {
		return nil, bad("OperationDenied.DeletionProtection", "The instance is protected from deletion.")
	}
	s.keep(in, keep, r.Now)
	in.leaving, in.leavingAt = true, r.Now.Add(s.profile.Delete)
	s.leaving = append(s.leaving, in)
	if in.server != nil {
		in.stopping = true
		s.background.Go(func() { s.stop(in) })
	}
	return struct{ RegionId string }{in.region}, nil
}

// keep keeps the backups of an instance that is released: on local disks of MySQL by the word
// of DeleteDBInstance, elsewhere by the backup policy, whatever that word (A540). The
// caller holds mu.
func (s *Service) keep(in *instance, word string, now time.Time) {
	if !in.isLocalMySQL() {
		word = in.backupPolicy().ReleasedKeepPolicy
	}
	if word == "Lastest" || word == "All" {
		s.kept = append(s.kept, KeptBackups{Instance: in.id, Region: in.region, Engine: in.engine, Keep: strings.Clone(word), Released: now, FreeUntil: now.Add(freeBackups)})
	}
}

// KeptBackups lists the backups of released instances.
func (s *Service) KeptBackups() []KeptBackups {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := slices.Clone(s.kept)
	for i := range kept {
		kept[i].Billed = !now.Before(kept[i].FreeUntil)
	}
	return kept
}

// names describes kept backups in a line.
func (k KeptBackups) names() []string {
	return []string{fmt.Sprintf("backups (%s) of the released instance %s", k.Keep, k.Instance)}
}
