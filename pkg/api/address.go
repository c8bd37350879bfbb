package api

import (
	"net/http"
	"net/netip"
)

// addressOf returns the network address of a request's client, as far as clients
// are told apart by it: an IPv4 address, or the /64 network of an IPv6 address,
// which is one machine's. Behind a proxy it is the proxy's: forwarding headers are
// text that every client can write.
func addressOf(r *http.Request) string {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address := remote.Addr().Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	network, err := address.Prefix(64)
	if err != nil {
		return address.String()
	}
	return network.String()
}
