// Package emulatortest gives tests an emulated cloud of their own.
package emulatortest

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// An Option changes the cloud of a test.
type Option func(*options)

type options struct {
	config       emulator.Config
	products     func(emulator.Environment) ([]emulator.Product, error)
	allowUnknown bool
}

// WithProfile sets the durations of the cloud's work; the default is no time.
func WithProfile(p rds.Profile) Option { return func(o *options) { o.config.Profile = p } }

// WithClock gives the cloud a clock of the test's own.
func WithClock(c *cloud.Clock) Option { return func(o *options) { o.config.Clock = c } }

// WithEngine runs real database servers. The engine stays the test's to close.
func WithEngine(e engine.Engine) Option { return func(o *options) { o.config.Engine = e } }

// WithConfig changes any part of the configuration.
func WithConfig(change func(*emulator.Config)) Option {
	return func(o *options) { change(&o.config) }
}

// WithProducts replaces the list of products; the default is emulator.Products.
func WithProducts(list func(emulator.Environment) ([]emulator.Product, error)) Option {
	return func(o *options) { o.products = list }
}

// AllowUnknown permits calls that are answered 501.
func AllowUnknown() Option { return func(o *options) { o.allowUnknown = true } }

// New starts an emulator on a free loopback port and closes it at the end of
// the test. The test fails if a call was unknown to the emulator.
func New(t testing.TB, opts ...Option) *emulator.Server {
	t.Helper()
	o := options{products: emulator.Products}
	o.config.Report = func(err error) { t.Error(err) }
	for _, opt := range opts {
		opt(&o)
	}
	s, err := emulator.New(o.config, o.products)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the emulator: %v", err)
		}
		if unknown := s.Unknown(); len(unknown) > 0 && !o.allowUnknown {
			t.Errorf("the emulator does not know these calls: %q", unknown)
		}
	})
	return s
}
