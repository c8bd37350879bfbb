package rds

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/password"
)

// ofEngine returns an instance with a server of the engine and version.
func ofEngine(engine, version string, facts providers.Facts) providers.Task {
	return providers.Task{Life: testLife(), Facts: facts, Plan: providers.Plan(fmt.Sprintf(`{"engine":%q,"engineVersion":%q}`, engine, version))}
}

// withTLS returns the facts of an instance with the certificate of an endpoint.
func withTLS(host, ca string) providers.Facts {
	facts := providers.Facts{Open: map[string]string{factTLSHost: host}}
	if ca != "" {
		facts.Secrets = map[string]string{factCA: ca}
	}
	return facts
}

const hardPassword = `p!@#$%^&*()_+-=/?:`

func testLogin() dbaccount.Login {
	return dbaccount.Login{Address: dbaccount.Address{ID: "rm-1", Host: "h.example", Port: "3306"}, Database: "app", Username: "user", Password: hardPassword}
}

func wantCredentials(t *testing.T, i instances, instance providers.Task, l dbaccount.Login, want map[string]string) {
	t.Helper()
	got, err := i.credentials(instance, l)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("credentials (-want, +got):\n%s", diff)
	}
}

// escaped is hardPassword as URIs have it.
const escaped = "p%21%40%23%24%25%5E%26%2A%28%29_%2B-%3D%2F%3F%3A"

func mysqlMembers(engine, version string) map[string]string {
	const jdbc = "jdbc:mysql://h.example:3306/app?user=user&password=" + escaped + "&permitMysqlScheme"
	return map[string]string{
		"type": "mysql", "provider": "alibaba-cloud", "engine": engine, "version": version,
		"uri": "mysql://user:" + escaped + "@h.example:3306/app", "jdbcUrl": jdbc, "jdbc-url": jdbc,
		"host": "h.example", "hostname": "h.example", "port": "3306", "database": "app", "name": "app", "username": "user", "password": hardPassword,
	}
}

func postgresMembers(mode string) map[string]string {
	jdbc := "jdbc:postgresql://h.example:5432/app?user=user&password=" + escaped + "&sslmode=" + mode
	return map[string]string{
		"type": "postgresql", "provider": "alibaba-cloud", "engine": "PostgreSQL", "version": "16.0", "sslmode": mode,
		"uri": "postgresql://user:" + escaped + "@h.example:5432/app?sslmode=" + mode, "jdbcUrl": jdbc, "jdbc-url": jdbc,
		"host": "h.example", "hostname": "h.example", "port": "5432", "database": "app", "name": "app", "username": "user", "password": hardPassword,
	}
}

func with(members map[string]string, more map[string]string) map[string]string {
	maps.Copy(members, more)
	return members
}

func TestCredentials_WithoutTLS_AreEncodedFlatStrings(t *testing.T) {
	wantCredentials(t, instances{}, ofEngine("MySQL", "8.0", providers.Facts{}), testLogin(), mysqlMembers("MySQL", "8.0"))
	wantCredentials(t, instances{}, ofEngine("MariaDB", "10.6", providers.Facts{}), testLogin(), mysqlMembers("MariaDB", "10.6"))
	postgres := testLogin()
	postgres.Port = "5432"
	wantCredentials(t, instances{}, ofEngine("PostgreSQL", "16.0", providers.Facts{}), postgres, postgresMembers("disable"))
}

