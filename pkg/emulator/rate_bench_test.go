package emulator_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// encoded writes parameters sorted and as they are signed.
func encoded(v url.Values) string { return strings.ReplaceAll(v.Encode(), "+", "%20") }

// signedV1 is a whole HTTP request with signature version 1.0.
func signedV1(srv *emulator.Server, n int, action string, params url.Values) []byte {
	v := url.Values{
		"Action": {action}, "Version": {"2014-08-15"}, "Format": {"JSON"}, "AccessKeyId": {srv.AccessKey().ID}, "RegionId": {"cn-hangzhou"},
		"SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"}, "SignatureType": {""}, "SignatureNonce": {"bench-" + strconv.Itoa(n)},
		"Timestamp": {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
	}
	maps.Copy(v, params)
	mac := hmac.New(sha1.New, []byte(srv.AccessKey().Secret+"&"))
	mac.Write([]byte("POST&%2F&" + url.QueryEscape(encoded(v))))
	v.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return fmt.Appendf(nil, "POST /?%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n", encoded(v), srv.Addr())
}

// signedV3 is one with ACS3-HMAC-SHA256.
func signedV3(srv *emulator.Server, n int, action string, params url.Values) []byte {
	empty := sha256.Sum256(nil)
	date := time.Now().UTC().Format("2006-01-02T15:04:05Z")
	headers := [][2]string{
		{"host", srv.Addr()}, {"x-acs-action", action}, {"x-acs-content-sha256", hex.EncodeToString(empty[:])}, {"x-acs-date", date},
		{"x-acs-signature-nonce", "bench-" + strconv.Itoa(n)}, {"x-acs-version", "2014-08-15"},
	}
	query := encoded(params)
	var names []string
	var canonical, wire strings.Builder
	for _, h := range headers {
		names = append(names, h[0])
		canonical.WriteString(h[0] + ":" + h[1] + "\n")
		wire.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	signed := strings.Join(names, ";")
	sum := sha256.Sum256([]byte("POST\n/\n" + query + "\n" + canonical.String() + "\n" + signed + "\n" + hex.EncodeToString(empty[:])))
	mac := hmac.New(sha256.New, []byte(srv.AccessKey().Secret))
	mac.Write([]byte("ACS3-HMAC-SHA256\n" + hex.EncodeToString(sum[:])))
	return fmt.Appendf(nil, "POST /?%s HTTP/1.1\r\n%sAuthorization: ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%x\r\nContent-Length: 0\r\n\r\n",
		query, wire.String(), srv.AccessKey().ID, signed, mac.Sum(nil))
}

// BenchmarkSignedCalls measures how many calls a second the emulator serves.
// The requests are signed beforehand and reuse their connections. The figure to
// hold is 5,000 on two cores, the client's share included.
func BenchmarkSignedCalls(b *testing.B) {
	type signer func(srv *emulator.Server, n int, action string, params url.Values) []byte
	for _, c := range []struct {
		name, action string
		sign         signer
	}{
		{"V1/DescribeDBInstanceAttribute", "DescribeDBInstanceAttribute", signedV1},
		{"V3/DescribeDBInstanceAttribute", "DescribeDBInstanceAttribute", signedV3},
		{"V1/CreateDBInstance", "CreateDBInstance", signedV1},
	} {
		b.Run(c.name, func(b *testing.B) {
			srv := emulatortest.New(b)
			created, err := rdsClient(b, srv).CreateDBInstance(createRequest())
			if err != nil {
				b.Fatal(err)
			}
			params := url.Values{"DBInstanceId": {created.DBInstanceId}}
			if c.action == "CreateDBInstance" {
				params = url.Values{
					"Engine": {"MySQL"}, "EngineVersion": {"5.6"}, "DBInstanceClass": {"rds.mysql.t1.small"}, "DBInstanceStorage": {"20"},
					"DBInstanceNetType": {"Intranet"}, "PayType": {"Postpaid"}, "SecurityIPList": {"127.0.0.1"},
					"VPCId": {"vpc-cnhangzhou0default"}, "VSwitchId": {"vsw-cnhangzhou0h"},
				}
			}
			requests := make([][]byte, b.N)
			for i := range requests {
				requests[i] = c.sign(srv, i, c.action, params)
			}
			b.ReportAllocs()
			b.ResetTimer()
			serveAll(b, srv, requests)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}

// serveAll sends the requests over a few connections, one after the other on
// each.
func serveAll(b *testing.B, srv *emulator.Server, requests [][]byte) {
	b.Helper()
	const connections = 8
	var wg sync.WaitGroup
	for first := range connections {
		wg.Go(func() {
			conn, err := net.Dial("tcp", srv.Addr())
			if err != nil {
				b.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			r := bufio.NewReader(conn)
			for i := first; i < len(requests); i += connections {
				if _, err := conn.Write(requests[i]); err != nil {
					b.Error(err)
					return
				}
				response, err := http.ReadResponse(r, nil)
				if err != nil {
					b.Error(err)
					return
				}
				body, err := io.ReadAll(response.Body)
				if err != nil || response.StatusCode != http.StatusOK {
					b.Errorf("answer %d %s, %v", response.StatusCode, body, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
