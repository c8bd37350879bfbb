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
// if they exist, else the RAM role of the ECS instance. The first key makes the choice
// final: until then, files may still appear. The chain is our own because the SDK's takes no context, so that
// a slow source would outlast the call that waits for it.
func Auto(c AutoConfig) CredentialsSource { return &auto{config: c} }

type auto struct {
	config  AutoConfig
	metrics *metrics // may be nil

	mu     sync.Mutex
	chosen CredentialsSource
	final  bool
}

// measure implements measured.
func (a *auto) measure(m *metrics) { a.metrics = m }

// Credentials implements CredentialsSource.
func (a *auto) Credentials(ctx context.Context) (Key, error) {
	source := a.choose()
	key, err := source.Credentials(ctx)
	if err == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.final = a.final || source == a.chosen
	}
	return key, err
}

// choose returns the chosen source.
func (a *auto) choose() CredentialsSource {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.final:
		return a.chosen
	case a.config.OIDC.Configured():
		a.final = true
		a.chosen = RRSA(a.config.OIDC)
	case a.hasFiles():
		a.final = true
		a.chosen = Files(a.config.Dir)
	case a.chosen != nil:
		return a.chosen
	case a.config.WithoutECSRole:
		a.chosen = missing{}
	default:
		a.chosen = ECSRole(a.config.Metadata, a.config.ECSRole)
	}
	if source, ok := a.chosen.(measured); ok {
		source.measure(a.metrics)
	}
	return a.chosen
}

func (a *auto) hasFiles() bool {
	if a.config.Dir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(a.config.Dir, FileAccessKeyID))
	return err == nil
}

// missing is the source where no other is available.
type missing struct{}

// Credentials implements CredentialsSource.
func (missing) Credentials(context.Context) (Key, error) {
	return Key{}, credentialsError("Auto", "there is no RRSA, no file with a key, and the role of the machine is forbidden (ALIBABA_CLOUD_ECS_METADATA_DISABLED): give the broker one of them", nil)
}
