package emulator

import (
	"net/http"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A faultBody is a fault as the control API takes and shows it.
type faultBody struct {
	Action string `json:"action"`
	Effect string `json:"effect"` // fail-before, drop-before, drop-after, fail-after, hang, delay, twice, hang-after, late
	Code   string `json:"code,omitempty"`
	Status int    `json:"status,omitempty"`
	Skip   int    `json:"skip,omitempty"`
	Times  int    `json:"times,omitempty"` // 0: until cleared
	Delay  string `json:"delay,omitempty"` // "250ms"
}

// A limitBody is a limit as the control API takes and shows it.
type limitBody struct {
	Action    string  `json:"action"`
	PerSecond float64 `json:"perSecond"`
	Code      string  `json:"code,omitempty"`
}

func (s *Server) postFault(w http.ResponseWriter, r *http.Request) {
	var body faultBody
	if !decode(w, r, &body) {
		return
	}
	fault, message := body.fault()
	if message != "" {
		refuse(w, message)
		return
	}
	s.faults.Add(fault)
	w.WriteHeader(http.StatusNoContent)
}

// fault checks the body; message describes the first mistake in it.
func (b faultBody) fault() (fault cloud.Fault, message string) {
	effect, ok := cloud.ParseEffect(b.Effect)
	if b.Effect == "" {
		effect, ok = cloud.FailBefore, true
	}
	switch {
	case b.Action == "":
		return cloud.Fault{}, `"action" is required: the name of an action, "rds:*" for a product, or "*"`
	case !ok:
		return cloud.Fault{}, `"effect" must be fail-before, drop-before, drop-after, fail-after, hang, delay, twice, hang-after or late`
	case b.Status != 0 && (b.Status < 400 || b.Status > 599):
		return cloud.Fault{}, `"status" must be from 400 to 599`
	case b.Times < 0 || b.Skip < 0:
		return cloud.Fault{}, `"times" and "skip" must not be negative`
	case effect == cloud.Slow && b.Delay == "":
		return cloud.Fault{}, `the effect delay needs a "delay"`
	}
	fault = cloud.Fault{Action: b.Action, Effect: effect, Code: b.Code, Status: b.Status, Skip: b.Skip, Times: b.Times}
	if b.Delay != "" {
		var err error
		if fault.Delay, err = time.ParseDuration(b.Delay); err != nil || fault.Delay < 0 {
			return cloud.Fault{}, `"delay" must be a duration such as "250ms"`
		}
	}
	return fault, ""
}

func (s *Server) getFaults(w http.ResponseWriter, _ *http.Request) {
	list := []faultBody{}
	for _, f := range s.faults.Rules() {
		body := faultBody{Action: f.Action, Effect: f.Effect.String(), Code: f.Code, Status: f.Status, Skip: f.Skip, Times: max(f.Times, 0)}
		if f.Delay > 0 {
			body.Delay = f.Delay.String()
		}
		list = append(list, body)
	}
	answer(w, http.StatusOK, list)
}

func (s *Server) postLimit(w http.ResponseWriter, r *http.Request) {
	var body limitBody
	if !decode(w, r, &body) {
		return
	}
	switch {
	case body.Action == "":
		refuse(w, `"action" is required: the name of an action, "rds:*" for a product, or "*"`)
	case body.PerSecond <= 0:
		refuse(w, `"perSecond" must be a positive number`)
	default:
		s.Limit(body.Action, body.PerSecond, body.Code)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) getLimits(w http.ResponseWriter, _ *http.Request) {
	list := []limitBody{}
	for _, l := range s.faults.Limits() {
		list = append(list, limitBody{l.Action, l.PerSecond, l.Code})
	}
	answer(w, http.StatusOK, list)
}
