package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
)

// controlHandler is the control API: the methods of Server for people and
// scripts.
func (s *Server) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /faults", s.postFault)
	mux.HandleFunc("GET /faults", s.getFaults)
	mux.HandleFunc("DELETE /faults", s.then(s.faults.Clear)) // and the limits
	mux.HandleFunc("POST /limits", s.postLimit)
	mux.HandleFunc("GET /limits", s.getLimits)
	mux.HandleFunc("POST /release", s.then(s.faults.Release))

	mux.HandleFunc("GET /time", func(w http.ResponseWriter, _ *http.Request) { s.writeTime(w) })
	mux.HandleFunc("POST /time", s.postTime)
	mux.HandleFunc("POST /advance", s.postAdvance)
	mux.HandleFunc("POST /freeze", func(w http.ResponseWriter, _ *http.Request) { s.Clock().Freeze(); s.writeTime(w) })
	mux.HandleFunc("POST /resume", func(w http.ResponseWriter, _ *http.Request) { s.Clock().Resume(); s.writeTime(w) })

	mux.HandleFunc("GET /behaviour", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.behaviours()) })
	mux.HandleFunc("POST /behaviour", s.postBehaviours)
	mux.HandleFunc("GET /behaviour/{product}", s.getBehaviour)
	mux.HandleFunc("PATCH /behaviour/{product}", s.patchBehaviour)
	mux.HandleFunc("POST /behaviour/{product}", s.patchBehaviour)
	mux.HandleFunc("POST /oidc-providers", s.postProvider)

	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, notNil(s.Calls(r.URL.Query().Get("action"))))
	})
	mux.HandleFunc("DELETE /calls", s.then(s.journal.Clear))
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.state()) })
	mux.HandleFunc("GET /snapshot", s.getSnapshot)
	mux.HandleFunc("PUT /snapshot", s.putSnapshot)
	mux.HandleFunc("POST /assert", s.postAssert)
	mux.HandleFunc("GET /unknown", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, notNil(s.Unknown())) })
	// A page in a browser on the emulator's machine must not reach it.
	return http.NewCrossOriginProtection().Handler(mux)
}

// getSnapshot gives the whole state, with its secrets, for putSnapshot.
func (s *Server) getSnapshot(w http.ResponseWriter, _ *http.Request) {
	var state bytes.Buffer
	if err := s.Save(&state); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(state.Bytes()) // a client that has left needs no answer
}

// putSnapshot loads a state into an emulator without resources.
func (s *Server) putSnapshot(w http.ResponseWriter, r *http.Request) {
	if err := s.Load(r.Body); err != nil {
		refuse(w, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// then returns a handler that calls a function and answers 204.
func (s *Server) then(do func()) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		do()
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) postAdvance(w http.ResponseWriter, r *http.Request) {
	d, err := time.ParseDuration(r.URL.Query().Get("d"))
	if err != nil {
		refuse(w, `"d" must be a duration such as "5m"`)
		return
	}
	s.Clock().Advance(d)
	s.writeTime(w)
}

func (s *Server) postTime(w http.ResponseWriter, r *http.Request) {
	t, err := time.Parse(time.RFC3339, r.URL.Query().Get("t"))
	if err != nil {
		refuse(w, `"t" must be a time such as "2026-05-04T03:02:01Z"`)
		return
	}
	s.Clock().Set(t)
	s.writeTime(w)
}

func (s *Server) writeTime(w http.ResponseWriter) {
	answer(w, http.StatusOK, struct {
		Now    time.Time `json:"now"`
		Frozen bool      `json:"frozen"`
	}{s.Clock().Now(), s.Clock().Frozen()})
}

func (s *Server) postProvider(w http.ResponseWriter, r *http.Request) {
	var p sts.Provider
	if !decode(w, r, &p) {
		return
	}
	if p.Name == "" || p.Issuer == "" || len(p.ClientIDs) == 0 {
		refuse(w, `"name", "issuer" and "clientIds" are required`)
		return
	}
	Service[*sts.Service](s).AddProvider(p)
	w.WriteHeader(http.StatusNoContent)
}

// decode reads the only JSON value of a request. It has answered when it
// returns false.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		refuse(w, "malformed body: "+err.Error())
		return false
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		refuse(w, "the body continues after the JSON value")
		return false
	}
	return true
}

func refuse(w http.ResponseWriter, message string) {
	answer(w, http.StatusBadRequest, struct {
		Error string `json:"error"`
	}{message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has left needs no answer
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
