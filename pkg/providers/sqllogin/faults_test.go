package sqllogin

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestErrors_Codes_HaveClassesAndSentences(t *testing.T) {
	for code, class := range map[pqerror.Code]providers.Class{
		"28P01": providers.Operator, "42501": providers.Operator,
		"53300": providers.Transient, "25006": providers.Transient, "53100": providers.Transient, "57P03": providers.Transient, "2BP01": providers.Transient,
		"42710": providers.Look, "3D000": providers.Look,
		"XX000": providers.Unexplained,
	} {
		err := classified(&pq.Error{Code: code, Message: "near SCRAM-SHA-256$4096:secret"})
		if got := providers.ClassOf(err); got != class {
			t.Errorf("%s is %s, want %s", code, got, class)
		}
		if text := err.Error() + providers.Sentence(err); strings.Contains(text, "secret") {
			t.Errorf("%s quotes a verifier: %s", code, text)
		}
	}
	if err := classified(errors.New("EOF")); !errors.Is(err, providers.ErrOutcomeUnknown) {
		t.Errorf("a lost connection: %v", err)
	}
}

func TestBinding_ForeignRole_IsLeftAlone(t *testing.T) {
	f := newFixture(t)
	f.asAdmin("postgres", "CREATE ROLE taken_name NOLOGIN", "COMMENT ON ROLE taken_name IS 'the shop'")
	task := f.binding("a", `{"Username":"taken_name"}`)
	if step, _ := f.drive(task); step.Action != providers.Fail || step.Kind != providers.Invalid {
		t.Errorf("step = %s %s", step.Action, step.Kind)
	}
	f.unbind(task)
	admin := f.enter(map[string]string{"username": admin, "password": adminPassword}, "postgres")
	if n := f.count(admin, "SELECT count(*) FROM pg_roles WHERE rolname = 'taken_name' AND shobj_description(oid, 'pg_authid') = 'the shop'"); n != 1 {
		t.Error("the role of another owner was changed")
	}
}

func TestBinding_ConnectionLost_IsFoundAgain(t *testing.T) {
	f := newFixture(t)
	f.config.Databases = f.config.Databases[:1]
	task := f.binding("a", ``)
	// Each step works, and its answer is lost.
	for range 20 {
		seen, err := f.Observe(t.Context(), *task)
		if err != nil {
			t.Fatal(err)
		}
		step := f.Next(*task, seen)
		if step.Action == providers.Done {
			f.run(f.enter(step.Credentials, ""), "CREATE TABLE notes (n int)")
			return
		}
		if _, err := f.Do(t.Context(), *task, step); err != nil {
			t.Fatal(err)
		}
	}
	t.Error("the binding was not done")
}

func TestConnection_Refused_IsTheOperators(t *testing.T) {
	f := newFixture(t)
	task := f.binding("a", ``)
	f.dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no route to host") }
	_, err := f.Observe(t.Context(), *task)
	if providers.ClassOf(err) != providers.Operator || !errors.Is(err, providers.ErrUnreachable) {
		t.Errorf("without a route: %v", err)
	}
	f.dial = nil
	f.config.TLS = TLS{Mode: "require"}
	if _, err := f.Observe(t.Context(), *task); !errors.Is(err, ErrTLS) || providers.ClassOf(err) != providers.Operator {
		t.Errorf("a server without TLS: %v", err)
	}
	f.config.TLS, f.config.AdminPassword = TLS{}, "Wrong-Pass1"
	if _, err := f.Observe(t.Context(), *task); !errors.Is(err, ErrAdminRefused) || providers.ClassOf(err) != providers.Operator || strings.Contains(err.Error(), "Wrong") {
		t.Errorf("another password: %v", err)
	}
}

func TestPrepare_Parameters_AreChecked(t *testing.T) {
	k := New(Config{Server: func(providers.Task) (Server, error) {
		return Server{Databases: []Database{{Name: "app"}}, AdminName: "sadmin"}, nil
	}})
	for _, parameters := range []string{
		`{"Username":"a"}`, `{"Username":"Upper"}`, `{"Username":"pg_x"}`, `{"Username":"osb_owner_x"}`, `{"Username":"sadmin"}`, `{"Username":"public"}`,
		`{"Username":"` + strings.Repeat("a", 64) + `"}`, `{"Username":7}`, `{"Password":"short"}`, `{"Access":"ddl"}`, `{"Database":"other"}`,
	} {
		_, err := k.Prepare(providers.Task{Kind: providers.Binding, Parameters: []byte(parameters), Of: &providers.Task{}})
		var f *providers.Failure
		if !errors.As(err, &f) || f.Kind != providers.Invalid {
			t.Errorf("%s: %v", parameters, err)
		}
	}
}
