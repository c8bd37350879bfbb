package emulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A faultBody is a fault as the control API takes it.
type faultBody struct {
	Action string `json:"action"`
	Effect string `json:"effect"` // fail-before, drop-before, drop-after, fail-after, hang
	Code   string `json:"code"`
	Status int    `json:"status"`
	Times  int    `json:"times"` // 0: until cleared
	Delay  string `json:"delay"` // "250ms"
}

// controlHandler is the control API: for people and scripts what the methods
// of Server are for tests.
func (s *Server) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /faults", s.postFault)
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.faults.Clear()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /advance", s.postAdvance)
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, notNil(s.Calls(r.URL.Query().Get("action"))))
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.Dump()) })
	mux.HandleFunc("GET /unknown", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, notNil(s.Unknown())) })
	// A page in the browser of somebody who runs an emulator must not reach it.
	return http.NewCrossOriginProtection().Handler(mux)
}

func (s *Server) postFault(w http.ResponseWriter, r *http.Request) {
	var body faultBody
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&body); err != nil {
		refuse(w, "the body is not a fault: "+err.Error())
		return
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		refuse(w, "the body holds more than one fault")
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

// fault checks the body; message says what is wrong with it.
func (b faultBody) fault() (fault cloud.Fault, message string) {
	effect, ok := cloud.ParseEffect(b.Effect)
	if b.Effect == "" {
		effect, ok = cloud.FailBefore, true
	}
	switch {
	case b.Action == "":
		return cloud.Fault{}, `"action" is required: the name of an action, or "*"`
	case !ok:
		return cloud.Fault{}, `"effect" must be fail-before, drop-before, drop-after, fail-after or hang`
	case b.Status != 0 && (b.Status < 400 || b.Status > 599):
		return cloud.Fault{}, `"status" must be from 400 to 599`
	case b.Times < 0:
		return cloud.Fault{}, `"times" must not be negative`
	}
	fault = cloud.Fault{Action: b.Action, Effect: effect, Code: b.Code, Status: b.Status, Times: b.Times}
	if b.Delay != "" {
		var err error
		if fault.Delay, err = time.ParseDuration(b.Delay); err != nil || fault.Delay < 0 {
			return cloud.Fault{}, `"delay" must be a duration such as "250ms"`
		}
	}
	return fault, ""
}

func (s *Server) postAdvance(w http.ResponseWriter, r *http.Request) {
	d, err := time.ParseDuration(r.URL.Query().Get("d"))
	if err != nil {
		refuse(w, `"d" must be a duration such as "5m"`)
		return
	}
	s.config.Clock.Advance(d)
	answer(w, http.StatusOK, struct {
		Now time.Time `json:"now"`
	}{s.config.Clock.Now()})
}

func refuse(w http.ResponseWriter, message string) {
	answer(w, http.StatusBadRequest, struct {
		Error string `json:"error"`
	}{message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
