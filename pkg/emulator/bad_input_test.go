package emulator_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// A badInput is a change of a good call, and the answer to it.
type badInput struct {
	name   string
	change url.Values // replaces parameters; none removes one
	status int
	code   string
}

// goodCalls are calls that change their product, where it can be changed, by the
// product's API version, with bad inputs of the product's own.
func goodCalls(account string) []struct {
	version string
	good    url.Values
	bad     []badInput
} {
	megabyte := strings.Repeat("a", 1<<20)
	return []struct {
		version string
		good    url.Values
		bad     []badInput
	}{
		{"2014-08-15", form(
			"Action", "CreateDBInstance", "RegionId", "cn-hangzhou", "Engine", "MySQL", "EngineVersion", "5.6", "DBInstanceClass", "rds.mysql.t1.small",
			"DBInstanceStorage", "20", "DBInstanceNetType", "Intranet", "PayType", "Postpaid", "SecurityIPList", "127.0.0.1", "InstanceNetworkType", "VPC",
			"VPCId", "vpc-cnhangzhou0default", "VSwitchId", "vsw-cnhangzhou0h", "ZoneIdSlave1", "Auto",
		), []badInput{
			{"wrong type", form("DBInstanceStorage", "many"), 400, "InvalidStorage.Format"},
			{"missing", without("Engine"), 400, "MissingEngine"},
			{"10,000 tags", tags(10_000), 400, "NumberExceed.Tags"},
			{"a name of 1 MB", form("DBInstanceDescription", megabyte), 400, "InvalidDBInstanceDescription.Format"},
		}},
		{"2015-05-01", form("Action", "CreatePolicy", "PolicyName", "p", "PolicyDocument", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), []badInput{
			{"wrong type", form("PolicyDocument", "5"), 400, "MalformedPolicyDocument"},
			{"missing", without("PolicyName"), 400, "MissingPolicyName"},
			{"10,000 tags", form("Tag", manyTags(10_000)), 400, "LimitExceeded.Tag"},
			{"tags that are no JSON", form("Tag", "k=v"), 400, "InvalidParameter.Tag.Format"},
			{"a name of 1 MB", form("PolicyName", megabyte), 400, "InvalidParameter.PolicyName.Length"},
		}},
		{"2015-04-01", form("Action", "AssumeRole", "RoleArn", "acs:ram::"+account+":role/trusting", "RoleSessionName", "session"), []badInput{
			{"wrong type", form("DurationSeconds", "long"), 400, "InvalidParameter.DurationSeconds"},
			{"missing", without("RoleArn"), 400, "InvalidParameter.RoleArn"},
			{"10,000 tags", tags(10_000), 501, "NotImplemented.AssumeRole.Tag.1.Key"},
			{"a name of 1 MB", form("RoleSessionName", megabyte), 400, "InvalidParameter.RoleSessionName"},
		}},
		{"2016-04-28", form("Action", "CreateVSwitch", "RegionId", "cn-hangzhou", "VpcId", "vpc-cnhangzhou0default", "ZoneId", "cn-hangzhou-h", "CidrBlock", "192.168.200.0/24"), []badInput{
			{"wrong type", form("CidrBlock", "wide"), 400, "InvalidCidrBlock.Malformed"},
			{"missing", without("ZoneId"), 400, "MissingZoneId"},
			{"10,000 tags", tags(10_000), 400, "NumberExceed.Tags"},
			{"a name of 1 MB", form("VSwitchName", megabyte), 400, "InvalidVSwitchName.Malformed"},
		}},
		{"2015-06-12", form("Action", "DescribeEndpoints", "Id", "cn-hangzhou", "ServiceCode", "rds"), []badInput{
			{"wrong type", form("Id", "5"), 404, "InvalidRegionId"},
			{"missing", without("ServiceCode"), 400, "MissingServiceCode"},
			{"10,000 tags", tags(10_000), 501, "NotImplemented.DescribeEndpoints.Tag.1.Key"},
			{"a name of 1 MB", form("Id", megabyte), 404, "InvalidRegionId"},
		}},
	}
}

