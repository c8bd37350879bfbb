package rds

import (
	"context"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

const (
	crowd       = 100_000
	bytesPer    = 2048 // an instance may cost at most
	sampleCrowd = 5_000
)

// request returns a verified request as the gateway passes it on. Its
// parameters are parts of one text, as in a real one.
func request(t testing.TB, action, query string) *rpc.Request {
	t.Helper()
	params, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return &rpc.Request{
		Context: context.Background(), Caller: cloud.Caller{AccountID: "1000000000000001"},
		Action: action, Region: "cn-hangzhou", Params: params, Now: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC),
	}
}

func newCrowd(t testing.TB, n int) *Service {
	t.Helper()
	s := New(Options{Clock: cloud.NewFrozenClock(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)), Network: vpc.New("1000000000000001", vpc.DefaultRegions()), AccountID: "1000000000000001"})
	create := s.API().Actions["CreateDBInstance"].Do
	for i := range n {
		_, fail := create(request(t, "CreateDBInstance", fmt.Sprintf("Action=CreateDBInstance&Engine=MySQL&EngineVersion=5.7&DBInstanceClass=mysql.n2.medium.1&DBInstanceStorage=20"+
			"&DBInstanceNetType=Intranet&PayType=Postpaid&SecurityIPList=127.0.0.1&InstanceNetworkType=VPC&VPCId=vpc-cnhangzhou0default&VSwitchId=vsw-cnhangzhou0h&ZoneId=cn-hangzhou-h"+
			"&DBInstanceDescription=osb-%036[1]d&ClientToken=%064[1]d&Tag.1.Key=osb-broker&Tag.1.Value=broker-of-the-test&Tag.2.Key=osb-instance&Tag.2.Value=%036[1]d"+
			"&Tag.3.Key=osb-plan&Tag.3.Value=plan-%[2]d&Signature=0123456789012345678901234567&SignatureNonce=%032[1]d&Timestamp=2026-05-04T03%%3A02%%3A01Z", i, i%5)))
		if fail != nil {
			t.Fatal(fail)
		}
	}
	return s
}

// bytesOf measures the memory of n instances, their ClientTokens, tags and
// indexes included.
func bytesOf(t testing.TB, n int) (each float64, s *Service) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s = newCrowd(t, n)
	runtime.GC()
	runtime.ReadMemStats(&after)
	return float64(after.HeapAlloc-before.HeapAlloc) / float64(n), s
}

func TestInstance_Memory_StaysSmall(t *testing.T) {
	each, s := bytesOf(t, sampleCrowd)
	if each > bytesPer {
		t.Errorf("an instance costs %.0f bytes, want at most %d", each, bytesPer)
	}
	runtime.KeepAlive(s)
}

// BenchmarkManyInstances measures reads among 100,000 instances, and the memory of one.
func BenchmarkManyInstances(b *testing.B) {
	each, s := bytesOf(b, crowd)
	actions := s.API().Actions
	id := s.order[crowd/2].id
	for name, query := range map[string]string{
		"DescribeDBInstances/by own tag":        fmt.Sprintf("Tags=%%7B%%22osb-instance%%22%%3A%%22%036d%%22%%7D", crowd/2),
		"DescribeDBInstances/by common tag":     "PageSize=100&Tags=%7B%22osb-broker%22%3A%22broker-of-the-test%22%7D",
		"DescribeDBInstances/by tag and status": "PageSize=100&PageNumber=1000&DBInstanceStatus=Running&Tags=%7B%22osb-broker%22%3A%22broker-of-the-test%22%7D",
		"DescribeDBInstances/by two tags":       fmt.Sprintf("Tags=%%7B%%22osb-broker%%22%%3A%%22broker-of-the-test%%22%%2C%%22osb-instance%%22%%3A%%22%036d%%22%%7D", crowd/2),
		"DescribeDBInstances/by id":             "DBInstanceId=" + id,
		"DescribeDBInstances/last page":         "PageSize=100&PageNumber=1000",
		"DescribeDBInstances/by status":         "PageSize=100&DBInstanceStatus=Running",
		"DescribeDBInstances/by search":         "SearchKey=" + id,
		"ListTagResources/by tag":               "ResourceType=INSTANCE&Tag.1.Key=osb-broker&Tag.1.Value=broker-of-the-test",
		"DescribeDBInstanceAttribute/by id":     "DBInstanceId=" + id,
	} {
		action, _, _ := strings.Cut(name, "/")
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, fail := actions[action].Do(request(b, action, query)); fail != nil {
					b.Fatal(fail)
				}
			}
			b.ReportMetric(each, "bytes/instance")
		})
	}
}
