package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// firstIDs bounds the ids in Counts.
const firstIDs = 5

// count answers with the number of records. It reads all records.
func (h *Handler) count(ctx context.Context, x *exchange) error {
	var counts operator.Counts
	for r, err := range h.config.Store.All(ctx) {
		_, unreadable := errors.AsType[*store.RecordError](err)
		switch {
		case unreadable:
			counts.Unreadable++
		case err != nil:
			return err
		case !isLive(&r):
			counts.Gone++
		case r.IsBinding():
			counts.Bindings++
		default:
			counts.Instances++
			if len(counts.First) < firstIDs {
				counts.First = append(counts.First, r.InstanceID)
			}
		}
	}
	return x.send(http.StatusOK, counts)
}
