package rds

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/sqllogin"
)

// opened is a binding kind that reaches the server itself. It admits the broker's
// addresses by a group of the whitelist, and makes the broker's own account. Both are
// looked at when a binding begins, and where the kind inside finds the server out of
// reach or its account refused, as after changes by hand.
type opened struct {
	providers.Provider // the kind inside

	instances instances
}

var _ providers.Wrapper = opened{}

// Unwrap returns the kind inside.
func (o opened) Unwrap() providers.Provider { return o.Provider }

// brokerGroup is the group of the whitelist with the broker's own addresses.
const brokerGroup = "osb_broker"

// Facts of a binding.
const (
	factOpened   = "server_open"        // "true" once group and account were seen
	factPassword = "admin_password_set" // "true" after the password of the broker's account was set anew
)

// The steps.
const (
	stepBrokerGroup   = "broker-whitelist"
	stepAdmin         = "admin-account"
	stepAdminPassword = "admin-password"
)

const textOpening = "The database server is being opened to the broker."

// A closedServer is the observed state of a server that the broker cannot enter.
type closedServer struct {
	id          string
	asked       string
	wanted, set string // the broker's addresses, with commas
	admin       *dbaccount.Account
	isRefused   bool // the server refused the account
	isMissing   bool // the instance is no longer there
	// isUnused says that a binding to be removed was never begun, since the account that
	// makes its login does not exist.
	isUnused bool
}

// Observe looks as the kind inside does, and at group and account.
func (o opened) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	if t.Of == nil {
		return o.Provider.Observe(ctx, t)
	}
	var facts providers.Facts
	if t.Goal == providers.Present && t.Facts.Open[factOpened] == "" {
		seen, err := o.look(ctx, t, nil)
		if err != nil || seen != nil {
			return orNone(seen), err
		}
		facts = open(factOpened, "true")
	}
	seen, err := o.Provider.Observe(ctx, t)
	switch {
	case errors.Is(err, providers.ErrUnreachable), errors.Is(err, sqllogin.ErrAdminRefused):
		closed, lookErr := o.look(ctx, t, err)
		if lookErr != nil || closed != nil {
			return orNone(closed), lookErr
		}
		return seen, err
	case err == nil && t.Facts.Open[factPassword] != "":
		facts = facts.Merge(open(factPassword, ""))
	}
	seen.Facts = facts.Merge(seen.Facts)
	return seen, err
}

func orNone(seen *providers.Seen) providers.Seen {
	if seen == nil {
		return providers.Seen{}
	}
	return *seen
}

// look looks at group and account; nil says that the server is open, or missing, so
// that refused, the error of the kind inside, stands.
func (o opened) look(ctx context.Context, t providers.Task, refused error) (*providers.Seen, error) {
	s, err := o.state(ctx, t)
	if err != nil || s == nil {
		return nil, sentences().Of(err)
	}
	var facts providers.Facts
	s.asked, facts = effect.Asked(t)
	s.isUnused = t.Goal == providers.Absent && s.admin == nil && !t.Usable && !t.HasBegun(sqllogin.StepLogin)
	s.isRefused = errors.Is(refused, sqllogin.ErrAdminRefused) && t.Facts.Open[factPassword] == ""
	if s.isRefused && s.admin != nil {
		plan, err := instancePlanOf(*t.Of)
		if err != nil {
			return nil, err
		}
		// RDS begins the description of the first such account with "template1 public schema
		// owner." (RDS for PostgreSQL, "Create an account").
		if want := instanceDescription(t.Of.Life); !strings.HasSuffix(s.admin.Description, want) || s.admin.Type != dbaccount.Super {
			return nil, fmt.Errorf("%w: account %s of DB instance %s has the type %s, and its description is not %s: %w", providers.ErrForeign, plan.SuperName, s.id, s.admin.Type, want, refused)
		}
	}
	if !s.isMissing && !s.isUnused && s.next(t).Action == providers.Done {
		return nil, nil //nolint:nilnil // nil: the kind inside goes on
	}
	exists := t.Goal == providers.Absent && !s.isMissing && !s.isUnused
	return &providers.Seen{Exists: exists, Facts: facts, State: *s}, nil
}

