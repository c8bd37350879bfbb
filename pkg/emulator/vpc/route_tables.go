package vpc

import (
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// systemTable is the type of the route table that each VPC has. Custom ones do
// not exist in the emulator.
const systemTable = "System"

// A routeTableBody is a route table in the answer of DescribeRouteTableList.
type routeTableBody struct {
	RouteTableId, RouteTableName, RouteTableType, Description, Status string
	RouterId, RouterType, VpcId, AssociateType                        string
	CreationTime, ResourceGroupId                                     string
	OwnerId                                                           int64
	RoutePropagationEnable                                            bool
	VSwitchIds                                                        vswitchIDs
	GatewayIds                                                        struct{ GatewayIds []string }
	Tags                                                              tagList
}

// routeTableBody describes the system route table of a VPC, which all of its
// VSwitches use.
func (s *Service) routeTableBody(v VPC) routeTableBody {
	return routeTableBody{
		RouteTableId: v.routeTableID(), RouteTableName: v.RouteTable.Name, RouteTableType: systemTable, Description: v.RouteTable.Description,
		Status: "Available", RouterId: v.routerID(), RouterType: "VRouter", VpcId: v.ID, AssociateType: "VSwitch",
		CreationTime: creation(v.Created), ResourceGroupId: v.group(), OwnerId: s.owner(), RoutePropagationEnable: !v.RouteTable.NoPropagation,
		VSwitchIds: v.vswitchIDs(), Tags: tagList{v.RouteTable.Tags},
	}
}

// describeRouteTableList is DescribeRouteTableList of the VPC API. Beside the
// list it has a Code and a Message, as the cloud's answers.
func (s *Service) describeRouteTableList(r *rpc.Request) (any, *rpc.Error) {
	region, ok := s.Region(r.Region)
	if !ok {
		return nil, unknownRegion()
	}
	found := []routeTableBody{}
	for _, v := range region.VPCs {
		b := s.routeTableBody(v)
		if fits(r.Get("VpcId"), v.ID) && fits(r.Get("RouteTableId"), b.RouteTableId) && fits(r.Get("RouteTableName"), b.RouteTableName) &&
			fits(r.Get("RouteTableType"), systemTable) && fits(r.Get("RouterId"), b.RouterId) && fits(r.Get("RouterType"), b.RouterType) &&
			fits(r.Get("ResourceGroupId"), b.ResourceGroupId) && tagged(r, v.RouteTable.Tags) {
			found = append(found, b)
		}
	}
	number, size, cut, fail := page(r, found)
	if fail != nil {
		return nil, fail
	}
	type list struct{ RouterTableListType []routeTableBody }
	return struct {
		Code, Message                    string
		Success                          bool
		TotalCount, PageNumber, PageSize int
		RouterTableList                  list
	}{"200", "successful", true, len(found), number, size, list{cut}}, nil
}

// modifyRouteTable is ModifyRouteTableAttributes of the VPC API.
func (s *Service) modifyRouteTable(r *rpc.Request) (any, *rpc.Error) {
	id, fail := r.Require("RouteTableId")
	if fail != nil {
		return nil, fail
	}
	name, description, fail := labels(r, "RouteTableName")
	if fail != nil {
		return nil, fail
	}
	result := struct {
		Code, Message string
		Success       bool
	}{"200", "successful", true}
	return result, s.change(r.Region, func(region *Region) *rpc.Error {
		at := slices.IndexFunc(region.VPCs, func(v VPC) bool { return v.routeTableID() == id })
		if at < 0 {
			return unknownRouteTable()
		}
		table := &region.VPCs[at].RouteTable
		propagate, fail := r.Bool("RoutePropagationEnable", !table.NoPropagation)
		if fail != nil {
			return fail
		}
		table.NoPropagation = !propagate
		replace(r, "RouteTableName", &table.Name, name)
		replace(r, "Description", &table.Description, description)
		return nil
	})
}