func TestCredentials_MySQLWithTLS_HaveTheOperatorsCA(t *testing.T) {
	const encrypted = "jdbc:mysql://h.example:3306/app?user=user&password=" + escaped + "&sslMode=REQUIRED&permitMysqlScheme"
	urls := map[string]string{"jdbcUrl": encrypted, "jdbc-url": encrypted}
	withoutCA := with(with(mysqlMembers("MySQL", "8.0"), urls), map[string]string{"sslmode": "require"})
	wantCredentials(t, instances{}, ofEngine("MySQL", "8.0", withTLS("h.example", "")), testLogin(), withoutCA)

	operators := &descriptor.Certificates{}
	if err := operators.Use([][]byte{[]byte(testCA)}); err != nil {
		t.Fatal(err)
	}
	i := instances{deps: descriptor.Deps{MySQLCA: operators}}
	wantCredentials(t, i, ofEngine("MySQL", "8.0", withTLS("h.example", "")), testLogin(),
		with(withoutCA, map[string]string{"sslmode": "verify-full", "ca": testCA}))
	wantCredentials(t, i, ofEngine("MySQL", "8.0", withTLS("public.example", "")), testLogin(),
		with(withoutCA, map[string]string{"sslmode": "verify-ca", "ca": testCA}))
	wantCredentials(t, i, ofEngine("MySQL", "8.0", providers.Facts{}), testLogin(), mysqlMembers("MySQL", "8.0"))
}

func TestCredentials_PostgreSQLWithTLS_HaveTheServersCA(t *testing.T) {
	l := testLogin()
	l.Port = "5432"
	want := postgresMembers("require")
	wantCredentials(t, instances{}, ofEngine("PostgreSQL", "16.0", withTLS("h.example", "")), l, want)
	delete(want, "jdbc-url") // Spring and Quarkus write the URL themselves, with the file of the CA
	wantCredentials(t, instances{}, ofEngine("PostgreSQL", "16.0", withTLS("h.example", testCA)), l,
		with(want, map[string]string{"sslmode": "verify-full", "ca": testCA, "sslrootcert": "ca"}))
}

func TestCredentials_PublicEndpoint_HasMembersOfItsOwn(t *testing.T) {
	l := testLogin()
	l.PublicHost, l.PublicPort = "public.example", "3307"
	wantCredentials(t, instances{}, ofEngine("MySQL", "8.0", providers.Facts{}), l, with(mysqlMembers("MySQL", "8.0"), map[string]string{
		"public_host": "public.example", "public_port": "3307", "public_uri": "mysql://user:" + escaped + "@public.example:3307/app",
	}))
}

func TestCredentials_UnreadablePlan_IsAnError(t *testing.T) {
	if given, err := (instances{}).credentials(providers.Task{Plan: providers.Plan(`[]`)}, testLogin()); err == nil {
		t.Errorf("credentials %v", given)
	}
}

// MariaDB Connector/J 3 takes passwords of URLs as they stand, without decoding.
func TestCredentials_DrawnPassword_NeedsNoEncoding(t *testing.T) {
	for range 200 {
		l := testLogin()
		l.Password = password.New()
		for _, engine := range []string{"MySQL", "MariaDB", "PostgreSQL"} {
			given, err := (instances{}).credentials(ofEngine(engine, "1", providers.Facts{}), l)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range given {
				if strings.Contains(value, "%") {
					t.Fatalf("%s of %s has a percent sign", name, engine)
				}
			}
			if !strings.Contains(given["jdbcUrl"], "password="+l.Password.Reveal()+"&") || !strings.Contains(given["uri"], ":"+l.Password.Reveal()+"@") {
				t.Fatalf("the password of %s does not stand in its addresses", engine)
			}
		}
	}
}

// testCA is the certificate of an authority, which has signed nothing.
const testCA = `-----BEGIN CERTIFICATE-----
MIIBRTCB7aADAgECAgEBMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMTB1Rlc3QgQ0Ew
IBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBIxEDAOBgNVBAMTB1Rl
c3QgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASZ42M3DCUumM+6WsXLBQvl
MkAvt3zKTluWqvkvfN6vjU+Atb4VeyfY3YPuX/lRJkZ6qaFM1ZNS5/aV1l9AWUut
ozIwMDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBRYnu+9gxnXrDiBffFJT8c0
MdiP9zAKBggqhkjOPQQDAgNHADBEAiAroEh46vzfHpdGcrQM2lsVot4pB9R0C7Wx
3cD86z79QAIgXJmdl81pji15yW6f2Lk18VLA02HumQfZC+C70b0dYys=
-----END CERTIFICATE-----
`
