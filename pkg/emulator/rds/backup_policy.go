package rds

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A backupPolicy has the settings of ModifyBackupPolicy under the names of the
// answer. The emulator makes no backups.
type backupPolicy struct {
	PreferredBackupPeriod, PreferredBackupTime                                    string
	BackupRetentionPeriod, LogBackupRetentionPeriod                               int
	BackupLog, HighSpaceUsageProtection, LocalLogRetentionSpace                   string
	LocalLogRetentionHours, LogBackupLocalRetentionNumber                         int
	CompressType, ReleasedKeepPolicy, Category, BackupInterval                    string
	ArchiveBackupRetentionPeriod, ArchiveBackupKeepCount, ArchiveBackupKeepPolicy string
	EnableIncrementDataBackup, EnablePitrProtection                               bool
	IncBackupInterval                                                             int `json:",omitempty"`
}

// isLocalMySQL reports whether the rules of MySQL on local disks hold.
func (in *instance) isLocalMySQL() bool { return in.engine == mySQL && in.storageType == localSSD }

// backupPolicy is the policy of the instance. MySQL on cloud disks keeps its last
// backup ("Backup for deleted instances", since February 2024); Basic instances back
// up no logs (A338).
func (in *instance) backupPolicy() backupPolicy {
	if in.settings.Backup != nil {
		return *in.settings.Backup
	}
	p := backupPolicy{
		PreferredBackupPeriod: "Tuesday,Thursday,Saturday", PreferredBackupTime: "02:00Z-03:00Z", BackupRetentionPeriod: 7, LogBackupRetentionPeriod: 7,
		BackupLog: "Enable", HighSpaceUsageProtection: "Enable", LocalLogRetentionSpace: "30", LocalLogRetentionHours: 18, LogBackupLocalRetentionNumber: 60,
		CompressType: "1", ReleasedKeepPolicy: "None", Category: "Standard", BackupInterval: "-1",
		ArchiveBackupRetentionPeriod: "0", ArchiveBackupKeepCount: "1", ArchiveBackupKeepPolicy: "ByMonth",
	}
	if in.engine == mySQL && in.storageType != localSSD {
		p.ReleasedKeepPolicy = "Lastest" // spelled so
	}
	if isSingle(in.category) {
		p.BackupLog = "Disabled"
	}
	return p
}

// logged is the policy's EnableBackupLog.
func (p *backupPolicy) logged() string { return choose(p.BackupLog == "Enable", [2]string{"1", "0"}) }

// modifyBackupPolicy is ModifyBackupPolicy of the RDS API. A parameter that is absent
// or empty keeps its value, and one of the other mode has no effect.
func (s *Service) modifyBackupPolicy(r *rpc.Request) (any, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	p := in.backupPolicy()
	read := p.readData
	switch r.Get("BackupPolicyMode") {
	case "", "DataBackupPolicy":
	case "LogBackupPolicy":
		read = p.readLog
	default:
		return nil, malformed("BackupPolicyMode")
	}
	if fail := read(r, in); fail != nil {
		return nil, fail
	}
	// A point in time is restored from the data's backup before it, so logs are kept no
	// longer than data.
	if p.LogBackupRetentionPeriod > p.BackupRetentionPeriod {
		return nil, malformed("LogBackupRetentionPeriod")
	}
	if p.BackupLog == "Enable" && isSingle(in.category) {
		return nil, unfitEngine()
	}
	in.settings.Backup = &p
	return struct {
		DBInstanceID, CompressType, EnableBackupLog, HighSpaceUsageProtection, LocalLogRetentionSpace string
		LocalLogRetentionHours, LogBackupLocalRetentionNumber                                         int
	}{in.id, p.CompressType, p.logged(), p.HighSpaceUsageProtection, p.LocalLogRetentionSpace, p.LocalLogRetentionHours, p.LogBackupLocalRetentionNumber}, nil
}

// malformed is the error of a bad value; the code follows that of older tables
// (A339).
func malformed(name string) *rpc.Error {
	return bad("Invalid"+name+".Malformed", "The parameter %s is not valid.", name)
}

// A backupReader reads parameters into a policy until one is malformed.
type backupReader struct {
	*rpc.Request

	fail *rpc.Error
}

// word reads a word that ok accepts.
func (r *backupReader) word(name string, to *string, ok func(string) bool) {
	value := r.Get(name)
	if r.fail != nil || value == "" {
		return
	}
	if !ok(value) {
		r.fail = malformed(name)
		return
	}
	*to = strings.Clone(value)
}

// number reads a number that is among others, or from least to most.
func (r *backupReader) number(name string, to *int, least, most int, others ...int) {
	text := strconv.Itoa(*to)
	r.word(name, &text, span(least, most, others...))
	*to, _ = strconv.Atoi(text)
}

// span returns whether a word is such a number.
func span(least, most int, others ...int) func(string) bool {
	return func(value string) bool {
		n, err := strconv.Atoi(value)
		return err == nil && (n >= least && n <= most || slices.Contains(others, n))
	}
}

// among returns whether a word is one of some.
func among(words ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(words, value) }
}

