package rds

import (
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestSentences_Codes_NameTheParameter(t *testing.T) {
	for code, word := range map[string]string{
		"InvalidDBInstanceClass.Malformed": "Class",
		"InvalidAccountPassword.Format":    "characters",
		"InvalidVswitchId":                 "VSwitchID",
		"InvalidZone.NotSupported":         "ZoneId",
		"InvalidEngineVersion.Malformed":   "EngineVersion",
		"AccountActionForbidden":           "Objects",
	} {
		if got := providers.Sentence(sentences().Of(&alicloud.Error{Code: code, Reasons: []error{providers.ErrInvalid}})); !strings.Contains(got, word) {
			t.Errorf("%s is told as %q, without %s", code, got, word)
		}
	}
}
