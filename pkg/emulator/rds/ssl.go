package rds

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// sslModifying is the state of an instance while its SSL changes (Terraform's
// provider waits on it).
const sslModifying = "SSL_MODIFYING"

// certificateLife is the life of the cloud's certificates ("Use the SSL encryption
// feature").
const certificateLife = 365 * 24 * time.Hour

// sslSettings are an instance's encryption of connections.
type sslSettings struct {
	Enabled          bool      `json:"enabled"`
	ConnectionString string    `json:"connectionString"` // of the one endpoint in the certificate
	Created          time.Time `json:"created"`
	Force            bool      `json:"force,omitempty"`
	CAType           string    `json:"caType"`
	ServerCert       string    `json:"serverCert,omitempty"` // a custom one
	ServerKey        string    `json:"serverKey,omitempty"`
	ClientCA         string    `json:"clientCA,omitempty"` // empty: clients need no certificate
	ClientCRL        string    `json:"clientCRL,omitempty"`
	ACL              string    `json:"acl,omitempty"`
	ReplicationACL   string    `json:"replicationACL,omitempty"`
	TLSVersion       string    `json:"tlsVersion,omitempty"` // of SQL Server
	IssuedCert       string    `json:"issuedCert,omitempty"` // the authority's, in PEM; older states have none
	IssuedKey        string    `json:"issuedKey,omitempty"`
}

// sslRefusal returns the error of SSL's actions for an instance that has none; the
// codes are those that Terraform's provider expects (A335).
func (in *instance) sslRefusal() *rpc.Error {
	switch {
	case in.engine == "MariaDB":
		return bad("InvaildEngineInRegion.ValueNotSupported", "The engine does not support SSL.") // spelled so
	case in.engine == mySQL && (in.version == "5.5" || in.version == "5.6" && in.category == "Basic"):
		return bad("InstanceEngineType.NotSupport", "The version of the engine does not support SSL.")
	case in.engine == postgreSQL && in.storageType == localSSD:
		return bad("OperationDenied.DBInstanceType", "An instance with local disks does not support SSL.")
	}
	return nil
}

// takesForce reports whether SSL can be made mandatory ("Use the SSL encryption
// feature" of RDS for MySQL and for SQL Server).
func (in *instance) takesForce() bool {
	return in.engine == "SQLServer" || in.engine == mySQL && in.version != "5.5" && in.version != "5.6"
}

// modifySSL is ModifyDBInstanceSSL of the RDS API: SSL is enabled for one endpoint,
// renewed, configured or disabled.
func (s *Service) modifySSL(r *rpc.Request) (any, *rpc.Error) {
	host, fail := r.Require("ConnectionString")
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	if fail := in.sslRefusal(); fail != nil {
		return nil, fail
	}
	if !in.names(in.private, host) && (in.public == nil || !in.names(*in.public, host)) {
		return nil, rpc.Errorf(http.StatusNotFound, "InvalidConnectionString.NotFound", "The instance has no connection of this name.")
	}
	next := sslSettings{CAType: "aliyun"}
	if in.settings.SSL != nil {
		next = *in.settings.SSL
	}
	next.ConnectionString = strings.Clone(host)
	switch r.Get("SSLEnabled") {
	case "0":
		next = sslSettings{CAType: "aliyun"}
	case "1", "2": // 2 renews the certificate on SQL Server
		next.Enabled, next.Created = true, r.Now
	case "":
		if !next.Enabled {
			return nil, rpc.Missing("SSLEnabled")
		}
	default:
		return nil, bad("InvalidParameter", "SSLEnabled is 1 or 0.")
	}
	for _, read := range []func(*rpc.Request, *instance) *rpc.Error{next.readForce, next.readCertificate, next.readClients} {
		if fail := read(r, in); fail != nil {
			return nil, fail
		}
	}
	if next.Enabled && next.CAType == "aliyun" && (next.IssuedCert == "" || next.Created.Equal(r.Now)) {
		if err := s.issue(in, &next); err != nil {
			return nil, rpc.Errorf(http.StatusInternalServerError, "InternalError", "%v", err)
		}
	}
	in.settings.SSL = &next
	in.begin(sslModifying, r.Now.Add(s.profile.Restart))
	if in.server != nil {
		in.working = true
		encryption := next.encryption()
		s.background.Go(func() { s.encrypt(in, encryption) })
	}
	return nil, nil
}