func TestRPC_BadInput_RefusedAndStateAsBefore(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithClock(cloud.NewFrozenClock(time.Now())), emulatortest.AllowUnknown())
	prepared := form("Version", "2015-05-01", "Action", "CreateRole", "RoleName", "trusting",
		"AssumeRolePolicyDocument", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::`+srv.AccountID()+`:root"]}}]}`)
	if status, code := post(t, srv, srv.AccessKey(), prepared); status != 200 {
		t.Fatalf("CreateRole: %d %s", status, code)
	}
	id, secret, err := srv.RAM().AddUser("caller", "AdministratorAccess") // an account's own key assumes no role
	if err != nil {
		t.Fatal(err)
	}
	key := emulator.AccessKey{ID: id, Secret: secret}
	for _, product := range goodCalls(srv.AccountID()) {
		action := product.good.Get("Action")
		foreign := "CreateUser"
		if product.version == "2015-05-01" {
			foreign = "CreateDBInstance"
		}
		bad := slices.Concat(product.bad, []badInput{
			{"an unknown parameter", form("Flight", "1"), 501, "NotImplemented." + action + ".Flight"},
			{"one in another case", form("flight", "1"), 501, "NotImplemented." + action + ".flight"},
			{"the same twice", url.Values{"RegionId": {"cn-hangzhou", "cn-hangzhou"}}, 400, "InvalidParameter"},
			{"a list with a gap", form("Tag.1.Key", "a", "Tag.3.Key", "b"), 400, "InvalidParameter"},
			{"an action of another product", form("Action", foreign), 501, "NotImplemented." + foreign},
			{"another version", form("Version", "1999-01-01"), 501, "NotImplemented." + action},
		})
		for _, tc := range bad {
			t.Run(action+"/"+tc.name, func(t *testing.T) {
				params := maps.Clone(product.good)
				params.Set("Version", product.version)
				for name, values := range tc.change {
					if params[name] = values; len(values) == 0 {
						delete(params, name)
					}
				}
				before := savedState(t, srv)
				if status, code := post(t, srv, key, params); status != tc.status || code != tc.code {
					t.Errorf("answered %d %s, want %d %s", status, code, tc.status, tc.code)
				}
				unchanged(t, srv, before)
			})
		}
		t.Run(action+"/bodies that cannot be read", func(t *testing.T) { refusesBodies(t, srv, product.version, action) })
		before := savedState(t, srv)
		product.good.Set("Version", product.version)
		if status, code := post(t, srv, key, product.good); status != 200 {
			t.Errorf("%s, the good call: %d %s", action, status, code)
		}
		if after := savedState(t, srv); product.version != "2015-06-12" && bytes.Equal(before, after) {
			t.Errorf("%s changes nothing that a snapshot shows", action)
		}
	}
}

// refusesBodies sends bodies that are no form and no JSON.
func refusesBodies(t *testing.T, srv *emulator.Server, version, action string) {
	before := savedState(t, srv)
	for _, body := range []struct{ contentType, text string }{
		{"application/json", `{"Id":`}, {"application/json", `["Id"]`}, {"application/json", `{} {}`}, {"application/json", strings.Repeat(`{"a":`, 1<<16)},
		{"application/x-www-form-urlencoded", "Id=%zz"}, {"application/x-www-form-urlencoded", "a=" + strings.Repeat("a", 5<<20)},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL()+"/", strings.NewReader(body.text))
		if err != nil {
			t.Fatal(err)
		}
		request.Header = http.Header{
			"Content-Type": {body.contentType}, "X-Acs-Version": {version}, "X-Acs-Action": {action},
			"Authorization": {"ACS3-HMAC-SHA256 Credential=x,SignedHeaders=host,Signature=00"},
		}
		if status, code := answered(t, request); status != 400 || code != "InvalidParameter" {
			t.Errorf("%s %.20q is answered %d %s", body.contentType, body.text, status, code)
		}
	}
	unchanged(t, srv, before)
}

func unchanged(t *testing.T, srv *emulator.Server, before []byte) {
	t.Helper()
	if after := savedState(t, srv); !bytes.Equal(before, after) {
		t.Errorf("the state has changed from %d to %d bytes", len(before), len(after))
	}
}

// post makes a call with its parameters in a form, signed with version 1.0.
func post(t *testing.T, srv *emulator.Server, key emulator.AccessKey, params url.Values) (status int, code string) {
	t.Helper()
	params = maps.Clone(params)
	for name, value := range map[string]string{
		"AccessKeyId": key.ID, "Format": "JSON", "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0",
		"SignatureNonce": rand.Text(), "Timestamp": time.Now().UTC().Format("2006-01-02T15:04:05Z"),
	} {
		params.Set(name, value)
	}
	encode := strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~")
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		for _, value := range params[name] {
			pairs = append(pairs, encode.Replace(url.QueryEscape(name))+"="+encode.Replace(url.QueryEscape(value)))
		}
	}
	mac := hmac.New(sha1.New, []byte(key.Secret+"&"))
	mac.Write([]byte("POST&%2F&" + encode.Replace(url.QueryEscape(strings.Join(pairs, "&")))))
	params.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL()+"/", strings.NewReader(params.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return answered(t, request)
}

func answered(t *testing.T, request *http.Request) (status int, code string) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body struct{ Code string }
	if err := json.Unmarshal(text, &body); err != nil || len(text) > 4096 && response.StatusCode >= 400 {
		t.Fatalf("the answer of %d bytes is %.500s: %v", len(text), text, err)
	}
	return response.StatusCode, body.Code
}

// form returns parameters from names and values.
func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// without removes a parameter of a good call.
func without(name string) url.Values { return url.Values{name: nil} }

func tags(n int) url.Values {
	v := url.Values{}
	for i := range n {
		v.Set("Tag."+strconv.Itoa(i+1)+".Key", "k"+strconv.Itoa(i))
	}
	return v
}

func manyTags(n int) string {
	list := make([]struct{ Key string }, n)
	for i := range list {
		list[i].Key = "k" + strconv.Itoa(i)
	}
	text, _ := json.Marshal(list) // a list of texts always marshals
	return string(text)
}
