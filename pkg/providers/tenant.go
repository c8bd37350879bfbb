package providers

import "context"

// tenantKey is the key of a tenant in a context.
type tenantKey struct{}

// WithTenant returns a context for calls to the cloud on behalf of a tenant, as
// lifecycle.TenantOf names it. Calls wait for the rate limit by turns of tenants.
func WithTenant(ctx context.Context, tenant string) context.Context {
	return context.WithValue(ctx, tenantKey{}, tenant)
}

// TenantOf returns the tenant of a context, or "" for calls of the broker itself.
func TenantOf(ctx context.Context) string {
	tenant, _ := ctx.Value(tenantKey{}).(string)
	return tenant
}
