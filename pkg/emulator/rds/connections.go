package rds

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// An endpoint is an address of an instance: the prefix of its name, which is
// the instance's id if empty, and its port.
type endpoint struct {
	prefix string
	port   uint16
	ip     [4]byte
}

// host is the name of an endpoint of the instance.
func (in *instance) host(e endpoint) string {
	if e.prefix == "" {
		return hostOf(in.id, in.engine)
	}
	return hostOf(e.prefix, in.engine)
}

// clientAddress returns the address of an endpoint for clients. With an engine
// that is its server, for every endpoint.
func (in *instance) clientAddress(e endpoint) (host, port string) {
	if in.server != nil {
		addr := in.server.Addr()
		return addr.Addr().String(), strconv.Itoa(int(addr.Port()))
	}
	return in.host(e), strconv.Itoa(int(e.port))
}

// names reports whether text is the name of an endpoint, or its address.
func (in *instance) names(e endpoint, text string) bool {
	host, _ := in.clientAddress(e)
	return text == host || text == in.host(e)
}

var prefixes = regexp.MustCompile(`^[a-z][a-z0-9-]*[a-z0-9]$`)

// newEndpoint reads ConnectionStringPrefix, of least to most characters, and Port.
// Names are unique among instances; old, if there is one, may keep its name. The
// caller holds mu.
func (s *Service) newEndpoint(r *rpc.Request, in *instance, old *endpoint, least, most int) (endpoint, *rpc.Error) {
	prefix, fail := r.Require("ConnectionStringPrefix")
	if fail != nil {
		return endpoint{}, fail
	}
	port, fail := r.Require("Port")
	if fail != nil {
		return endpoint{}, fail
	}
	if len(prefix) < least || len(prefix) > most || !prefixes.MatchString(prefix) {
		return endpoint{}, bad("InvalidConnectionStringPrefix.Format", "The prefix has %d to %d lower-case letters, digits and hyphens, and begins with a letter.", least, most)
	}
	host := hostOf(prefix, in.engine)
	if (old == nil || in.host(*old) != host) && s.named(host) {
		return endpoint{}, bad("InvalidConnectionStringPrefix.Duplicate", "The prefix is in use.")
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1000 || n > 5999 {
		return endpoint{}, bad("InvalidPort.Malformed", "The port is from 1000 to 5999.")
	}
	return endpoint{prefix: strings.Clone(prefix), port: uint16(n)}, nil
}

// named reports whether an endpoint of any instance has the name. It searches
// them all: clients seldom name endpoints.
func (s *Service) named(host string) bool {
	for _, in := range s.order {
		if in.host(in.private) == host || in.public != nil && in.host(*in.public) == host {
			return true
		}
	}
	return false
}

// allocatePublicConnection is AllocateInstancePublicConnection of the RDS API.
func (s *Service) allocatePublicConnection(r *rpc.Request) (any, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	if in.public != nil {
		return nil, bad("NetTypeExists", "The instance has a public connection.")
	}
	e, fail := s.newEndpoint(r, in, nil, 5, 40)
	if fail != nil {
		return nil, fail
	}
	e.ip = [4]byte{203, 0, 113, byte(1 + in.serial%254)} // of 203.0.113.0/24, the block for documentation (RFC 5737)
	in.public = &e
	s.reconnect(in, netCreating, r.Now.Add(s.profile.Connection))
	host, _ := in.clientAddress(e)
	return struct{ DbInstanceName, ConnectionString string }{in.id, host}, nil
}

// releasePublicConnection is ReleaseInstancePublicConnection of the RDS API.
func (s *Service) releasePublicConnection(r *rpc.Request) (any, *rpc.Error) {
	current, fail := r.Require("CurrentConnectionString")
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	switch {
	case in.public != nil && in.names(*in.public, current):
		if in.protects(*in.public) {
			return nil, protectedBySSL()
		}
		in.public = nil
		s.reconnect(in, netDeleting, r.Now.Add(s.profile.Connection))
		return nil, nil
	case in.names(in.private, current):
		return nil, bad("AtLeastOneNetTypeExists", "The instance keeps its private connection.")
	default:
		return nil, unknownConnection()
	}
}

// modifyConnectionString is ModifyDBInstanceConnectionString of the RDS API:
// another prefix, another port, or both; both are sent.
func (s *Service) modifyConnectionString(r *rpc.Request) (any, *rpc.Error) {
	current, fail := r.Require("CurrentConnectionString")
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	var which *endpoint
	switch {
	case in.names(in.private, current):
		which = &in.private
	case in.public != nil && in.names(*in.public, current):
		which = in.public
	default:
		return nil, unknownConnection()
	}
	e, fail := s.newEndpoint(r, in, which, 8, 64)
	if fail != nil {
		return nil, fail
	}
	which.prefix, which.port = e.prefix, e.port
	s.reconnect(in, netModifying, r.Now.Add(s.profile.Connection))
	return nil, nil
}

// reconnect puts an instance into the state of a connection change: one of the table
// of states for all of them (A302), or with a switch the state that names the change.
func (s *Service) reconnect(in *instance, own string, until time.Time) {
	state := netChanging
	if s.behaviour.NetStates {
		state = own
	}
	in.begin(state, until)
}

func unknownConnection() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidCurrentConnectionString.NotFound", "The instance has no connection of this name.")
}
