package rds

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// window is a span of the day in UTC, as RDS writes it (22:00Z-02:00Z).
var window = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]Z-([01][0-9]|2[0-3]):[0-5][0-9]Z$`)

// wrongWindow says what is wrong with a span.
func wrongWindow(text string) string {
	from, to, _ := strings.Cut(text, "-")
	switch {
	case !window.MatchString(text):
		return "write two times of UTC, such as 22:00Z-02:00Z."
	case from == to:
		return "the span is empty; write two different times, such as 22:00Z-02:00Z."
	}
	return ""
}

// maintainTimeOption is when the cloud may work on the server.
func maintainTimeOption() option {
	const name = "MaintainTime"
	return option{
		name: name, step: "maintain-time", text: "The maintenance window of the database server is being set.",
		refused: "RDS refuses this MaintainTime; choose another span, such as 22:00Z-02:00Z.",
		normal: func(_ optionContext, value, _ json.RawMessage) (json.RawMessage, *providers.Failure) {
			if wrong := wrongWindow(valueOf[string](value)); wrong != "" {
				return nil, invalid("%s: %s", name, wrong)
			}
			return value, nil
		},
		remove: left,
		isReached: func(want json.RawMessage, s instanceState) bool {
			return valueOf[string](want) == s.instance.MaintainTime
		},
		put: func(ctx context.Context, c client, r optionRequest, token string) error {
			return c.setMaintainTime(ctx, r.InstanceID, valueOf[string](r.Value), token)
		},
	}
}

// setMaintainTime sets the maintenance window (RDS API, ModifyDBInstanceMaintainTime).
func (c client) setMaintainTime(ctx context.Context, id, span, token string) error {
	req, resp := rds.CreateModifyDBInstanceMaintainTimeRequest(), rds.CreateModifyDBInstanceMaintainTimeResponse()
	req.RegionId, req.ClientToken, req.DBInstanceId, req.MaintainTime = c.region, token, id, span
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}
