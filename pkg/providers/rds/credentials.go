package rds

import (
	"net"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
)

// Facts about TLS of an instance. Instances without TLS have neither.
const (
	// factTLSHost is the endpoint that the server's certificate names, an open fact.
	factTLSHost = "tls_host"
	// factCA has the certificates, in PEM, that sign the server's. The fact is sealed:
	// with another CA in its place clients would trust another server.
	factCA = "ca"
)

// The values of "sslmode", in the words of PostgreSQL's clients.
const (
	sslDisable    = "disable"     // the server has no TLS
	sslRequire    = "require"     // TLS, and no certificate to compare the server's with
	sslVerifyCA   = "verify-ca"   // the certificate names another endpoint than "host"
	sslVerifyFull = "verify-full" // the certificate names "host"
)

// credentials returns the credentials of an application with a login of an instance:
// flat strings, under the names of the first broker and under the names that
// frameworks read: Spring (jdbc-url), Cloud Foundry's buildpacks (hostname, name) and
// servicebinding.io (type, provider).
func (i instances) credentials(instance providers.Task, l dbaccount.Login) (map[string]string, error) {
	plan, err := instancePlanOf(instance)
	if err != nil {
		return nil, err
	}
	ssl := i.sslOf(instance, plan.Engine, l.Host)
	d := dialectOf(plan.Engine)
	given := map[string]string{
		"type":                       d.scheme,
		providers.CredentialProvider: providers.CloudProvider,
		"engine":                     plan.Engine,
		"version":                    plan.EngineVersion,
		"uri":                        d.uri(l.Host, l.Port, l, ssl),
		"jdbcUrl":                    d.jdbc(l, ssl),
		"host":                       l.Host,
		"hostname":                   l.Host,
		"port":                       l.Port,
		"database":                   l.Database,
		"name":                       l.Database,
		"username":                   l.Username,
		"password":                   l.Password.Reveal(),
	}
	if l.PublicHost != "" {
		given["public_host"], given["public_port"] = l.PublicHost, l.PublicPort
		given["public_uri"] = d.uri(l.PublicHost, l.PublicPort, l, ssl)
	}
	if d.hasMode || ssl.isOn() {
		given["sslmode"] = ssl.mode
	}
	if ssl.ca != "" {
		given["ca"] = ssl.ca
	}
	if d.hasMode && ssl.ca != "" {
		// spring-cloud-bindings and Quarkus read sslmode and, from sslrootcert, the name
		// of the file with the CA, but only where there is no jdbc-url.
		given["sslrootcert"] = "ca"
	} else {
		given["jdbc-url"] = given["jdbcUrl"]
	}
	return given, nil
}

// An sslState is the TLS of an endpoint.
type sslState struct {
	mode string // one of the values of "sslmode"
	ca   string // certificates in PEM; empty where they are not known
}

func (s sslState) isOn() bool { return s.mode != sslDisable }

// sslOf returns the TLS of an endpoint of an instance.
func (i instances) sslOf(instance providers.Task, engine, host string) sslState {
	named := instance.Facts.Open[factTLSHost]
	if named == "" {
		return sslState{mode: sslDisable}
	}
	ca := instance.Facts.Secrets[factCA]
	if ca == "" && engine == engineMySQL {
		ca = i.deps.MySQLCA.PEM()
	}
	switch {
	case ca == "":
		return sslState{mode: sslRequire}
	case named != host:
		return sslState{mode: sslVerifyCA, ca: ca}
	}
	return sslState{mode: sslVerifyFull, ca: ca}
}

// The engines in the words of the RDS API.
const (
	engineMySQL      = "MySQL"
	engineMariaDB    = "MariaDB"
	enginePostgreSQL = "PostgreSQL"
)

// A dialect is how the clients of an engine write addresses.
type dialect struct {
	// scheme is that of URIs, also of JDBC's, and the type of servicebinding.io.
	scheme string
	// hasMode says that URIs state the sslmode.
	hasMode bool
	// jdbcOption and jdbcTLS end every URL of JDBC, and the ones of servers with TLS.
	jdbcOption, jdbcTLS string
}

// dialectOf returns the dialect of an engine. MariaDB is reached by clients of MySQL
// and of its own: the former know this scheme alone, and MariaDB Connector/J 3 takes it
// with the option at the end, which MySQL's own driver ignores.
func dialectOf(engine string) dialect {
	if engine == enginePostgreSQL {
		return dialect{scheme: "postgresql", hasMode: true}
	}
	return dialect{scheme: "mysql", jdbcOption: "&permitMysqlScheme", jdbcTLS: "&sslMode=REQUIRED"}
}

// uri returns the address of a server with the login.
func (d dialect) uri(host, port string, l dbaccount.Login, ssl sslState) string {
	escape := providers.EscapeURI
	uri := d.scheme + "://" + escape(l.Username) + ":" + escape(l.Password.Reveal()) + "@" + net.JoinHostPort(host, port) + "/" + escape(l.Database)
	if d.hasMode {
		uri += "?sslmode=" + d.mode(ssl)
	}
	return uri
}

// jdbc returns the address as drivers of Java take it.
func (d dialect) jdbc(l dbaccount.Login, ssl sslState) string {
	escape := providers.EscapeURI
	var url strings.Builder
	url.WriteString("jdbc:" + d.scheme + "://" + net.JoinHostPort(l.Host, l.Port) + "/" + escape(l.Database) +
		"?user=" + escape(l.Username) + "&password=" + escape(l.Password.Reveal()))
	if d.hasMode {
		url.WriteString("&sslmode=" + d.mode(ssl))
	}
	if ssl.isOn() {
		url.WriteString(d.jdbcTLS)
	}
	url.WriteString(d.jdbcOption)
	return url.String()
}

// mode returns the sslmode of URIs. A URI has no room for a CA, and clients that
// verify without one fail, so that URIs of servers with TLS ask for TLS alone.
func (d dialect) mode(ssl sslState) string {
	if ssl.isOn() {
		return sslRequire
	}
	return sslDisable
}
