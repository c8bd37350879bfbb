package rds

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A backupPlan says when RDS backs up a server, and how long backups are kept, with the
// names of RDS (RDS API, ModifyBackupPolicy). A zero member stays as it is.
type backupPlan struct {
	PreferredBackupPeriod    []string `json:"PreferredBackupPeriod,omitempty"` // days of the week, Monday first
	PreferredBackupTime      string   `json:"PreferredBackupTime,omitempty"`   // an hour of the day, in UTC
	BackupRetentionPeriod    int      `json:"BackupRetentionPeriod,omitempty"` // days
	LogBackupRetentionPeriod int      `json:"LogBackupRetentionPeriod,omitempty"`
	// BackupLog is Enable or Disabled, as RDS tells it; users have no say.
	BackupLog string `json:"BackupLog,omitempty"`
}

// retention is how long RDS keeps backups by itself, in days.
const retention = 7

func backupOption() option {
	const name = "Backup"
	return option{
		name: name, step: "backup", text: "The backups of the database server are being set up.", reads: "DescribeBackupPolicy",
		refused: "RDS refuses this Backup; correct its days, hour and retention.",
		normal: func(c optionContext, value, _ json.RawMessage) (json.RawMessage, *providers.Failure) {
			b := valueOf[backupPlan](value)
			if failure := b.check(c); failure != nil {
				return nil, failure
			}
			slices.SortFunc(b.PreferredBackupPeriod, func(one, other string) int { return cmp.Compare(weekday(one), weekday(other)) })
			raw, err := json.Marshal(b)
			if err != nil {
				return nil, invalid("%s cannot be stored.", name)
			}
			return raw, nil
		},
		remove: left,
		look: func(ctx context.Context, l optionLook) (any, providers.Facts, error) {
			seen, err := l.backupPlan(ctx, l.instance.ID)
			return seen, providers.Facts{}, err
		},
		isReached: func(want json.RawMessage, s instanceState) bool {
			seen, _ := s.options[name].(backupPlan)
			return seen.equals(valueOf[backupPlan](want).over(seen))
		},
		next: func(o option, _ providers.Task, plan instancePlan, s instanceState) providers.Step {
			seen, _ := s.options[name].(backupPlan)
			whole, err := json.Marshal(valueOf[backupPlan](plan.Options[name]).over(seen))
			if err != nil {
				return providers.FailStep(providers.Broken, providers.TextUnreadable)
			}
			return o.stepWith(s, optionRequest{InstanceID: s.instance.ID, Value: whole})
		},
		put: func(ctx context.Context, c client, r optionRequest, _ string) error {
			return c.setBackupPlan(ctx, r.InstanceID, valueOf[backupPlan](r.Value))
		},
	}
}

// check returns what is wrong beyond the schema.
func (b backupPlan) check(c optionContext) *providers.Failure {
	days := slices.Clone(b.PreferredBackupPeriod)
	slices.Sort(days)
	from, to, _ := strings.Cut(b.PreferredBackupTime, "-")
	begin, errBegin := time.Parse("15:04Z", from)
	end, errEnd := time.Parse("15:04Z", strings.Replace(to, "24:", "00:", 1))
	switch {
	case len(slices.Compact(days)) != len(b.PreferredBackupPeriod):
		return invalid("Backup: PreferredBackupPeriod names a day twice.")
	case b.PreferredBackupTime != "" && (errBegin != nil || errEnd != nil || !begin.Add(time.Hour).Truncate(time.Hour).Equal(begin.Add(time.Hour)) || begin.Add(time.Hour).Hour() != end.Hour() || end.Minute() != 0):
		return invalid("Backup: PreferredBackupTime is a full hour of UTC, such as 02:00Z-03:00Z.")
	case b.LogBackupRetentionPeriod > cmp.Or(b.BackupRetentionPeriod, b.LogBackupRetentionPeriod):
		return invalid("Backup: logs are kept no longer than data; choose a LogBackupRetentionPeriod of at most BackupRetentionPeriod.")
	case b.LogBackupRetentionPeriod != 0 && c.plan.isBasic():
		return providers.Unprocessablef("Backup: RDS backs up no logs of Basic instances; leave LogBackupRetentionPeriod out, or choose a plan with a standby.")
	}
	return nil
}

// over returns the plan with the members that it leaves open as seen.
func (b backupPlan) over(seen backupPlan) backupPlan {
	if len(b.PreferredBackupPeriod) == 0 {
		b.PreferredBackupPeriod = seen.PreferredBackupPeriod
	}
	b.PreferredBackupTime = cmp.Or(b.PreferredBackupTime, seen.PreferredBackupTime)
	b.BackupRetentionPeriod = cmp.Or(b.BackupRetentionPeriod, seen.BackupRetentionPeriod, retention)
	b.BackupLog = seen.BackupLog
	if b.LogBackupRetentionPeriod != 0 {
		b.BackupLog = backupLogOn
	}
	b.LogBackupRetentionPeriod = min(cmp.Or(b.LogBackupRetentionPeriod, seen.LogBackupRetentionPeriod), b.BackupRetentionPeriod)
	return b
}

func (b backupPlan) equals(other backupPlan) bool {
	days := slices.Equal(b.PreferredBackupPeriod, other.PreferredBackupPeriod)
	b.PreferredBackupPeriod, other.PreferredBackupPeriod = nil, nil
	return days && b.rest() == other.rest()
}

// rest returns the members that compare by themselves.
func (b backupPlan) rest() [4]string {
	return [4]string{b.PreferredBackupTime, strconv.Itoa(b.BackupRetentionPeriod), strconv.Itoa(b.LogBackupRetentionPeriod), b.BackupLog}
}

const backupLogOn = "Enable"

// weekday returns the place of a day in the week, of which Monday is the first.
func weekday(name string) int {
	return slices.Index([]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}, name)
}

// backupPlan reads the plan of backups (RDS API, DescribeBackupPolicy).
func (c client) backupPlan(ctx context.Context, id string) (backupPlan, error) {
	req, resp := rds.CreateDescribeBackupPolicyRequest(), rds.CreateDescribeBackupPolicyResponse()
	req.RegionId, req.DBInstanceId = c.region, id
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return backupPlan{}, err
	}
	days := strings.Split(resp.PreferredBackupPeriod, ",")
	slices.SortFunc(days, func(one, other string) int { return cmp.Compare(weekday(one), weekday(other)) })
	return backupPlan{
		PreferredBackupPeriod: days, PreferredBackupTime: resp.PreferredBackupTime, BackupRetentionPeriod: resp.BackupRetentionPeriod,
		LogBackupRetentionPeriod: resp.LogBackupRetentionPeriod, BackupLog: resp.BackupLog,
	}, nil
}

// setBackupPlan sets the plan of backups (RDS API, ModifyBackupPolicy).
func (c client) setBackupPlan(ctx context.Context, id string, b backupPlan) error {
	req, resp := rds.CreateModifyBackupPolicyRequest(), rds.CreateModifyBackupPolicyResponse()
	req.RegionId, req.DBInstanceId, req.BackupPolicyMode = c.region, id, "DataBackupPolicy"
	req.PreferredBackupPeriod, req.PreferredBackupTime = strings.Join(b.PreferredBackupPeriod, ","), b.PreferredBackupTime
	req.BackupRetentionPeriod, req.BackupLog = strconv.Itoa(b.BackupRetentionPeriod), b.BackupLog
	if b.BackupLog == backupLogOn {
		req.LogBackupRetentionPeriod = strconv.Itoa(b.LogBackupRetentionPeriod)
	}
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}
