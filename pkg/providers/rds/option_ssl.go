package rds

import (
	"context"
	"encoding/json"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The values of SSL.
const (
	sslDisabled = "Disabled" // the server takes plain connections alone
	sslEnabled  = "Enabled"  // clients choose
	sslForced   = "Forced"   // plain connections are refused
)

// A seenSSL is the encryption of connections of a server.
type seenSSL struct {
	mode string // one of the values of SSL
	host string // the endpoint in the server's certificate
	// failed says that the cloud gave up the last change.
	failed bool
}

// sslOption encrypts connections to the internal endpoint, which the server's
// certificate then names. RDS for MariaDB has no action for that (RDS API, 2014-08-15).
func sslOption() option {
	const name = "SSL"
	return option{
		name: name, step: "ssl", text: "The encryption of connections is being set up.", reads: "DescribeDBInstanceSSL",
		refused: "RDS refuses this SSL for the server; choose another value, or leave it out.",
		normal: func(c optionContext, value, _ json.RawMessage) (json.RawMessage, *providers.Failure) {
			return value, c.plan.wrongSSL(valueOf[string](value))
		},
		remove: removedTo(`"` + sslDisabled + `"`),
		look: func(ctx context.Context, l optionLook) (any, providers.Facts, error) {
			seen, told, err := l.ssl(ctx, l.instance.ID)
			if err != nil {
				return nil, providers.Facts{}, err
			}
			facts := open(factTLSHost, seen.host)
			if seen.mode == sslDisabled {
				return seen, open(factTLSHost, ""), nil
			}
			if l.plan.Engine == enginePostgreSQL && seen.host == l.instance.Host {
				ca, err := l.authority(ctx, told)
				if err != nil {
					return nil, providers.Facts{}, err
				}
				facts = facts.Merge(ca)
			}
			return seen, facts, nil
		},
		isReached: func(want json.RawMessage, s instanceState) bool {
			seen, _ := s.options[name].(seenSSL)
			mode := valueOf[string](want)
			return seen.mode == mode && (mode == sslDisabled || seen.host == s.instance.Host)
		},
		next: func(o option, t providers.Task, plan instancePlan, s instanceState) providers.Step {
			if seen, _ := s.options[name].(seenSSL); seen.failed && t.HasBegun(o.step) {
				return providers.FailStep(providers.Broken, "RDS could not set up SSL on the server. Ask the operator of the broker to look at the server in the console of RDS, or leave SSL out.")
			}
			return o.stepWith(s, optionRequest{InstanceID: s.instance.ID, Value: plan.Options[name], Host: s.instance.Host, Engine: plan.Engine})
		},
		put: func(ctx context.Context, c client, r optionRequest, _ string) error { return c.setSSL(ctx, r) },
	}
}

// wrongSSL returns the failure of a mode that an engine lacks ("Use the SSL encryption
// feature" of RDS for MySQL and for PostgreSQL).
func (p *instancePlan) wrongSSL(mode string) *providers.Failure {
	old := p.EngineVersion == "5.5" || p.EngineVersion == "5.6"
	switch {
	case mode == sslDisabled:
		return nil
	case p.Engine == engineMariaDB:
		return providers.Unprocessablef("SSL: RDS for MariaDB has no action for it; leave it out, or choose another engine.")
	case p.Engine == engineMySQL && (p.EngineVersion == "5.5" || p.EngineVersion == "5.6" && p.isBasic()):
		return providers.Unprocessablef("SSL: RDS has none for this version of MySQL; choose another plan, or leave it out.")
	case p.Engine == enginePostgreSQL && p.isServerless():
		return providers.Unprocessablef("SSL: RDS has none for serverless PostgreSQL; choose another plan, or leave it out.")
	case mode == sslForced && p.Engine == enginePostgreSQL:
		return providers.Unprocessablef("SSL: RDS cannot refuse plain connections to PostgreSQL; choose %s, and let clients verify.", sslEnabled)
	case mode == sslForced && old:
		return providers.Unprocessablef("SSL: RDS cannot refuse plain connections to MySQL %s; choose %s, or a later version.", p.EngineVersion, sslEnabled)
	}
	return nil
}

// A toldSSL is the part of the answer of DescribeDBInstanceSSL that the broker reads.
// The answer has a private key, too, which stays undecoded.
type toldSSL struct {
	*responses.BaseResponse

	SSLEnabled       string `json:"SSLEnabled"`
	ConnectionString string `json:"ConnectionString"`
	ForceEncryption  string `json:"ForceEncryption"`
	LastModifyStatus string `json:"LastModifyStatus"`
	ServerCAURL      string `json:"ServerCAUrl"`
	ServerCert       string `json:"ServerCert"`
}

// ssl reads the encryption of connections (RDS API, DescribeDBInstanceSSL). Engines have
// different words for the same.
func (c client) ssl(ctx context.Context, id string) (seenSSL, *toldSSL, error) {
	req, resp := rds.CreateDescribeDBInstanceSSLRequest(), &toldSSL{BaseResponse: &responses.BaseResponse{}}
	req.RegionId, req.DBInstanceId = c.region, id
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return seenSSL{}, nil, err
	}
	seen := seenSSL{mode: sslDisabled, host: resp.ConnectionString, failed: resp.LastModifyStatus == "failed"}
	switch isOn := resp.SSLEnabled == "Yes" || resp.SSLEnabled == "on"; {
	case isOn && resp.ForceEncryption == "1":
		seen.mode = sslForced
	case isOn:
		seen.mode = sslEnabled
	}
	return seen, resp, nil
}

// setSSL enables or disables the encryption (RDS API, ModifyDBInstanceSSL). MySQL
// restarts for it.
func (c client) setSSL(ctx context.Context, r optionRequest) error {
	mode := valueOf[string](r.Value)
	req, resp := rds.CreateModifyDBInstanceSSLRequest(), rds.CreateModifyDBInstanceSSLResponse()
	req.RegionId, req.DBInstanceId, req.ConnectionString = c.region, r.InstanceID, r.Host
	req.SSLEnabled = requests.NewInteger(0)
	if mode != sslDisabled {
		req.SSLEnabled = requests.NewInteger(1)
	}
	if r.Engine == engineMySQL {
		req.ForceEncryption = map[string]string{sslForced: "1", sslEnabled: "0"}[mode]
	}
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}
