package rds

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A bindingPlan is what Prepare resolved for a binding.
type bindingPlan struct {
	Username    string           `json:"username"`
	Password    providers.Secret `json:"password"`
	Description string           `json:"description"`
	// Chosen says that the user chose the name: then it proves nothing by
	// itself.
	Chosen bool `json:"chosen,omitempty"`
}

func prepareBinding(t providers.Task) (bindingPlan, error) {
	plan := bindingPlan{
		Username:    accountName(t.Life),
		Password:    providers.Secret(newPassword()),
		Description: accountDescription(t.Life),
	}
	if t.Of == nil {
		return plan, errNoInstance()
	}
	of, err := instancePlanOf(*t.Of)
	if err != nil {
		return plan, err
	}
	var user struct {
		Username *string `json:"Username"`
		Password *string `json:"Password"`
	}
	if len(t.Parameters) > 0 {
		if err := json.Unmarshal(t.Parameters, &user); err != nil {
			return plan, &providers.Failure{Kind: providers.Invalid, Text: "Username and Password must be strings.", Cause: err}
		}
	}
	if user.Username != nil && *user.Username != "" {
		plan.Username, plan.Chosen = *user.Username, true
		if err := checkUsername(plan.Username, of.EngineVersion); err != nil {
			return plan, err
		}
		if sameName(plan.Username, of.SuperName) {
			return plan, providers.Failf(providers.Invalid, "The Username is kept for the broker; choose another.")
		}
	}
	if user.Password != nil && *user.Password != "" {
		plan.Password = providers.Secret(*user.Password)
		if err := checkPassword(*user.Password); err != nil {
			return plan, err
		}
	}
	return plan, nil
}

func plansOf(t providers.Task) (plan bindingPlan, of instancePlan, err error) {
	if err := providers.Decode(t.Plan, "plan of the binding", &plan); err != nil {
		return plan, of, err
	}
	if t.Of == nil {
		return plan, of, errNoInstance()
	}
	of, err = instancePlanOf(*t.Of)
	return plan, of, err
}

func errNoInstance() error { return providers.Unreadable(errors.New("rds: a binding of no instance")) }

// ours says whether an account is this binding's: it is described so, or, should
// somebody have changed that, it has the name that was drawn, or the one that we
// remember to have made. What is described as another binding's is never ours.
func (p bindingPlan) ours(a account, f providers.Facts) bool {
	switch {
	case a.Description == p.Description:
		return true
	case isAccountDescription(a.Description):
		return false
	}
	return !p.Chosen && a.Name == p.Username || f.Open[factAccount] != "" && sameName(a.Name, p.Username)
}

// remember returns what a look tells of whose the account is. What was described
// as ours is ours from then on; what is gone is not, whoever takes its name. One
// that was made just before the look is given time to show.
func (s accountState) remember(plan bindingPlan) providers.Facts {
	switch {
	case s.account != nil && s.account.Description == plan.Description:
		return open(factAccount, "true")
	case s.account == nil && !s.noInstance && s.asked != stepAccount:
		return open(factAccount, "")
	}
	return providers.Facts{}
}

const (
	available = "Available"
	busy      = "Unavailable" // being made, or being removed
	superType = "Super"
	normal    = "Normal"
	readWrite = "ReadWrite"
)

// accountAPI is the part of the RDS API that looking at an account takes.
type accountAPI interface {
	accounts(ctx context.Context, instanceID, name string) (list []account, found bool, err error)
	get(ctx context.Context, id string) (*dbInstance, error)
}

var _ accountAPI = client{}

// An accountState is what was seen of a binding.
type accountState struct {
	noInstance bool
	account    *account // of the binding's name; nil: there is none
	super      *account // looked for only where one is needed
	host, port string
	asked      string // the step made just before
}

func observeAccount(ctx context.Context, api accountAPI, t providers.Task, plan bindingPlan) (providers.Seen, error) {
	var s accountState
	var facts providers.Facts
	s.asked, facts = asked(t)
	id := t.Of.Facts.Open[factInstance]
	needSuper := t.Facts.Open[factSuper] != "" && t.Goal == providers.Present
	filter := plan.Username
	if plan.Chosen || needSuper {
		filter = "" // names that differ in case alone are one name, and the API's filter is exact
	}
	var list []account
	found := id != ""
	if found {
		var err error
		if list, found, err = api.accounts(ctx, id, filter); err != nil {
			return providers.Seen{}, err
		}
	}
	s.noInstance = !found
	for _, a := range list {
		switch {
		case sameName(a.Name, plan.Username):
			s.account = &a
		case needSuper && a.Type == superType:
			s.super = &a
		}
	}
	s.host, s.port = t.Of.Facts.Open[factHost], t.Of.Facts.Open[factPort]
	if found && t.Goal == providers.Present && (s.host == "" || s.port == "") {
		i, err := api.get(ctx, id)
		if err != nil {
			return providers.Seen{}, err
		}
		if i != nil {
			s.host, s.port = i.Host, i.Port
		}
	}
	if known := s.remember(plan); known.Open[factAccount] != t.Facts.Open[factAccount] {
		facts = facts.Merge(known)
	}
	exists := s.account != nil && plan.ours(*s.account, t.Facts)
	return providers.Seen{Exists: exists, Facts: facts, State: s}, nil
}

func nextForAccount(t providers.Task, plan bindingPlan, of instancePlan, s accountState) providers.Step {
	const making = "The database account is being created."
	a, id := s.account, t.Of.Facts.Open[factInstance]
	if t.Goal == providers.Absent {
		return nextToUnbind(t, plan, id, s)
	}
	switch {
	case s.noInstance:
		return providers.FailStep(providers.Broken, "The database server is not there; delete the service instance.")
	case s.host == "" || s.port == "":
		return providers.WaitStep("server", providers.Slow, "The database server has no address yet.")
	case a == nil && t.Facts.Open[factSuper] != "" && s.super == nil:
		return once(s.asked, stepSuper, making, accountRequest{InstanceID: id, Name: of.SuperName, Type: superType, Description: instanceDescription(t.Of.Life)})
	case a == nil && s.super != nil && s.super.Status == busy:
		return providers.WaitStep(stepSuper, providers.Quick, making)
	case a == nil:
		return once(s.asked, stepAccount, making, accountRequest{InstanceID: id, Name: plan.Username, Type: normal, Description: plan.Description})
	case !plan.ours(*a, t.Facts):
		return providers.FailStep(providers.Invalid, "The Username is in use on this instance; choose another, or leave it out.")
	case a.Status == busy:
		return providers.WaitStep(stepAccount, providers.Quick, making)
	case a.Grants[of.Database] != readWrite:
		return once(s.asked, stepGrant, "The database account is being given its rights.", grantRequest{InstanceID: id, Name: a.Name, Database: of.Database, Privilege: readWrite})
	}
	return providers.DoneStep(credentials(plan, of.Database, s.host, s.port))
}

func nextToUnbind(t providers.Task, plan bindingPlan, instanceID string, s accountState) providers.Step {
	const removing = "The database account is being removed."
	switch a := s.account; {
	case a == nil, !plan.ours(*a, t.Facts):
		return providers.DoneStep(nil)
	case a.Status == busy:
		return providers.WaitStep(stepDeleteAccount, providers.Quick, removing)
	default:
		return once(s.asked, stepDeleteAccount, removing, accountRequest{InstanceID: instanceID, Name: a.Name})
	}
}
