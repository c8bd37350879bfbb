package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
)

// settings are the program's flags and environment, checked.
type settings struct {
	listen, controlListen, region string
	tlsListen, metadataListen     string // empty: not served
	caFile                        string // where the CA's certificate goes
	strictTLS, metadataV1         bool
	oidc                          []sts.Provider
	engines                       string // none, real or auto
	engineDir, advertiseHost      string
	stateFile                     string // empty: the state is not kept
	profile                       rds.Profile
	accessKey                     emulator.AccessKey // empty: make one
}

// parse reads the flags, which are stronger than the environment.
func parse(args []string, getenv func(string) string, output io.Writer) (settings, error) {
	var s settings
	var profile, oidcFile string
	flags := flag.NewFlagSet("alibabacloud-emulator", flag.ContinueOnError)
	flags.SetOutput(output)
	text := func(to *string, name, env, def, usage string) {
		if v := getenv(env); v != "" {
			def = v
		}
		flags.StringVar(to, name, def, usage+" ("+env+")")
	}
	text(&s.listen, "listen", "EMULATOR_LISTEN", "127.0.0.1:8007", "`address` of the cloud: RPC products, OSS and metadata")
	text(&s.controlListen, "control-listen", "EMULATOR_CONTROL_LISTEN", "127.0.0.1:8008", "`address` of the control API: faults, time, calls, state; keep it on loopback")
	text(&s.tlsListen, "tls-listen", "EMULATOR_TLS_LISTEN", "", "`address` of the cloud over HTTPS (default: none)")
	text(&s.caFile, "ca-file", "EMULATOR_CA_FILE", "", "`file` that the certificate of the CA behind --tls-listen is written to; it is made anew at each start")
	text(&s.metadataListen, "metadata-listen", "EMULATOR_METADATA_LISTEN", "", "`address` of the metadata service alone; it is on --listen too (default: none)")
	text(&oidcFile, "oidc-file", "EMULATOR_OIDC_FILE", "", "`file` with a JSON list of OIDC providers for AssumeRoleWithOIDC: name, issuer, clientIds, jwks or \"trustAny\": true")
	flags.BoolVar(&s.strictTLS, "strict-tls", false, "refuse RAM and STS over plain HTTP, as the real ones do")
	flags.BoolVar(&s.metadataV1, "metadata-v1", false, "let the metadata service answer without a token too")
	text(&s.engines, "engines", "EMULATOR_ENGINES", "none", "database servers behind emulated RDS instances: none, real (MariaDB and PostgreSQL, those that are installed), or auto for real where one is installed")
	text(&s.engineDir, "engine-dir", "EMULATOR_ENGINE_DIR", "", "`folder` for the data of database servers; it is removed at the end (default: in the system's temporary folder)")
	text(&s.advertiseHost, "advertise-host", "EMULATOR_ADVERTISE_HOST", "127.0.0.1", "`host` under which clients reach the database servers; on another one than 127.0.0.1 they listen on all addresses")
	text(&s.stateFile, "state-file", "EMULATOR_STATE_FILE", "", "`file` that keeps the state over restarts, with the secrets of the emulated account; database servers start anew and empty (default: nothing is kept)")
	text(&profile, "profile", "EMULATOR_PROFILE", "seconds", "how long things take: instant, seconds or realistic")
	text(&s.region, "region", "REGION", "cn-hangzhou", "`region` of the metadata service")
	flags.Usage = func() {
		fmt.Fprintln(output, "Usage: alibabacloud-emulator [flags]")
		flags.PrintDefaults()
		fmt.Fprintln(output, "--version alone prints the version.")
		fmt.Fprintln(output, "The account's access key is EMULATOR_ACCESS_KEY_ID and EMULATOR_ACCESS_KEY_SECRET; without them one is made and shown.")
	}
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	if flags.NArg() > 0 {
		return settings{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	profiles := map[string]func() rds.Profile{"instant": rds.Instant, "seconds": rds.Seconds, "realistic": rds.Realistic}
	choose, ok := profiles[profile]
	if !ok {
		return settings{}, fmt.Errorf("--profile=%s: it must be instant, seconds or realistic", profile)
	}
	s.profile = choose()
	switch s.engines {
	case "none", "real", "auto":
	default:
		return settings{}, fmt.Errorf("--engines=%s: it must be none, real or auto", s.engines)
	}
	if (s.tlsListen == "") != (s.caFile == "") {
		return settings{}, errors.New("set both --tls-listen and --ca-file, or neither: without its CA nobody trusts the emulator")
	}
	if oidcFile != "" {
		var err error
		if s.oidc, err = readProviders(oidcFile); err != nil {
			return settings{}, fmt.Errorf("--oidc-file: %w", err)
		}
	}
	s.accessKey = emulator.AccessKey{ID: getenv("EMULATOR_ACCESS_KEY_ID"), Secret: getenv("EMULATOR_ACCESS_KEY_SECRET")}
	if (s.accessKey.ID == "") != (s.accessKey.Secret == "") {
		return settings{}, errors.New("set both EMULATOR_ACCESS_KEY_ID and EMULATOR_ACCESS_KEY_SECRET, or neither")
	}
	return s, nil
}

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
