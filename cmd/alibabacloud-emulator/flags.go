package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"

	"github.com/spf13/pflag"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
)

// settings are the flags and the environment of the program.
type settings struct {
	listen, controlListen, region string
	tlsListen, metadataListen     string // empty: not served
	caFile                        string // for the CA's certificate
	databaseCAFile                string // for that of the database servers
	strictTransport, metadataV1   bool
	publicBuckets                 bool
	unknownNotFound               bool
	accountText, behaviourText    string
	switches                      emulator.Switches
	account                       emulator.Account
	accountID                     string // empty: the fixed number
	oidcFile                      string // empty: no provider
	oidc                          []sts.Provider
	engines                       string // none, real or auto
	engineDir, advertiseHost      string
	stateFile                     string // empty: the state is not kept
	profileName                   string
	profile                       rds.Profile
	access                        ram.Behaviour
	accessKey                     emulator.AccessKey // empty: make one
}

// flags returns the settings as flags. An environment variable is the default of
// its flag.
func (s *settings) flags(getenv func(string) string) *pflag.FlagSet {
	fs := pflag.NewFlagSet("settings", pflag.ContinueOnError)
	fs.SortFlags = false
	text := func(to *string, name, env, otherwise, usage string) {
		fs.StringVar(to, name, cmp.Or(getenv(env), otherwise), usage+" ("+env+")")
	}
	text(&s.listen, "listen", "EMULATOR_LISTEN", "127.0.0.1:8007", "`address` of the cloud: RPC products, OSS and metadata")
	text(&s.controlListen, "control-listen", "EMULATOR_CONTROL_LISTEN", "127.0.0.1:8008", "`address` of the control API for faults, time, calls and state; keep it on loopback")
	text(&s.tlsListen, "tls-listen", "EMULATOR_TLS_LISTEN", "", "`address` of the cloud over HTTPS (default: none)")
	text(&s.caFile, "ca-file", "EMULATOR_CA_FILE", "", "`file` to write the CA certificate of --tls-listen to; each start makes a new CA")
	text(&s.databaseCAFile, "database-ca-file", "EMULATOR_DATABASE_CA_FILE", "", "`file` to write the certificate of the authority to that signs those of database servers with SSL; --state-file keeps it")
	text(&s.metadataListen, "metadata-listen", "EMULATOR_METADATA_LISTEN", "", "`address` of the metadata service alone; --listen serves it too (default: none)")
	text(&s.oidcFile, "oidc-file", "EMULATOR_OIDC_FILE", "", "`file` with a JSON list of OIDC providers for AssumeRoleWithOIDC: name, issuer, clientIds, jwks or \"trustAny\": true")
	fs.BoolVar(&s.strictTransport, "strict-tls", false, "refuse RAM and STS over plain HTTP, as the real ones do")
	text(&s.accountText, "account", "EMULATOR_ACCOUNT", string(emulator.AccountToday), "`age` of the account, a switch over single ones: today or 2024")
	text(&s.accountID, "account-id", "EMULATOR_ACCOUNT_ID", "", "`number` of the account, 16 digits, for several accounts by several emulators (default: 1000000000000001)")
	fs.BoolVar(&s.publicBuckets, "public-buckets", false, "let new OSS buckets have public ACLs, as before October 2025")
	text(&s.behaviourText, "behaviour", "EMULATOR_BEHAVIOUR", "", "`switches` as JSON, as POST /behaviour of the control API takes them: {\"oss\":{\"RefuseV1\":false}}")
	fs.BoolVar(&s.unknownNotFound, "unknown-not-found", false, "refuse what the emulator lacks with 404 InvalidAction.NotFound or 400, which clients take as final, instead of 501")
	fs.BoolVar(&s.metadataV1, "metadata-v1", false, "let the metadata service answer requests without a token too")
	text(&s.engines, "engines", "EMULATOR_ENGINES", "none", "`engines` behind emulated RDS instances: none, real (the installed ones of MariaDB and PostgreSQL), or auto for real where one is installed")
	text(&s.engineDir, "engine-dir", "EMULATOR_ENGINE_DIR", "", "`folder` for the data of database servers, removed at the end (default: in the system's temporary folder)")
	text(&s.advertiseHost, "advertise-host", "EMULATOR_ADVERTISE_HOST", "127.0.0.1", "`host` under which clients reach the database servers; with another than 127.0.0.1 they listen on all addresses")
	text(&s.stateFile, "state-file", "EMULATOR_STATE_FILE", "", "`file` that keeps the state over restarts, with the secrets of the emulated account; database servers start empty (default: nothing is kept)")
	text(&s.profileName, "profile", "EMULATOR_PROFILE", "seconds", "`profile` of durations: instant, seconds or realistic")
	text(&s.region, "region", "REGION", "cn-hangzhou", "`region` of the metadata service")
	return fs
}

// read checks the flags, and reads the files that they name and the account's key.
func (s *settings) read(getenv func(string) string) error {
	switch s.profileName {
	case "instant":
		s.profile, s.access = rds.Instant(), ram.Instant()
	case "seconds":
		s.profile, s.access = rds.Seconds(), ram.Seconds()
	case "realistic":
		s.profile, s.access = rds.Realistic(), ram.Realistic()
	default:
		return fmt.Errorf("--profile=%s is unknown: use instant, seconds or realistic", s.profileName)
	}
	if err := s.account.UnmarshalText([]byte(s.accountText)); err != nil {
		return fmt.Errorf("--account: %w", err)
	}
	if s.accountID != "" && !regexp.MustCompile(`^[0-9]{16}$`).MatchString(s.accountID) {
		return fmt.Errorf("--account-id %q must have 16 digits", s.accountID)
	}
	if s.behaviourText != "" {
		if err := json.Unmarshal([]byte(s.behaviourText), &s.switches); err != nil {
			return fmt.Errorf(`--behaviour is a JSON object of products with their switches, such as {"oss":{"RefuseV1":false}}: %w`, err)
		}
	}
	if !slices.Contains(engineChoices(), s.engines) {
		return fmt.Errorf("--engines=%s is unknown: use none, real or auto", s.engines)
	}
	if (s.tlsListen == "") != (s.caFile == "") {
		return errors.New("--tls-listen and --ca-file go together: clients need the CA of the emulator; set both or none")
	}
	if s.oidcFile != "" {
		var err error
		if s.oidc, err = readProviders(s.oidcFile); err != nil {
			return fmt.Errorf("--oidc-file: %w", err)
		}
	}
	s.accessKey = emulator.AccessKey{ID: getenv("EMULATOR_ACCESS_KEY_ID"), Secret: getenv("EMULATOR_ACCESS_KEY_SECRET")}
	if (s.accessKey.ID == "") != (s.accessKey.Secret == "") {
		return errors.New("EMULATOR_ACCESS_KEY_ID and EMULATOR_ACCESS_KEY_SECRET go together: set both or none")
	}
	return nil
}

// engineChoices returns the values of --engines.
func engineChoices() []string { return []string{"none", "real", "auto"} }

// readProviders reads a JSON list of OIDC providers.
func readProviders(file string) ([]sts.Provider, error) {
	b, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err != nil {
		return nil, err
	}
	var list []sts.Provider
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, p := range list {
		if p.Name == "" || p.Issuer == "" || len(p.ClientIDs) == 0 {
			return nil, fmt.Errorf("%s: a provider needs name, issuer and clientIds", file)
		}
	}
	return list, nil
}
