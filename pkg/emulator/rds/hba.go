package rds

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// An hbaItem is a line of pg_hba.conf, which the emulator's servers do not read.
type hbaItem struct {
	PriorityId                                          int
	Type, Database, User, Address, Mask, Method, Option string
}

// hbaSettings are the lines by priority, and the time of their last change.
type hbaSettings struct {
	Items   []hbaItem `json:"items"`
	Changed time.Time `json:"changed"`
}

// standardHBA returns the lines of a new instance (RDS API, DescribePGHbaConfig).
func standardHBA() []hbaItem {
	return []hbaItem{
		{PriorityId: 0, Type: "host", Database: "all", User: "all", Address: "0.0.0.0/0", Method: "md5"},
		{PriorityId: 1, Type: "host", Database: "replication", User: "all", Address: "0.0.0.0/0", Method: "md5"},
	}
}

// modifyHBA is ModifyPGHbaConfig of the RDS API: it adds, modifies, deletes or, by
// update, replaces lines, which their priority names. One bad line refuses them all.
// The cloud sets the lines a moment later; here they are set when the call returns.
func (s *Service) modifyHBA(r *rpc.Request) (any, *rpc.Error) {
	how, fail := r.Require("OpsType")
	if fail != nil {
		return nil, fail
	}
	items, fail := hbaItems(r, how == "delete")
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	if in.engine != postgreSQL {
		return nil, unfitEngine()
	}
	var lines []hbaItem
	if how != "update" {
		lines = slices.Clone(in.hba())
	}
	for _, item := range items {
		at := slices.IndexFunc(lines, func(line hbaItem) bool { return line.PriorityId == item.PriorityId })
		switch {
		case how != "add" && how != "update" && how != "modify" && how != "delete":
			return nil, bad("InvalidParameter", "OpsType is add, delete, modify or update.")
		case (how == "add" || how == "update") != (at < 0):
			return nil, bad("InvalidParameter", "The priority %d does not fit the present lines.", item.PriorityId)
		case item.Type == "hostssl" && (in.settings.SSL == nil || !in.settings.SSL.Enabled):
			return nil, bad("InvalidParameter", "Type is hostssl only while SSL is enabled.")
		case at < 0:
			lines = append(lines, item)
		case how == "modify":
			lines[at] = item
		default:
			lines = slices.Delete(lines, at, at+1)
		}
	}
	slices.SortFunc(lines, func(a, b hbaItem) int { return cmp.Compare(a.PriorityId, b.PriorityId) })
	in.settings.HBA = &hbaSettings{lines, r.Now}
	return nil, nil
}

// hbaItems reads HbaItem.1.Type and so on. To delete a line, its priority is enough.
func hbaItems(r *rpc.Request, priorityAlone bool) ([]hbaItem, *rpc.Error) {
	const list = "HbaItem"
	var items []hbaItem
	for n := 1; ; n++ {
		prefix := list + "." + strconv.Itoa(n) + "."
		if !r.Has(prefix + "PriorityId") {
			break
		}
		var item hbaItem
		var fail *rpc.Error
		if item.PriorityId, fail = r.Int(prefix+"PriorityId", -1); fail != nil {
			return nil, fail
		}
		if item.PriorityId < 0 || item.PriorityId > 10_000 {
			return nil, bad("InvalidParameter", "PriorityId is from 0 to 10000.")
		}
		for _, part := range []struct {
			name string
			to   *string
		}{{"Type", &item.Type}, {"Database", &item.Database}, {"User", &item.User}, {"Address", &item.Address}, {"Method", &item.Method}} {
			value, fail := r.Require(prefix + part.name)
			if fail != nil && !priorityAlone {
				return nil, fail
			}
			*part.to = strings.Clone(value)
		}
		item.Mask, item.Option = strings.Clone(r.Get(prefix+"Mask")), strings.Clone(r.Get(prefix+"Option"))
		kinds, methods := "host hostssl hostnossl", "trust reject scram-sha-256 md5 password gss sspi ldap radius cert pam"
		if !priorityAlone && (!among(strings.Fields(kinds)...)(item.Type) || !among(strings.Fields(methods)...)(item.Method)) {
			return nil, bad("InvalidParameter", "Type is one of %s, and Method one of %s.", kinds, methods)
		}
		items = append(items, item)
	}
	if len(items) == 0 {
		return nil, rpc.Missing(list + ".1.PriorityId")
	}
	return items, nil
}

// hba returns the lines of an instance.
func (in *instance) hba() []hbaItem {
	if in.settings.HBA != nil {
		return in.settings.HBA.Items
	}
	return standardHBA()
}

// describeHBA is DescribePGHbaConfig of the RDS API.
func (s *Service) describeHBA(r *rpc.Request) (any, *rpc.Error) {
	type lines struct{ HbaItem []hbaItem }
	var body struct {
		DBInstanceId, HbaModifyTime, LastModifyStatus, ModifyStatusReason string
		DefaultHbaItems, RunningHbaItems                                  lines
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	if in.engine != postgreSQL {
		return nil, unfitEngine()
	}
	body.DBInstanceId, body.LastModifyStatus = in.id, "success"
	body.DefaultHbaItems.HbaItem, body.RunningHbaItems.HbaItem = standardHBA(), in.hba()
	if in.settings.HBA != nil {
		body.HbaModifyTime = timestamp(in.settings.HBA.Changed)
	}
	return body, nil
}