// readForce reads ForceEncryption and TlsVersion.
func (l *sslSettings) readForce(r *rpc.Request, in *instance) *rpc.Error {
	switch force := r.Get("ForceEncryption"); {
	case force == "":
	case force != "0" && force != "1":
		return bad("InvalidParameter", "ForceEncryption is 1 or 0.")
	case force == "1" && (!in.takesForce() || !l.Enabled):
		return bad("InvalidParameter", "ForceEncryption is for MySQL from 5.7 on and SQL Server, with SSL enabled.")
	default:
		l.Force = force == "1"
	}
	version := r.Get("TlsVersion")
	if version == "" {
		return nil
	}
	if in.engine != "SQLServer" || !slices.Contains([]string{"1.0", "1.1", "1.2"}, version) {
		return bad("InvalidParameter", "TlsVersion is 1.0, 1.1 or 1.2, on SQL Server alone.")
	}
	l.TLSVersion = strings.Clone(version)
	return nil
}

// readCertificate reads the certificate of the server. The cloud's is the default.
func (l *sslSettings) readCertificate(r *rpc.Request, in *instance) *rpc.Error {
	switch kind := r.Get("CAType"); {
	case kind == "":
		return nil
	case in.engine == "SQLServer" || kind != "aliyun" && kind != "custom":
		return bad("InvalidParameter", "CAType is aliyun or custom, on MySQL and PostgreSQL.")
	case kind == "aliyun":
		l.CAType, l.ServerCert, l.ServerKey = "aliyun", "", ""
		return nil
	}
	cert, fail := r.Require("ServerCert")
	if fail != nil {
		return fail
	}
	key, fail := r.Require("ServerKey")
	if fail != nil {
		return fail
	}
	l.CAType, l.ServerCert, l.ServerKey = "custom", strings.Clone(cert), strings.Clone(key)
	return nil
}

// readClients reads the part about the certificates of clients, which PostgreSQL
// alone has.
func (l *sslSettings) readClients(r *rpc.Request, in *instance) *rpc.Error {
	names := []string{"ClientCAEnabled", "ClientCACert", "ClientCrlEnabled", "ClientCertRevocationList", "ACL", "ReplicationACL"}
	if !slices.ContainsFunc(names, func(name string) bool { return r.Get(name) != "" }) {
		return nil
	}
	if in.engine != postgreSQL {
		return bad("InvalidParameter", "Certificates of clients are PostgreSQL's.")
	}
	for _, part := range []struct {
		enabled, content string
		to               *string
	}{{"ClientCAEnabled", "ClientCACert", &l.ClientCA}, {"ClientCrlEnabled", "ClientCertRevocationList", &l.ClientCRL}} {
		switch r.Get(part.enabled) {
		case "":
		case "0":
			*part.to = ""
		case "1":
			content, fail := r.Require(part.content)
			if fail != nil {
				return fail
			}
			*part.to = strings.Clone(content)
		default:
			return bad("InvalidParameter", "%s is 1 or 0.", part.enabled)
		}
	}
	for name, to := range map[string]*string{"ACL": &l.ACL, "ReplicationACL": &l.ReplicationACL} {
		how := r.Get(name)
		if how == "" {
			continue
		}
		old := slices.Contains([]string{"10.0", "11.0"}, in.version)
		if !slices.Contains([]string{"cert", "prefer", "verify-ca", "verify-full"}, how) || how == "verify-full" && old {
			return bad("InvalidParameter", "%s is cert, prefer, verify-ca or, from PostgreSQL 12 on, verify-full.", name)
		}
		*to = strings.Clone(how)
	}
	if l.ClientCA == "" && (l.ClientCRL != "" || l.ACL != "" || l.ReplicationACL != "") {
		return bad("InvalidParameter", "Revocation lists and access control need the certificate authority of the clients.")
	}
	return nil
}

// choose returns the first word if it is so, and the second otherwise.
func choose(so bool, words [2]string) string {
	if so {
		return words[0]
	}
	return words[1]
}

// protects reports whether SSL is enabled for an endpoint, which then stays. It may be
// renamed, though its old name is in the certificate (A336).
func (in *instance) protects(e endpoint) bool {
	l := in.settings.SSL
	return l != nil && l.Enabled && in.names(e, l.ConnectionString)
}

func protectedBySSL() *rpc.Error {
	return rpc.Errorf(http.StatusForbidden, "OperationDenied.SSLEnabled", "Disable SSL of the connection first.")
}
