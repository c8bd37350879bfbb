package rds

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"

// modifyResourceGroup is ModifyResourceGroup of the RDS API.
func (s *Service) modifyResourceGroup(r *rpc.Request) (any, *rpc.Error) {
	if _, fail := r.Require("ResourceGroupId"); fail != nil {
		return nil, fail
	}
	group, fail := resourceGroup(r)
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	in.choices.ResourceGroup = group
	return nil, nil
}

// modifyAutoScale is ModifyDasInstanceConfig of the RDS API: when the storage grows by
// itself. In the emulator it never does.
func (s *Service) modifyAutoScale(r *rpc.Request) (any, *rpc.Error) {
	if _, fail := r.Require("StorageAutoScale"); fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	choices, fail := autoScale(r, in)
	if fail != nil {
		return nil, fail
	}
	in.choices = choices
	return nil, nil
}
