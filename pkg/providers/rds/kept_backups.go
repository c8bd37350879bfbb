package rds

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// stepKeepBackups says which backups of a server outlive it. The servers of MySQL on
// local disks are told with their deletion; those on cloud disks keep their last backup
// unless their backup policy says otherwise (RDS API, DeleteDBInstance and
// ModifyBackupPolicy, ReleasedKeepPolicy), which is billed after seven days.
const stepKeepBackups = "keep-backups"

// factBackups is the policy that was set for the backups, or keepRefused, with the id of
// its instance.
const (
	factBackups = "kept_backups"
	keepRefused = "refused"
)

// Words of ReleasedKeepPolicy; the second is spelled so.
const (
	keepNone = "None"
	keepLast = "Lastest"
	keepAll  = "All"
)

// textBackups is for users of a plan with backups that RDS does not keep.
const textBackups = "RDS refuses to keep the backups of the database server, which the plan asks for; ask the operator of the broker."

// keepPolicies returns the words of RDS by the word of a plan.
func keepPolicies() map[string]string {
	return map[string]string{"": keepNone, "none": keepNone, "last": keepLast, "all": keepAll}
}

// A keepRequest is the frozen request of stepKeepBackups.
type keepRequest struct{ InstanceID, Policy string }

// checkBackups refuses the setting backups where RDS keeps no backups of deleted
// instances: of other engines than MySQL.
func checkBackups(s settings) error {
	policy, known := keepPolicies()[s.Backups]
	switch {
	case !known:
		return fmt.Errorf("rds: the setting backups is %q: use none, last or all", s.Backups)
	case policy != keepNone && s.Engine != "MySQL" && s.Engine != "":
		return fmt.Errorf("rds: the setting backups is %q: RDS keeps backups of deleted instances for MySQL alone; leave it out, or use none", s.Backups)
	}
	return nil
}

// keepPolicy returns which backups outlive the instance of a task: none of one that was
// never ready.
func (p *instancePlan) keepPolicy(t providers.Task) string {
	if !t.Usable {
		return keepNone
	}
	return cmp.Or(keepPolicies()[p.Backups], keepNone)
}

// nextForBackups returns the step before the deletion of a running server of MySQL on
// cloud disks; ok is false once its policy is set. A locked one takes no policy: it keeps
// its last backup.
func nextForBackups(t providers.Task, plan instancePlan, s instanceState) (step providers.Step, ok bool) {
	i, want := s.instance, plan.keepPolicy(t)
	switch {
	case plan.Engine != "MySQL", cmp.Or(i.StorageType, plan.StorageType) == localSSD:
		return providers.Step{}, false
	case slices.Contains([]string{want + " " + i.ID, keepRefused + " " + i.ID}, t.Facts.Open[factBackups]), i.isLocked() && want != keepAll:
		return providers.Step{}, false
	}
	step = effect.Once(s.asked, stepKeepBackups, "The backups of the database server are being settled.", keepRequest{i.ID, want})
	step.Target = i.ID
	return step, true
}

// doKeepBackups makes the call of stepKeepBackups, unless the policy says so already. A
// refusal is no reason to keep a server with its bill where nothing else is to be kept.
func doKeepBackups(ctx context.Context, c client, s providers.Step) (providers.Facts, error) {
	r, err := requestOf[keepRequest](s)
	if err != nil {
		return providers.Facts{}, err
	}
	err = c.keepBackups(ctx, r)
	switch class := providers.ClassOf(err); {
	case err == nil, class != providers.User && class != providers.Unexplained:
	case r.Policy == keepNone:
		r.Policy, err = keepRefused, nil
	default:
		err = providers.WithSentence(err, textBackups)
	}
	return learned(open(factBackups, r.Policy+" "+r.InstanceID), err)
}

// keepBackups sets which backups outlive an instance (RDS API, DescribeBackupPolicy,
// ModifyBackupPolicy). The call wants the rest of the policy, too.
func (c client) keepBackups(ctx context.Context, r keepRequest) error {
	look, now := rds.CreateDescribeBackupPolicyRequest(), rds.CreateDescribeBackupPolicyResponse()
	look.RegionId, look.DBInstanceId = c.region, r.InstanceID
	if err := c.clients.Do(ctx, alicloud.Read, look, now); err != nil || now.ReleasedKeepPolicy == r.Policy {
		return err
	}
	req, resp := rds.CreateModifyBackupPolicyRequest(), rds.CreateModifyBackupPolicyResponse()
	req.RegionId, req.DBInstanceId, req.BackupPolicyMode = c.region, r.InstanceID, "DataBackupPolicy"
	req.PreferredBackupPeriod, req.PreferredBackupTime, req.BackupLog = now.PreferredBackupPeriod, now.PreferredBackupTime, now.BackupLog
	if now.BackupRetentionPeriod > 0 {
		req.BackupRetentionPeriod = strconv.Itoa(now.BackupRetentionPeriod)
	}
	req.ReleasedKeepPolicy = r.Policy
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// remains says what is left of a deleted instance, for the operator; empty: nothing.
// Pay-as-you-go instances go to the recycle bin, without a bill, but for serverless ones
// of PostgreSQL (RDS, "Instance recycle bin").
func remains(t providers.Task, plan instancePlan) string {
	id := t.Facts.Open[factInstance]
	if id == "" || !t.HasBegun(stepDelete) {
		return ""
	}
	var parts []string
	if plan.Engine != "PostgreSQL" || plan.Serverless == nil {
		parts = append(parts, "in the recycle bin of RDS for 8 days at most")
	}
	if plan.Engine == "MySQL" {
		policy := plan.keepPolicy(t)
		set := t.Facts.Open[factBackups]
		if plan.StorageType != localSSD && (set == "" || strings.HasPrefix(set, keepRefused)) { // it took no policy
			policy = keepLast
		}
		switch policy {
		case keepLast:
			parts = append(parts, "its last backup is kept and billed until it is deleted in the console")
		case keepAll:
			parts = append(parts, "all its backups are kept and billed until they are deleted in the console")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return id + ": " + strings.Join(parts, "; ")
}
