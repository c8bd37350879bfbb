package proxies_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
)

// The tests of this file make their calls in a child process alone.

func isChild(t *testing.T) bool { t.Helper(); return os.Getenv("PROXIES_CHILD") == t.Name() }

func key() alicloud.CredentialsSource {
	return alicloud.Static(alicloud.Key{ID: os.Getenv("CHILD_KEY_ID"), Secret: os.Getenv("CHILD_KEY_SECRET")})
}

// cloud returns clients without an endpoint of the emulator's.
func cloud(t *testing.T, endpoints map[string]*url.URL) *alicloud.Clients {
	t.Helper()
	clients, err := alicloud.New(alicloud.Config{Region: "cn-hangzhou", Credentials: key(), Endpoints: endpoints}, all.Services().Products()...)
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

func TestProxyChild_EveryCall_Succeeds(t *testing.T) {
	if !isChild(t) {
		return
	}
	clients := cloud(t, nil)
	if account, err := clients.Caller(t.Context()); err != nil || account != os.Getenv("CHILD_ACCOUNT") {
		t.Errorf("the account is %q, %v", account, err)
	}
	role, err := alicloud.AssumeRole(alicloud.Role{
		ARN: "acs:ram::" + os.Getenv("CHILD_ACCOUNT") + ":role/" + emulator.InstanceRole, Base: key(), Region: "cn-hangzhou",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := role.Credentials(t.Context()); err != nil {
		t.Errorf("AssumeRole: %v", err)
	}
	token := filepath.Join(os.Getenv("CHILD_DIR"), "token")
	if err := os.WriteFile(token, []byte("a.b.c"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The cloud knows no such provider: that it says so shows that it was asked.
	_, err = alicloud.RRSA(alicloud.OIDC{TokenFile: token, ProviderARN: "acs:ram::1:oidc-provider/p", RoleARN: "acs:ram::1:role/r"}).Credentials(t.Context())
	if err == nil || !strings.Contains(err.Error(), "AuthenticationFail") {
		t.Errorf("AssumeRoleWithOIDC: %v", err)
	}
	if err := clients.Do(t.Context(), alicloud.Read, rds.CreateDescribeDBInstancesRequest(), rds.CreateDescribeDBInstancesResponse()); err != nil {
		t.Errorf("RDS: %v", err)
	}
	if err := clients.Do(t.Context(), alicloud.Read, vpc.CreateDescribeVpcsRequest(), vpc.CreateDescribeVpcsResponse()); err != nil {
		t.Errorf("VPC: %v", err)
	}
	if err := clients.Do(t.Context(), alicloud.Read, ram.CreateListUsersRequest(), ram.CreateListUsersResponse()); err != nil {
		t.Errorf("RAM: %v", err)
	}
	for life, region := range map[string]string{"a": "cn-hangzhou", "b": "us-west-1", "c": "cn-shenzhen-finance-1"} {
		bucketLives(t, clients, life, region)
	}
}

// bucketLives makes and removes a bucket.
func bucketLives(t *testing.T, clients *alicloud.Clients, life, region string) {
	t.Helper()
	vicinity, err := alicloud.NewVicinity(alicloud.VicinityInternal, nil)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := oss.New(descriptor.Deps{Profiles: descriptor.OneProfile(clients, descriptor.Network{}), Vicinity: vicinity})
	if err != nil {
		t.Fatal(err)
	}
	task := providers.Task{
		Kind: providers.Instance, Goal: providers.Present, Region: "cn-hangzhou", Owner: os.Getenv("CHILD_ACCOUNT"), InstanceID: life,
		Life:       providers.Life{BrokerID: "broker", Incarnation: strings.Repeat(life, 32)},
		Settings:   json.RawMessage(`{"acl":"private","storageClass":"Standard"}`),
		Parameters: json.RawMessage(`{"Region":"` + region + `"}`), Deletion: providers.Refuse,
	}
	if task.Plan, err = provider.Prepare(task); err != nil {
		t.Fatal(err)
	}
	for _, goal := range []providers.Goal{providers.Present, providers.Absent} {
		task.Goal = goal
		step := providers.Step{}
		for range 20 {
			seen, err := provider.Observe(t.Context(), task)
			if err != nil {
				t.Fatalf("%s of %s: %v", goal, region, err)
			}
			task.Facts = task.Facts.Merge(seen.Facts)
			if step = provider.Next(task, seen); step.Action != providers.Call {
				break
			}
			facts, err := provider.Do(t.Context(), task, step)
			if err != nil {
				t.Fatalf("%s of %s: %v", step.Name, region, err)
			}
			task.Facts = task.Facts.Merge(facts)
		}
		if step.Action != providers.Done {
			t.Errorf("%s of %s ends with %s %s", goal, region, step.Action, step.Text)
		}
	}
}

func TestProxyChild_ProxyUnusable_Fails(t *testing.T) {
	if !isChild(t) {
		return
	}
	clients := cloud(t, map[string]*url.URL{"rds": {Scheme: "https", Host: "rds.example.invalid"}, "sts": {Scheme: "https", Host: "sts.example.test"}})
	// The first is a host of NO_PROXY, the second goes to the proxy.
	err := clients.Do(t.Context(), alicloud.Read, rds.CreateDescribeDBInstancesRequest(), rds.CreateDescribeDBInstancesResponse())
	if err == nil || strings.Contains(err.Error(), "proxy") {
		t.Errorf("a host of NO_PROXY: %v", err)
	}
	t.Log(err, providers.Sentence(err))
	_, err = clients.Caller(t.Context())
	if fails := os.Getenv("CHILD_STS_FAILS"); (err != nil) != (fails != "") {
		t.Errorf("through the proxy (%s): %v", fails, err)
	}
	t.Log(err)
}