// readData reads the parameters of DataBackupPolicy.
func (p *backupPolicy) readData(request *rpc.Request, in *instance) *rpc.Error {
	r := &backupReader{Request: request}
	r.word("PreferredBackupPeriod", &p.PreferredBackupPeriod, validPeriod)
	r.word("PreferredBackupTime", &p.PreferredBackupTime, validWindow)
	r.number("BackupRetentionPeriod", &p.BackupRetentionPeriod, 7, 730)
	r.number("LogBackupRetentionPeriod", &p.LogBackupRetentionPeriod, 7, 730)
	r.word("BackupLog", &p.BackupLog, among("Enable", "Disabled"))
	r.word("CompressType", &p.CompressType, among("0", "1", "2", "4", "8"))
	r.word("ReleasedKeepPolicy", &p.ReleasedKeepPolicy, among("None", "Lastest", "All"))
	r.word("Category", &p.Category, func(value string) bool { return !in.isLocalMySQL() && (value == "Flash" || value == "Standard") })
	r.word("BackupInterval", &p.BackupInterval, func(value string) bool { return value == "-1" || in.takesIntervals() && intervals(value) })
	r.word("ArchiveBackupRetentionPeriod", &p.ArchiveBackupRetentionPeriod, span(30, 1095, 0))
	r.word("ArchiveBackupKeepPolicy", &p.ArchiveBackupKeepPolicy, among("ByMonth", "ByWeek", "KeepAll", "0"))
	r.word("ArchiveBackupKeepCount", &p.ArchiveBackupKeepCount, span(1, 31))
	r.number("IncBackupInterval", &p.IncBackupInterval, 1, 0, 60, 120, 240, 360, 720)
	p.EnableIncrementDataBackup = r.bool("EnableIncrementDataBackup", p.EnableIncrementDataBackup)
	p.EnablePitrProtection = r.bool("EnablePitrProtection", p.EnablePitrProtection)
	if r.fail == nil && r.Get("IncBackupInterval") != "" && !in.isLocalMySQL() {
		r.fail = malformed("IncBackupInterval")
	}
	return r.fail
}

// bool reads a truth value.
func (r *backupReader) bool(name string, now bool) bool {
	value, fail := r.Bool(name, now)
	if r.fail == nil {
		r.fail = fail
	}
	return value
}

// readLog reads the parameters of LogBackupPolicy.
func (p *backupPolicy) readLog(request *rpc.Request, in *instance) *rpc.Error {
	r := &backupReader{Request: request}
	enable := ""
	r.word("EnableBackupLog", &enable, func(value string) bool { return among("1", "0", "true", "false")(strings.ToLower(value)) })
	if enable != "" {
		p.BackupLog = choose(enable == "1" || strings.EqualFold(enable, "true"), [2]string{"Enable", "Disabled"})
	}
	r.number("LocalLogRetentionHours", &p.LocalLogRetentionHours, 0, 168)
	r.word("LocalLogRetentionSpace", &p.LocalLogRetentionSpace, span(0, 50))
	r.word("HighSpaceUsageProtection", &p.HighSpaceUsageProtection, among("Enable", "Disable"))
	r.number("LogBackupRetentionPeriod", &p.LogBackupRetentionPeriod, 7, 730)
	unlimited := 6 // within the span: nothing more
	if in.engine == mySQL {
		unlimited = -1
	}
	r.number("LogBackupLocalRetentionNumber", &p.LogBackupLocalRetentionNumber, 6, 100, unlimited)
	return r.fail
}

// takesIntervals reports whether snapshots can be made more often than once a day
// (Terraform's provider, alicloud_db_backup_policy).
func (in *instance) takesIntervals() bool {
	if in.storageType == localSSD || isSingle(in.category) {
		return false
	}
	return in.engine == postgreSQL || in.engine == mySQL && in.version != "5.5" && in.version != "5.6"
}

func intervals(value string) bool {
	return among("15", "30", "60", "120", "180", "240", "360", "480", "720")(value)
}

// validPeriod reports whether text is a list of at least two days of the week.
func validPeriod(text string) bool {
	days := strings.Split(text, ",")
	for i, day := range days {
		if weekday(day) < 0 || slices.Contains(days[:i], day) {
			return false
		}
	}
	return len(days) > 1
}

// weekday returns the number of a day by its name; -1 if there is none.
func weekday(name string) time.Weekday {
	for day := range time.Saturday + 1 {
		if day.String() == name {
			return day
		}
	}
	return -1
}

// describeBackupPolicy is DescribeBackupPolicy of the RDS API.
func (s *Service) describeBackupPolicy(r *rpc.Request) (any, *rpc.Error) {
	if mode := r.Get("BackupPolicyMode"); mode != "" && mode != "DataBackupPolicy" && mode != "LogBackupPolicy" {
		return nil, malformed("BackupPolicyMode")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	p := in.backupPolicy()
	return struct {
		backupPolicy

		EnableBackupLog, PreferredNextBackupTime string
		PitrRetentionPeriod, SupportReleasedKeep int
		SupportModifyBackupPriority              bool
	}{backupPolicy: p, EnableBackupLog: p.logged(), PreferredNextBackupTime: p.next(r.Now), PitrRetentionPeriod: p.LogBackupRetentionPeriod, SupportReleasedKeep: 1}, nil
}

// next is the time of the next backup after now.
func (p *backupPolicy) next(now time.Time) string {
	from, _, _ := strings.Cut(p.PreferredBackupTime, "Z")
	for day := range 8 {
		date := now.UTC().AddDate(0, 0, day)
		at, err := time.Parse("2006-01-02 15:04", date.Format("2006-01-02 ")+from)
		if err == nil && at.After(now) && slices.Contains(strings.Split(p.PreferredBackupPeriod, ","), at.Weekday().String()) {
			return at.Format("2006-01-02T15:04Z")
		}
	}
	return ""
}
