package server

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

func nameOf(k store.Key) operator.Name {
	return operator.Name{InstanceID: k.InstanceID, BindingID: k.BindingID}
}

// retry triggers an attempt for every unfinished record of an instance.
func (h *Handler) retry(ctx context.Context, x *exchange) error {
	keys, err := h.config.Engine.Retry(ctx, x.route.key.InstanceID)
	if err != nil {
		return err
	}
	tried := operator.Tried{Records: []operator.Name{}}
	for _, k := range keys {
		tried.Records = append(tried.Records, nameOf(k))
	}
	x.change = fmt.Sprintf("records retried: %d", len(keys))
	return x.send(http.StatusOK, tried)
}

// purge drops the records of an instance or of a binding. The query repeats the
// id as a confirmation.
func (h *Handler) purge(ctx context.Context, x *exchange) error {
	k := x.route.key
	id := k.InstanceID
	if k.IsBinding() {
		id = k.BindingID
	}
	q := x.request.URL.Query()
	if q.Get("confirm") != id {
		return osb.ErrBadRequest("A purge leaves the cloud resources in place, and the broker forgets them: confirm it with the id as confirm.")
	}
	force, err := strconv.ParseBool(q.Get("force"))
	if err != nil && q.Get("force") != "" {
		return osb.ErrBadRequest("force is true or false.")
	}
	records, err := h.config.Engine.Purge(ctx, k, force)
	purged := operator.Purged{Records: []operator.Left{}, Description: "The cloud was not called: resources that exist there are kept and no longer tracked. Find them by the facts and by their tags."}
	for i := range records {
		purged.Records = append(purged.Records, h.leftOf(&records[i]))
	}
	x.change = purgedText(purged.Records) // also when the purge failed halfway
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, purged)
}

func (h *Handler) leftOf(r *store.Record) operator.Left {
	return operator.Left{
		Name: nameOf(r.Key), Provider: r.Provider, Profile: r.Profile, Account: r.Account, Region: h.config.Region(r),
		Incarnation: r.Incarnation, Facts: maps.Clone(r.Facts), Unreadable: r.Revision == 0,
	}
}

// purgedText lists the resources of purged records for the audit line.
func purgedText(records []operator.Left) string {
	if len(records) == 0 {
		return ""
	}
	texts := make([]string, 0, len(records))
	for i := range records {
		texts = append(texts, leftText(&records[i]))
	}
	return "purged, cloud resources kept: " + strings.Join(texts, "; ")
}

// leftText names a record and the cloud resources of its facts.
func leftText(r *operator.Left) string {
	words := []string{store.Key{InstanceID: r.InstanceID, BindingID: r.BindingID}.String()}
	if r.Unreadable {
		words = append(words, "(unreadable)")
	}
	for _, part := range [][2]string{{"profile", r.Profile}, {"account", r.Account}, {"region", r.Region}, {"incarnation", r.Incarnation}} {
		if part[1] != "" {
			words = append(words, part[0], part[1])
		}
	}
	for _, fact := range slices.Sorted(maps.Keys(r.Facts)) {
		if value := r.Facts[fact]; value != "" {
			words = append(words, fact, value)
		}
	}
	return strings.Join(words, " ")
}
