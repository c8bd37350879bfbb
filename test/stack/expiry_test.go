package stack_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

const lifetimeOverlay = `
offerings:
  alibaba-cloud-rds-mysqldb:
    plans:
      rds-mysql-t1-small: {bindingLifetime: {after: 24h, end: true}}
`

// A login works until its time is over, and then no more. A session that is open goes
// on, as after an unbind that locks, and so do the objects that the account made.
func TestExpire_RealServer_RefusesLogins(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	s := newSite(t, stack.WithProfiles(lifetimeOverlay, nil),
		stack.WithEngine(func(c *engine.Config) { c.Now = now }), stack.WithBroker(func(c *broker.Config) { c.Now = now }))
	given := s.bind("one", ``)
	db := s.database(given)
	open, err := db.Conn(t.Context())
	if err != nil {
		t.Fatalf("before its end the login fails: %v", err)
	}
	s.makeObjects(db, "_one")

	passed.Store(int64(25 * time.Hour))
	k := store.Key{InstanceID: "db", BindingID: "one"}
	for end := time.Now().Add(2 * time.Minute); ; {
		r, err := s.Store().Get(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		if r.Goal == store.Expired && r.Settled {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the binding does not expire: %+v", r.Operation)
		}
		<-time.After(5 * time.Millisecond)
	}
	refused, isRefusal := errors.AsType[*mysql.MySQLError](s.database(given).PingContext(t.Context()))
	if !isRefusal || refused.Number != errAccessDenied {
		t.Errorf("after its end the login ends with %v", refused)
	}
	if _, err := open.ExecContext(t.Context(), "INSERT INTO goods_one (name) VALUES ('open')"); err != nil {
		t.Errorf("the open session: %v", err)
	}
	s.workOn("another binding", s.database(s.bind("two", ``)), "_one")
	s.unbind("one")
}
