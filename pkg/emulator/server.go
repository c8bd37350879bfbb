package emulator

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"

// URL returns the address of the cloud: "http://127.0.0.1:PORT".
func (s *Server) URL() string { return "http://" + s.Addr() }

// Addr is host and port of the cloud, as a Domain for the SDKs.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// TLSURL is the URL of the cloud over HTTPS, empty without HTTPS. CA signs its
// certificates.
func (s *Server) TLSURL() string {
	if s.tlsListener == nil {
		return ""
	}
	return "https://" + s.tlsListener.Addr().String()
}

// CA is the certificate, in PEM, of the authority that signs the emulator's
// certificates. It is new at each start, and nil without HTTPS.
func (s *Server) CA() []byte {
	if s.ca == nil {
		return nil
	}
	return s.ca.pem
}

// MetadataURL is the URL of the metadata service's own port, empty without one.
// URL serves it too.
func (s *Server) MetadataURL() string {
	if s.metadataListener == nil {
		return ""
	}
	return "http://" + s.metadataListener.Addr().String()
}

// ControlURL is the URL of the control API, empty without one.
func (s *Server) ControlURL() string {
	if s.control == nil {
		return ""
	}
	return "http://" + s.control.Addr().String()
}

// AccountID is the account's number.
func (s *Server) AccountID() string { return s.config.AccountID }

// AccessKey is the account's own key, which may do everything.
func (s *Server) AccessKey() AccessKey { return s.config.AccessKey }

// Region is the region of the metadata service.
func (s *Server) Region() string { return s.config.Region }

// Clock is the time of the cloud.
func (s *Server) Clock() *cloud.Clock { return s.config.Clock }

// Faults holds the faults to inject.
func (s *Server) Faults() *cloud.Faults { return &s.faults }

// Fail answers the error code to the next calls of an action instead of doing
// them. It is short for the commonest fault.
func (s *Server) Fail(action, code string, times int) {
	s.faults.Add(cloud.Fault{Action: action, Effect: cloud.FailBefore, Code: code, Times: times})
}

// Limit throttles by rate: so many calls of an action ("CreateDBInstance"), of
// a product ("rds:*") or of all ("*") per second of the emulator's time. An
// empty code means Throttling.User.
func (s *Server) Limit(action string, perSecond float64, code string) {
	s.faults.Limit(s.config.Clock, cloud.Limit{Action: action, PerSecond: perSecond, Code: code})
}

// Calls returns the calls of an action that arrived, or all for "".
func (s *Server) Calls(action string) []cloud.Call { return s.journal.Calls(action) }

// Unknown lists the requests that the emulator does not know.
func (s *Server) Unknown() []string {
	list := s.gateway.Unknown()
	for _, p := range s.products {
		if p.Unknown != nil {
			list = append(list, p.Unknown()...)
		}
	}
	return list
}
