package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
)

func rdsClient(t testing.TB, srv *emulator.Server) *rds.Client {
	t.Helper()
	c, err := rds.NewClientWithAccessKey("cn-hangzhou", srv.AccessKey().ID, srv.AccessKey().Secret)
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = srv.Addr()
	return c
}

func createRequest() *rds.CreateDBInstanceRequest {
	r := rds.CreateCreateDBInstanceRequest()
	r.Engine, r.EngineVersion, r.DBInstanceClass, r.DBInstanceStorage = "MySQL", "5.6", "rds.mysql.t1.small", requests.NewInteger(20)
	r.DBInstanceNetType, r.PayType, r.SecurityIPList = "Intranet", "Postpaid", "127.0.0.1"
	r.VPCId, r.VSwitchId, r.ZoneIdSlave1 = "vpc-cnhangzhou0default", "vsw-cnhangzhou0h", "Auto"
	return r
}

func withControl(c *emulator.Config) { c.ControlListen = "127.0.0.1:0" }

// send makes a request and decodes the JSON of the answer into into, if it is
// not nil.
func send(t *testing.T, method, url, body string, into any) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(response.Body)
	if err != nil || response.Body.Close() != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.NewDecoder(bytes.NewReader(b)).Decode(into); err != nil {
			t.Fatalf("%s %s answered %s: %v", method, url, b, err)
		}
	}
	return response.StatusCode
}
