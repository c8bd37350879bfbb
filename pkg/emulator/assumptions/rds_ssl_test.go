package assumptions_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// A toldCertificate is the part of DescribeDBInstanceSSL about certificates.
type toldCertificate struct{ ServerCAUrl, ServerCert, ServerKey string }

// encrypted enables SSL of an instance for its private connection.
func (e *environment) encrypted(id string, more ...string) toldCertificate {
	e.Helper()
	at := into[struct {
		Items struct {
			DBInstanceAttribute []struct{ ConnectionString string }
		}
	}](e.rds("DescribeDBInstanceAttribute", "DBInstanceId", id)).Items.DBInstanceAttribute[0]
	e.rds("ModifyDBInstanceSSL", append([]string{"DBInstanceId", id, "ConnectionString", at.ConnectionString, "SSLEnabled", "1"}, more...)...).ok()
	if e.srv == nil {
		e.running(id)
	} else {
		e.srv.Clock().Advance(time.Hour)
		e.untilRunning(id)
	}
	return into[toldCertificate](e.rds("DescribeDBInstanceSSL", "DBInstanceId", id))
}

func TestA563_CertificateOfServer_PostgreSQLTellsIt(t *testing.T) {
	verify(t, spend, func(e *environment) {
		pg := e.encrypted(e.instance(postgresql()...))
		if pg.ServerCAUrl == "" || pg.ServerCert == "" || pg.ServerKey == "" {
			e.Errorf("PostgreSQL tells the authorities at %q, and a certificate: %v, and a key: %v", pg.ServerCAUrl, pg.ServerCert != "", pg.ServerKey != "")
		}
		if my := e.encrypted(e.instance()); my != (toldCertificate{}) {
			e.Error("MySQL tells a certificate")
		}
	})
}

func TestA600_FileOfAuthorities_SignsTheServer(t *testing.T) {
	verify(t, never, func(e *environment) {
		told := e.encrypted(e.instance(postgresql()...))
		a := e.do("GET", told.ServerCAUrl, "authorities", nil)
		pool := x509.NewCertPool()
		block, _ := pem.Decode([]byte(told.ServerCert))
		if block == nil || !pool.AppendCertsFromPEM([]byte(a.body)) {
			e.Fatalf("%d: no certificates", a.status)
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			e.Fatal(err)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: leaf.NotBefore}); err != nil {
			e.Error(err)
		}
	})
}

func TestA564_Encryption_IsForcedOrTheClientsChoice(t *testing.T) {
	engines := realEngines(t)
	verify(t, never, func(e *environment) {
		id, address, _ := withSession(e)
		e.encrypted(id)
		if _, err := login(e.Context(), e.T, address, "holder", password); err != nil {
			e.Errorf("a plain connection beside SSL: %v", err)
		}
		e.encrypted(id, "ForceEncryption", "1")
		var refused *mysql.MySQLError
		if _, err := login(e.Context(), e.T, address, "holder", password); !errors.As(err, &refused) || refused.Number != 3159 {
			e.Errorf("a plain connection where SSL is forced: %v, want error 3159", err)
		}
	}, emulatortest.WithEngine(engines))
}
