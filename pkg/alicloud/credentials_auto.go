package alicloud

import (
	"context"
	"os"
	"path/filepath"
	"sync"
)

// AutoConfig configures the sources that Auto chooses from.
type AutoConfig struct {
	OIDC     OIDC
	Dir      string // of static credentials; may be empty
	Metadata *Metadata
	ECSRole  string // name of the attached role; may be empty
	// WithoutECSRole leaves the role of the machine out.
	WithoutECSRole bool
}

// Auto returns the first available source: RRSA if the pod has it, else the files
// if they exist, else the RAM role of the ECS instance. The first use chooses; the
// choice is final. The chain is our own because the SDK's takes no context, so that
// a slow source would outlast the call that waits for it.
func Auto(c AutoConfig) CredentialsSource { return &auto{config: c} }

type auto struct {
	config AutoConfig
	once   sync.Once
	chosen CredentialsSource

	metrics *metrics // may be nil
}

// measure implements measured.
func (a *auto) measure(m *metrics) { a.metrics = m }

// Credentials implements CredentialsSource.
func (a *auto) Credentials(ctx context.Context) (Key, error) {
	a.once.Do(func() {
		a.choose()
		if source, ok := a.chosen.(measured); ok {
			source.measure(a.metrics)
		}
	})
	return a.chosen.Credentials(ctx)
}

func (a *auto) choose() {
	if a.config.OIDC.Configured() {
		a.chosen = RRSA(a.config.OIDC)
		return
	}
	if a.config.Dir != "" {
		if _, err := os.Stat(filepath.Join(a.config.Dir, FileAccessKeyID)); err == nil {
			a.chosen = Files(a.config.Dir)
			return
		}
	}
	if a.config.WithoutECSRole {
		a.chosen = missing{}
		return
	}
	a.chosen = ECSRole(a.config.Metadata, a.config.ECSRole)
}

// missing is the source where no other is available.
type missing struct{}

// Credentials implements CredentialsSource.
func (missing) Credentials(context.Context) (Key, error) {
	return Key{}, credentialsError("Auto", "there is no RRSA, no file with a key, and the role of the machine is forbidden (ALIBABA_CLOUD_ECS_METADATA_DISABLED): give the broker one of them", nil)
}
