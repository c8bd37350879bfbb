package sqllogin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/password"
)

// plan is the plan of a binding.
type plan struct {
	Kind        string           `json:"kind"` // Name
	Username    string           `json:"username"`
	Password    providers.Secret `json:"password"`
	Description string           `json:"description"`
	// Chosen says that the user chose the name. Only a drawn name proves ownership.
	Chosen bool `json:"chosen,omitempty"`
	// Access is readWrite or readOnly.
	Access string `json:"access"`
	// Database is the one that the login may enter; empty: all of the server.
	Database string `json:"database,omitempty"`
}

// Values of the parameter Access.
const (
	readWrite = "readwrite"
	readOnly  = "readonly"
)

// databases returns the databases that the login may enter.
func (p plan) databases(s Server) []Database {
	for _, d := range s.Databases {
		if d.Name == p.Database {
			return []Database{d}
		}
	}
	return s.Databases
}

// Prepare draws name and password, or checks the ones that the user chose.
func (k Kind) Prepare(t providers.Task) (providers.Plan, error) {
	s, err := k.server(t)
	if err != nil {
		return nil, err
	}
	p, err := plan{
		Kind: Name, Username: loginName(t.Life), Password: password.New(), Description: description(t), Access: readWrite,
	}.choose(t.Parameters, s)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(p) //nolint:gosec // the plan is sealed before it is stored
	if err != nil {
		return nil, fmt.Errorf("sqllogin: write the plan: %w", err)
	}
	return b, nil
}

// bindParameters are the user's parameters of a binding.
type bindParameters struct {
	Username string `json:"Username"`
	Password string `json:"Password"`
	Access   string `json:"Access"`
	Database string `json:"Database"`
}

// choose returns the plan with the user's parameters.
func (p plan) choose(raw json.RawMessage, s Server) (plan, error) {
	var user bindParameters
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &user); err != nil {
			return p, &providers.Failure{Kind: providers.Invalid, Text: "Username, Password, Access and Database must be strings.", Cause: err}
		}
	}
	if user.Username != "" {
		p.Username, p.Chosen = user.Username, true
		if err := checkUsername(p.Username, s); err != nil {
			return p, err
		}
	}
	if user.Password != "" {
		p.Password = providers.Secret(user.Password)
		if err := password.Check(user.Password); err != nil {
			return p, err
		}
	}
	switch access := strings.ToLower(user.Access); access {
	case "":
	case readWrite, readOnly:
		p.Access = access
	default:
		return p, providers.Failf(providers.Invalid, "Access must be readwrite or readonly for a database of PostgreSQL.")
	}
	if user.Database != "" {
		p.Database = user.Database
		if !slices.ContainsFunc(s.Databases, func(d Database) bool { return d.Name == user.Database }) {
			names := make([]string, len(s.Databases))
			for i, d := range s.Databases {
				names[i] = d.Name
			}
			return p, providers.Failf(providers.Invalid, "The instance has no database of the name in Database; choose among %s, or leave it out for all.", strings.Join(names, ", "))
		}
	}
	return p, nil
}

// Claim returns the login's name.
func (k Kind) Claim(t providers.Task) (providers.Claim, error) {
	var p plan
	if err := providers.Decode(t.Plan, "plan of the binding", &p); err != nil {
		return providers.Claim{}, err
	}
	c := providers.Claim{Name: p.Username}
	if p.Chosen {
		c.Parameter = "Username"
	}
	return c, nil
}
