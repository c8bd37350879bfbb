package stack

import (
	"context"
	"fmt"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// An Option changes a stack. Options of Restart hold from then on.
type Option func(*options)

type options struct {
	cloud   []emulatortest.Option
	sources []catalog.Source
	users   []api.User
	broker  []func(*broker.Config)
	engine  []func(*engine.Config)
	api     []func(*api.Config)
	speed   int
	store   func(ctx context.Context, dir string) (*environment.Store, error)
	source  func(*emulator.Server) alicloud.CredentialsSource // nil: the account's own key
	overlay string
	more    descriptor.Profiles
}

func defaults() options {
	return options{sources: all.Services().Sources(), users: []api.User{user()}, speed: 1, store: environment.Open}
}

// WithCloud changes the emulated cloud: by default its work takes no time, and
// its clock is real. Restart leaves the cloud as it is.
func WithCloud(opts ...emulatortest.Option) Option {
	return func(o *options) { o.cloud = append(o.cloud, opts...) }
}

// WithCatalog serves offerings in place of the program's own.
func WithCatalog(documents ...[]byte) Option {
	return func(o *options) {
		o.sources = nil
		for i, document := range documents {
			o.sources = append(o.sources, catalog.Embedded(fmt.Sprintf("document %d", i+1), document))
		}
	}
}

// WithStore keeps the records elsewhere than in a file of the stack's directory.
func WithStore(open func(dir string) (store.Store, error)) Option {
	return func(o *options) {
		o.store = func(ctx context.Context, dir string) (*environment.Store, error) {
			records, err := open(dir)
			if err != nil {
				return nil, err
			}
			return environment.Seal(ctx, records, dir)
		}
	}
}

// WithCredentials lets the broker work under another identity than the account
// itself, which may do everything: source makes its credentials in the cloud
// when the broker starts.
func WithCredentials(source func(*emulator.Server) alicloud.CredentialsSource) Option {
	return func(o *options) { o.source = source }
}

// WithProfiles gives the broker more profiles than the default one, which works on
// Cloud, and an overlay of the catalog that names them.
func WithProfiles(overlay string, more descriptor.Profiles) Option {
	return func(o *options) { o.overlay, o.more = overlay, more }
}

// WithUsers lets more users in.
func WithUsers(users ...api.User) Option {
	return func(o *options) { o.users = append(o.users, users...) }
}

// WithBroker changes any part of the broker's configuration; durations above
// all. They are short by default: a request waits 2 s for an asynchronous
// answer, 4 s for a synchronous one.
func WithBroker(change func(*broker.Config)) Option {
	return func(o *options) { o.broker = append(o.broker, change) }
}

// WithBrokerID sets the broker id of the business logic and of the engine.
func WithBrokerID(id string) Option {
	return func(o *options) {
		o.broker = append(o.broker, func(c *broker.Config) { c.BrokerID = id })
		o.engine = append(o.engine, func(c *engine.Config) { c.BrokerID = id })
	}
}

// WithEngine changes any part of the engine's configuration; durations above
// all. They are short by default: a request waits 2 s for an asynchronous
// answer, 4 s for a synchronous one.
func WithEngine(change func(*engine.Config)) Option {
	return func(o *options) { o.engine = append(o.engine, change) }
}

// WithAPI changes any part of the configuration of the HTTP layer.
func WithAPI(change func(*api.Config)) Option {
	return func(o *options) { o.api = append(o.api, change) }
}

// WithSpeed lets the broker's time pass n times as fast as real time: its
// back-offs, deadlines, settle and poll intervals. How long requests wait and
// calls may take is counted in real time all the same. Restart leaves the speed
// as it is.
func WithSpeed(n int) Option { return func(o *options) { o.speed = n } }

// A clock is the broker's time.
type clock struct {
	start time.Time
	speed int
}

func newClock(speed int) clock { return clock{time.Now(), max(speed, 1)} }

// now is the time that the broker reads.
func (c clock) now() time.Time {
	return c.start.Add(time.Since(c.start) * time.Duration(c.speed))
}
