package emulator_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/location"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A model is what the official SDKs know of an action: the names of its
// parameters and of its response members, and the JSON types of the members that
// are no plain string (hack/tools/apimodels/rpc).
type model struct {
	Parameters, Members []string
	Types               map[string]string
}

// takes reports whether a value is of the type of a member; where the models differ,
// of one of their types.
func (m model) takes(member string, value any) bool {
	if !slices.Contains(m.Members, member) {
		return true // an empty list or object, whose members the models list
	}
	types := strings.Fields(cmp.Or(m.Types[member], "string"))
	return slices.Contains(types, "any") || slices.Contains(types, jsonType(value))
}

// jsonType names the type of a decoded JSON value as the models do.
func jsonType(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	}
	return "object"
}

// rpcAPIs returns the RPC APIs of the emulated cloud.
func rpcAPIs(t *testing.T) []rpc.API {
	t.Helper()
	srv := emulatortest.New(t, emulatortest.AllowUnknown())
	products, err := emulator.Products(emulator.Environment{
		Config: emulator.Config{AccountID: srv.AccountID(), AccessKey: srv.AccessKey(), Region: srv.Region(), Regions: srv.Network().Regions(), Clock: srv.Clock()},
		Faults: &cloud.Faults{}, Journal: &cloud.Journal{},
	})
	if err != nil {
		t.Fatal(err)
	}
	apis := []rpc.API{location.New(srv.Network().Regions(), products).API()}
	for _, p := range products {
		if p.RPC.Version != "" {
			apis = append(apis, p.RPC)
		}
	}
	return apis
}

// modelsOf reads the models of an API.
func modelsOf(t *testing.T, api rpc.API) map[string]model {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "models", strings.ToLower(api.Name)+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var models map[string]model
	if err := json.Unmarshal(text, &models); err != nil {
		t.Fatal(err)
	}
	return models
}

// A caller sends signed calls to an emulator, by the account's own key.
type caller struct {
	srv    *emulator.Server
	client *sdk.Client
}

func newCaller(t *testing.T, srv *emulator.Server) caller {
	t.Helper()
	key := srv.AccessKey()
	client, err := sdk.NewClientWithOptions(srv.Region(), sdk.NewConfig().WithScheme("HTTP"), credentials.NewAccessKeyCredential(key.ID, key.Secret))
	if err != nil {
		t.Fatal(err)
	}
	return caller{srv, client}
}

// call sends one call of an API and returns the answer's body, or the code of
// the refusal.
func (c caller) call(t *testing.T, api rpc.API, action string, params map[string]string) (body []byte, code string) {
	t.Helper()
	return c.send(t, api, action, "JSON", params)
}

// send is call for an answer in JSON or XML.
func (c caller) send(t *testing.T, api rpc.API, action, format string, params map[string]string) (body []byte, code string) {
	t.Helper()
	r := requests.NewCommonRequest()
	r.Method, r.Domain, r.Version, r.ApiName, r.Scheme, r.AcceptFormat = "POST", c.srv.Addr(), api.Version, action, "HTTP", format
	r.FormParams = params
	answer, err := c.client.ProcessCommonRequest(r)
	if err == nil {
		return answer.GetHttpContentBytes(), ""
	}
	refusal, ok := err.(sdkerrors.Error) //nolint:errorlint // the SDK returns it as it is
	if !ok {
		t.Fatalf("%s: %v", action, err)
	}
	return nil, refusal.ErrorCode()
}

// hasPath reports whether a member, or an empty list or object around it, is in
// paths.
func hasPath(paths map[string]bool, member string) bool {
	if paths[member] {
		return true
	}
	for prefix := member; strings.Contains(prefix, "."); {
		prefix = prefix[:strings.LastIndex(prefix, ".")]
		if paths[prefix] {
			return true
		}
	}
	return false
}
