package cloud

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// NewRequestID returns a random id as the cloud's gateways give them: a UUID
// in upper case.
func NewRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // always succeeds: crypto/rand ends the process instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := strings.ToUpper(hex.EncodeToString(b[:]))
	return h[0:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// NewTraceID returns a random id as in the header x-acs-trace-id: 32 digits in
// lower case.
func NewTraceID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
