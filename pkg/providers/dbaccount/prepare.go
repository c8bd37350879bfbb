package dbaccount

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/password"
)

// plan is the plan of a binding.
type plan struct {
	Username    string           `json:"username"`
	Password    providers.Secret `json:"password"`
	Description string           `json:"description"`
	// Chosen says that the user chose the name. Only a drawn name proves ownership.
	Chosen bool `json:"chosen,omitempty"`
}

// Prepare draws name and password, or checks the ones that the user chose.
func (k Kind) Prepare(t providers.Task) (providers.Plan, error) {
	s, err := k.server(t)
	if err != nil {
		return nil, err
	}
	p, err := plan{Username: accountName(t.Life), Password: password.New(), Description: description(t)}.choose(t.Parameters, s)
	if err == nil {
		err = p.checkLocked(t)
	}
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(p) //nolint:gosec // the plan is sealed before it is stored
	if err != nil {
		return nil, fmt.Errorf("dbaccount: write the plan: %w", err)
	}
	return b, nil
}

// choose returns the plan with the user's Username and Password.
func (p plan) choose(raw json.RawMessage, s Server) (plan, error) {
	var user struct {
		Username *string `json:"Username"`
		Password *string `json:"Password"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &user); err != nil {
			return p, &providers.Failure{Kind: providers.Invalid, Text: "Username and Password must be strings.", Cause: err}
		}
	}
	if user.Username != nil && *user.Username != "" {
		p.Username, p.Chosen = *user.Username, true
		if err := checkUsername(p.Username, s); err != nil {
			return p, err
		}
	}
	if user.Password != nil && *user.Password != "" {
		p.Password = providers.Secret(*user.Password)
		return p, password.Check(*user.Password)
	}
	return p, nil
}

// Claim returns the account's name. Names that differ in case alone are one name,
// since some servers compare them so.
func (k Kind) Claim(t providers.Task) (providers.Claim, error) {
	var p plan
	if err := providers.Decode(t.Plan, "plan of the binding", &p); err != nil {
		return providers.Claim{}, err
	}
	c := providers.Claim{Name: strings.ToLower(p.Username)}
	if p.Chosen {
		c.Parameter = "Username"
	}
	return c, nil
}
