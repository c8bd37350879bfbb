package oss_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
)

// A member that the table calls checked refuses a value that is none.
func TestOperations_CheckedMembers_RefuseNonsense(t *testing.T) {
	_, table := oss.Entries()
	_, c := filled(t)
	upload, err := c.InitiateMultipartUpload(t.Context(), &sdk.InitiateMultipartUploadRequest{Bucket: new("bucket-a"), Key: new("k")})
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, name := range slices.Sorted(maps.Keys(table)) {
		entry := table[name]
		query := pairs(entry.Own)
		if _, ok := query["uploadId"]; ok {
			query["uploadId"] = *upload.UploadId
		}
		if slices.Contains(entry.Implements, "partNumber") {
			query["partNumber"] = "1"
		}
		if slices.Contains(entry.Implements, "position") {
			query["position"] = "0"
		}
		for _, member := range entry.Checks {
			header := map[string]string{member: "?"}
			if slices.Contains(entry.Implements, "x-oss-copy-source") {
				header["x-oss-copy-source"] = "/bucket-a/k"
			}
			err := invoke(t, c, entry.Method, entry.Level, query, header, "")
			var answer *sdk.ServiceError
			if !errors.As(err, &answer) || answer.Code != "InvalidArgument" && answer.Code != "InvalidEncryptionAlgorithmError" {
				t.Errorf("%s with a %s that is none: %v", name, member, err)
			}
			tested++
		}
	}
	t.Logf("%d members", tested)
}
