package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/google/renameio/v2"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
)

// serve starts the emulator, prints its addresses, and stops it when ctx ends.
func serve(ctx context.Context, s *settings, stdout, stderr io.Writer) (err error) {
	engines, err := startEngines(s, stderr)
	if err != nil {
		return err
	}
	config := emulator.Config{
		Listen: s.listen, ControlListen: s.controlListen, Region: s.region, Profile: s.profile, Access: s.access, AccessKey: s.accessKey, StateFile: s.stateFile,
		TLSListen: s.tlsListen, MetadataListen: s.metadataListen, StrictTLS: s.strictTransport, MetadataV1: s.metadataV1, Account: s.account, AccountID: s.accountID,
		Switches: s.switches, PublicBuckets: s.publicBuckets, UnknownNotFound: s.unknownNotFound, OIDC: s.oidc,
		Report:  func(err error) { fmt.Fprintln(stderr, "alibabacloud-emulator:", err) },
		Unknown: func(call string) { fmt.Fprintln(stderr, "alibabacloud-emulator: not implemented:", call) },
	}
	if engines != nil {
		config.Engine = engines
		defer func() { err = errors.Join(err, engines.Close()) }()
	}
	server, err := emulator.New(config, emulator.Products)
	if err != nil {
		return err
	}
	if err := s.writeAuthorities(server); err != nil {
		return errors.Join(err, server.Close())
	}
	if err := greet(stdout, server, engines, s.accessKey == (emulator.AccessKey{})); err != nil {
		return errors.Join(err, server.Close())
	}
	<-ctx.Done()
	return server.Close()
}

// writeAuthorities writes the files that clients verify the emulator and its database
// servers by: each is whole or absent, since clients wait for it.
func (s *settings) writeAuthorities(server *emulator.Server) error {
	if s.caFile != "" {
		if err := renameio.WriteFile(s.caFile, server.CA(), 0o644); err != nil {
			return fmt.Errorf("--ca-file: %w", err)
		}
	}
	if s.databaseCAFile == "" {
		return nil
	}
	authority, err := server.RDS().Authority()
	if err == nil {
		err = renameio.WriteFile(s.databaseCAFile, []byte(authority), 0o644)
	}
	if err != nil {
		return fmt.Errorf("--database-ca-file: %w", err)
	}
	return nil
}

// startEngines starts the database servers of --engines. It returns nil where the
// emulator runs without engines.
func startEngines(s *settings, stderr io.Writer) (*engine.Installed, error) {
	if s.engines == "none" {
		return nil, nil
	}
	options := engine.Options{Dir: s.engineDir, AdvertiseHost: s.advertiseHost}
	if s.advertiseHost != "127.0.0.1" {
		options.ListenHost = "0.0.0.0" // the whitelists decide which clients connect
	}
	engines, err := engine.Open(options)
	if err != nil {
		return nil, err
	}
	missing := errors.Join(engines.Missing()...)
	if missing == nil {
		return engines, nil
	}
	const install = "install it (Debian: apt-get install mariadb-server-core postgresql)"
	if len(engines.Names()) == 0 && s.engines == "real" {
		return nil, errors.Join(fmt.Errorf("--engines=real needs MariaDB or PostgreSQL; %s, or choose --engines=none: %w", install, missing), engines.Close())
	}
	fmt.Fprintf(stderr, "\n*** A database server is not installed: emulated RDS instances of its kind have no database, and their credentials WILL NOT CONNECT.\n*** Here: %s. To have the other, %s and start again.\n*** %v\n\n",
		cmp.Or(strings.Join(engines.Names(), ", "), "none"), install, missing)
	if len(engines.Names()) == 0 {
		return nil, engines.Close()
	}
	return engines, nil
}

// greet prints the addresses and the identity that clients need. It prints the
// secret of the access key only where this start made the key.
func greet(stdout io.Writer, server *emulator.Server, engines *engine.Installed, isNewKey bool) error {
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "cloud\t%s\n", server.URL())
	for _, also := range [][2]string{{"https", server.TLSURL()}, {"metadata", server.MetadataURL()}, {"control", server.ControlURL()}} {
		if also[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", also[0], also[1])
		}
	}
	fmt.Fprintf(w, "account\t%s\nregion\t%s\n", server.AccountID(), server.Region())
	if region, ok := server.Network().Region(server.Region()); ok {
		for _, vpc := range region.VPCs {
			fmt.Fprintf(w, "vpc\t%s %s\n", vpc.ID, vpc.CIDR)
			for _, vsw := range vpc.VSwitches {
				fmt.Fprintf(w, "vswitch\t%s %s %s\n", vsw.ID, vsw.ZoneID, vsw.CIDR)
			}
		}
	}
	databases := "none: RDS credentials do not connect"
	if engines != nil {
		databases = strings.Join(engines.Names(), ", ")
	}
	fmt.Fprintf(w, "databases\t%s\naccess key id\t%s\n", databases, server.AccessKey().ID)
	if isNewKey {
		fmt.Fprintf(w, "access key secret\t%s\n", server.AccessKey().Secret)
	}
	return w.Flush()
}
