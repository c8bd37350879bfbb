package all_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/kms"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
)

// products returns the products of all services, and STS, by name.
func products() map[string]alicloud.Product {
	byName := map[string]alicloud.Product{"sts": alicloud.STS()}
	for _, p := range all.Services().Products() {
		byName[p.Name] = p
	}
	return byName
}

func TestServices_Descriptors_AreComplete(t *testing.T) {
	offerings, err := catalog.Load(all.Services().Sources()...)
	if err != nil {
		t.Fatal(err)
	}
	offered := map[string]bool{}
	for _, o := range offerings.Offerings() {
		offered[o.Provider] = true
	}
	names := map[string]bool{}
	for _, d := range all.Services() {
		if names[d.Name] || !offered[d.Name] || d.Resource == "" || d.New == nil || d.Owner == nil || len(d.Products) == 0 {
			t.Errorf("descriptor %q: its name is taken, no offering names it, or a member is missing", d.Name)
		}
		names[d.Name] = true
		for _, policy := range d.Policies {
			if !json.Valid(policy.Document) || policy.Name == "" || policy.For == "" {
				t.Errorf("descriptor %q: the policy %q is no JSON, or has no name or purpose", d.Name, policy.Name)
			}
		}
	}
	if len(offered) != len(names) {
		t.Errorf("offerings name the providers %v, descriptors %v", offered, names)
	}
}

func TestServices_Versions_AreThoseOfTheSDK(t *testing.T) {
	for name, request := range map[string]requests.AcsRequest{
		"rds": rds.CreateCreateDBInstanceRequest(), "vpc": vpc.CreateDescribeVSwitchesRequest(),
		"ram": ram.CreateCreateUserRequest(), "kms": kms.CreateDescribeKeyRequest(), "sts": sts.CreateGetCallerIdentityRequest(),
	} {
		if got := products()[name].Version; got != request.GetVersion() {
			t.Errorf("the version of %s is %q; the SDK requests %q", name, got, request.GetVersion())
		}
	}
}

func TestServices_Hosts_FollowTheRegion(t *testing.T) {
	for region, hosts := range map[string]map[string]string{
		"eu-central-1": {
			"rds": "rds.eu-central-1.aliyuncs.com", "vpc": "vpc.eu-central-1.aliyuncs.com",
			"ram": "ram.aliyuncs.com", "sts": "sts.aliyuncs.com", "oss": "oss-eu-central-1.aliyuncs.com",
		},
		"cn-hangzhou": {"rds": "rds.aliyuncs.com", "vpc": "vpc.aliyuncs.com", "ram": "ram.aliyuncs.com"},
		"cn-beijing":  {"rds": "rds.aliyuncs.com", "vpc": "vpc.cn-beijing.aliyuncs.com"},
	} {
		for name, want := range hosts {
			if got := products()[name].Host(region); got != want {
				t.Errorf("host of %s in %s = %s, want %s", name, region, got, want)
			}
		}
	}
}

func TestServices_Codes_HaveTheirReasons(t *testing.T) {
	for _, tc := range []struct {
		product, code string
		want          error
	}{
		{"ram", "EntityNotExist.User.AccessKey", providers.ErrNotFound},
		{"ram", "EntityAlreadyExists.User", providers.ErrExists},
		{"ram", "DeleteConflict.User.Policy", providers.ErrWrongState},
		{"ram", "LimitExceeded.User.AccessKey", providers.ErrQuota},
		{"vpc", "InvalidVSwitchId.NotFound", providers.ErrNotFound},
		{"sts", "NoPermission", providers.ErrDenied},
		{"rds", "InvalidDBInstanceId.NotFound", providers.ErrNotFound},
		{"rds", "InvalidAccountName.NotFound", providers.ErrNotFound}, // before its family
		{"rds", "InvalidAccountName.Duplicate", providers.ErrExists},
		{"rds", "InvalidAccountName.Forbid", providers.ErrInvalid},
		{"rds", "InvalidAccountType.Format", providers.ErrInvalid},
		{"rds", "OperationDenied.DBStatus", providers.ErrWrongState},
		{"rds", "OperationDenied.DBInstanceStatus", providers.ErrWrongState},
		{"rds", "InvalidDBInstanceClass.NotFound", providers.ErrInvalid},
		{"rds", "InvalidRequestId", providers.ErrTokenUsed},
		{"rds", "InvalidConcurrentOperate", alicloud.ErrEarlierAttempt},
		{"rds", "LastTokenProcessing", alicloud.ErrEarlierAttempt},
		{"rds", "InsufficientResourceCapacity", providers.ErrSoldOut},
		{"rds", "QuotaExceeded.CreateInstance", providers.ErrQuota},
		{"rds", "Pay.InsufficientBalance", providers.ErrArrears},
		{"rds", "Throttling.User", providers.ErrThrottled},
		{"rds", "InvalidAccessKeyId.NotFound", providers.ErrCredentials},
		{"oss", "NoSuchBucket", providers.ErrNotFound},
		{"oss", "BucketAlreadyExists", providers.ErrExists},
		{"oss", "AccessDenied", providers.ErrDenied},
		{"oss", "InvalidAccessKeyId", providers.ErrCredentials},
		{"oss", "InternalError", providers.ErrOutcomeUnknown},
		{"kms", "Forbidden.KeyNotFound", providers.ErrNotFound},
		{"kms", "Forbidden.NoPermission", providers.ErrDenied},
		{"kms", "Forbidden.InDebtOverdue", providers.ErrArrears},
		{"kms", "Rejected.Throttling", providers.ErrThrottled},
		{"rds", "", nil},
	} {
		if got := products()[tc.product].Reason(tc.code); got != tc.want { //nolint:errorlint // the codes hold the reasons themselves
			t.Errorf("the reason of %s %s is %v, want %v", tc.product, tc.code, got, tc.want)
		}
	}
}

func TestServices_ChartValues_NameTheEndpoints(t *testing.T) {
	values, err := os.ReadFile(filepath.Join("..", "..", "..", "chart", "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "(" + strings.Join(all.Services().Endpoints(), ", ") + ")"; !strings.Contains(string(values), want) {
		t.Errorf("the comment of cloud.endpoints in chart/values.yaml lacks %s: run make chart", want)
	}
}

// Services that call the same product share its facts: List.Products keeps one of
// them.
func TestServices_SameProduct_HasSameFacts(t *testing.T) {
	const region = "cn-hangzhou"
	seen := map[string]alicloud.Product{}
	for _, service := range all.Services() {
		for _, p := range service.Products {
			other, again := seen[p.Name]
			seen[p.Name] = p
			if again && (other.Version != p.Version || other.Host(region) != p.Host(region) || !maps.Equal(other.Codes, p.Codes)) {
				t.Errorf("service %s states product %s differently from another service", service.Name, p.Name)
			}
		}
	}
}