// state reads group and account; nil: the server is missing, or has no address yet.
func (o opened) state(ctx context.Context, t providers.Task) (*closedServer, error) {
	plan, err := instancePlanOf(*t.Of)
	if err != nil {
		return nil, err
	}
	at, err := o.instances.find(ctx, *t.Of)
	if err != nil || at == nil || at.Host == "" {
		return nil, err
	}
	from, err := o.instances.reach(*t.Of)
	if err != nil {
		return nil, err
	}
	s := &closedServer{id: at.ID}
	if s.wanted, err = from.brokerAddresses(ctx, *at, t.Of.Facts.Open[factVPC]); err != nil {
		return nil, err
	}
	groups, err := from.client().whitelistGroups(ctx, at.ID)
	if errors.Is(err, providers.ErrNotFound) {
		return &closedServer{isMissing: true}, nil
	}
	if err != nil {
		return nil, err
	}
	s.set = groups[brokerGroup]
	accounts, _, err := from.client().Accounts(ctx, at.ID, plan.SuperName)
	if err != nil {
		return nil, err
	}
	if len(accounts) > 0 {
		s.admin = &accounts[0]
	}
	return s, nil
}

// next returns the step that opens the server; Done: it is open.
func (s closedServer) next(t providers.Task) providers.Step {
	instance := *t.Of
	plan, err := instancePlanOf(instance)
	switch {
	case (s.isMissing || s.isUnused) && t.Goal == providers.Absent:
		return providers.DoneStep(nil)
	case s.isMissing:
		return providers.FailStep(providers.Broken, "The database server is not there; delete the service instance.")
	case err != nil:
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	case s.wanted != "" && !sameEntries(s.wanted, s.set):
		return effect.Once(s.asked, stepBrokerGroup, textOpening, whitelistRequest{InstanceID: s.id, Group: brokerGroup, SecurityIPs: s.wanted})
	case s.admin == nil:
		return effect.Once(s.asked, stepAdmin, textOpening, dbaccount.AccountRequest{
			InstanceID: s.id, Name: plan.SuperName, Type: dbaccount.Super, Description: instanceDescription(instance.Life),
		})
	case s.admin.Busy:
		return providers.WaitStep(stepAdmin, providers.Quick, textOpening)
	case s.isRefused:
		return effect.Once(s.asked, stepAdminPassword, textOpening, dbaccount.AccountRequest{InstanceID: s.id, Name: plan.SuperName})
	}
	return providers.DoneStep(nil)
}

// Next opens the server, or decides as the kind inside.
func (o opened) Next(t providers.Task, seen providers.Seen) providers.Step {
	if s, ok := seen.State.(closedServer); ok && t.Of != nil {
		return s.next(t)
	}
	return o.Provider.Next(t, seen)
}

// Do makes the call of a step.
func (o opened) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	switch s.Name {
	case stepBrokerGroup, stepAdmin, stepAdminPassword:
	default:
		return o.Provider.Do(ctx, t, s)
	}
	from, err := o.instances.reach(*t.Of)
	if err != nil {
		return providers.Facts{}, err
	}
	facts, err := o.call(ctx, from.client(), t, s)
	if err != nil {
		return facts, sentences().Of(fmt.Errorf("rds: %s: %w", s.Name, err))
	}
	return effect.Made(facts, s.Name), nil
}

func (o opened) call(ctx context.Context, c client, t providers.Task, s providers.Step) (providers.Facts, error) {
	plan, err := instancePlanOf(*t.Of)
	if err != nil {
		return providers.Facts{}, err
	}
	if s.Name == stepBrokerGroup {
		r, err := requestOf[whitelistRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		return providers.Facts{}, c.whitelist(ctx, r)
	}
	r, err := requestOf[dbaccount.AccountRequest](s)
	if err != nil {
		return providers.Facts{}, err
	}
	if s.Name == stepAdmin {
		return providers.Facts{}, c.CreateAccount(ctx, r, plan.SuperPassword)
	}
	return learned(open(factPassword, "true"), c.SetPassword(ctx, r, plan.SuperPassword))
}
