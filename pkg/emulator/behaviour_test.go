package emulator_test

import (
	"errors"
	"net/http"
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

func TestBehaviour_UnknownNotFound_IsOfAllProducts(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(withControl), emulatortest.AllowUnknown())
	client := rdsClient(t, srv)
	for _, tc := range []struct {
		method, switches string
		oss, rds         int
	}{{"", "", 501, 501}, {http.MethodPost, `{"UnknownNotFound":true}`, 400, 404}, {http.MethodPatch, `{"UnknownNotFound":false}`, 501, 501}} {
		if tc.method != "" {
			if status := send(t, tc.method, srv.ControlURL()+"/behaviour/gateway", tc.switches, nil); status != 200 {
				t.Errorf("%s %s: %d", tc.method, tc.switches, status)
			}
		}
		if status := send(t, http.MethodPut, srv.URL()+"/bucket?replication", "", nil); status != tc.oss {
			t.Errorf("with %s an unknown feature of OSS is answered %d, want %d", tc.switches, status, tc.oss)
		}
		_, err := client.DescribeQuickSaleConfig(rds.CreateDescribeQuickSaleConfigRequest())
		var refused *sdk.ServerError
		if !errors.As(err, &refused) || refused.HttpStatus() != tc.rds {
			t.Errorf("with %s an unknown action is answered %v, want %d", tc.switches, err, tc.rds)
		}
	}
	if len(srv.Unknown()) != 2 {
		t.Errorf("unknown: %q, want both", srv.Unknown())
	}
}
