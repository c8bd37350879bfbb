package oss

import (
	"context"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

var _ providers.Undoer = (*Provider)(nil)

// Undo deletes exactly the access key that a CreateAccessKey made: each such
// call makes another (RAM API, CreateAccessKey). All other steps are found
// again by the names that they use.
func (p *Provider) Undo(ctx context.Context, t providers.Task, s providers.Step, made providers.Facts) error {
	id := made.Open[factKeyID]
	if t.Kind != providers.Binding || s.Name != stepKey || id == "" {
		return nil
	}
	instance, err := instancePlanOf(t)
	if err != nil {
		return err
	}
	binding, err := bindingPlanOf(t)
	if err != nil {
		return err
	}
	if err := unlessMissing(p.users(instance).DeleteKey(ctx, binding.User, id)); err != nil {
		return fmt.Errorf("oss: take back key %s of RAM user %s: %w", id, binding.User, instance.blame(err))
	}
	return nil
}
