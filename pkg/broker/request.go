package broker

import (
	"errors"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A request is the part that all requests share, with the time and the catalog
// of its decisions: one request sees one snapshot of the catalog.
type request struct {
	caller            osb.Caller
	key               store.Key
	acceptsIncomplete bool
	catalog           *catalog.Catalog
	now               time.Time
}

func (b *BusinessLogic) newRequest(caller osb.Caller, key store.Key, acceptsIncomplete bool) request {
	return request{
		caller: caller, key: key, acceptsIncomplete: acceptsIncomplete,
		catalog: b.config.Catalog.Snapshot().Catalog, now: b.config.Now(),
	}
}

func instanceKey(instanceID string) store.Key { return store.Key{InstanceID: instanceID} }

func bindingKey(instanceID, bindingID string) store.Key {
	return store.Key{InstanceID: instanceID, BindingID: bindingID}
}

// nameOf is the name of a record in answers.
func nameOf(k store.Key) string {
	if k.IsBinding() {
		return "This service binding"
	}
	return "This service instance"
}

// answered turns the error of a request into one that package api answers with. An
// error without an answer of its own is most likely the store's: the request
// left everything as it was, and may be sent again.
func answered[Response any](response Response, err error) (Response, error) {
	if err == nil {
		return response, nil
	}
	var none Response
	if errors.Is(err, osb.ErrUnanswered) {
		return none, err
	}
	if known, ok := errors.AsType[*osb.Error](err); ok {
		return none, known
	}
	return none, osb.ErrUnavailable(err)
}

// answeredIntent is answered for requests with a body, which can be shortened if
// their record would be too large.
func answeredIntent[Response any](response Response, err error) (Response, error) {
	if errors.Is(err, store.ErrTooLarge) {
		err = osb.ErrBadRequest("This request holds more than the broker can keep of one instance or binding: send shorter parameters and a shorter context.")
	}
	return answered(response, err)
}
