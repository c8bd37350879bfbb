package rds

import (
	"regexp"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

const maxSecurityGroups = 10

var securityGroups = regexp.MustCompile(`^sg-[A-Za-z0-9]{1,32}$`)

// A securityGroup is a group in the answers about an instance. Its name is ECS's,
// which the emulator lacks.
type securityGroup struct {
	RegionId, NetworkType, SecurityGroupId string
	SecurityGroupName                      *string `json:",omitempty"`
}

type groupsBody struct {
	DBInstanceName string
	Items          struct{ EcsSecurityGroupRelation []securityGroup }
}

// modifySecurityGroups is ModifySecurityGroupConfiguration of the RDS API. An empty
// list, or the word Empty that Terraform's provider sends, removes all groups. MariaDB
// takes them too (A344).
func (s *Service) modifySecurityGroups(r *rpc.Request) (any, *rpc.Error) {
	var ids []string
	if list := r.Get("SecurityGroupId"); list != "" && list != "Empty" {
		ids = strings.Split(strings.Clone(list), ",")
	}
	if len(ids) > maxSecurityGroups {
		return nil, bad("InvalidParameter", "An instance is in at most %d security groups.", maxSecurityGroups)
	}
	for i, id := range ids {
		if ids[i] = strings.TrimSpace(id); !securityGroups.MatchString(ids[i]) {
			return nil, bad("InvalidParameter", "SecurityGroupId is a list of ids of security groups.")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	in.settings.SecurityGroups = ids
	return in.groups(nil), nil
}

// describeSecurityGroups is DescribeSecurityGroupConfiguration of the RDS API.
func (s *Service) describeSecurityGroups(r *rpc.Request) (any, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	name := ""
	return in.groups(&name), nil
}

func (in *instance) groups(name *string) groupsBody {
	body := groupsBody{DBInstanceName: in.id}
	body.Items.EcsSecurityGroupRelation = []securityGroup{}
	for _, id := range in.settings.SecurityGroups {
		body.Items.EcsSecurityGroupRelation = append(body.Items.EcsSecurityGroupRelation, securityGroup{in.region, "VPC", id, name})
	}
	return body
}
