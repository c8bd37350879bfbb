package cloud

import (
	"strings"
	"sync"
	"time"
)

// journalLimit is the number of calls that a journal keeps.
const journalLimit = 10_000

// A Call is one call that arrived.
type Call struct {
	Time        time.Time         `json:"time"`
	Product     string            `json:"product"` // "Rds", "Oss", ...
	Action      string            `json:"action"`  // "CreateDBInstance", "oss:PutObject", ...
	Params      map[string]string `json:"params"`  // secrets masked
	AccessKeyID string            `json:"accessKeyId"`
	Status      int               `json:"status"`   // HTTP status answered; 0 if the connection was dropped
	Code        string            `json:"code"`     // error code answered; empty on success
	Effected    bool              `json:"effected"` // whether the action ran and succeeded
}

// A Journal keeps the last 10,000 calls. It is safe for concurrent use; the
// zero value is empty.
type Journal struct {
	mu    sync.Mutex
	calls []Call // a ring once it is full
	next  int    // the oldest call of a full ring
}

// Record adds a call. In the journal, values of parameters with a secret name
// become "***"; the caller keeps its map.
func (j *Journal) Record(call Call) {
	masked := make(map[string]string, len(call.Params))
	for name, value := range call.Params {
		if Secret(name) {
			value = "***"
		}
		masked[name] = value
	}
	call.Params = masked
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.calls) < journalLimit {
		j.calls = append(j.calls, call)
		return
	}
	j.calls[j.next] = call
	j.next = (j.next + 1) % journalLimit
}

// Clear removes all calls.
func (j *Journal) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls, j.next = nil, 0
}

// Calls returns the calls of action in the order in which they arrived, or
// all calls for the empty action.
func (j *Journal) Calls(action string) []Call {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []Call
	for i := range j.calls {
		call := j.calls[(j.next+i)%len(j.calls)]
		if action == "" || call.Action == action {
			found = append(found, call)
		}
	}
	return found
}

// Secret reports whether the value of a parameter of this name must stay
// hidden. ClientToken is public: it only makes a call idempotent. ServerKey is the
// private key of a certificate (RDS API, ModifyDBInstanceSSL).
func Secret(name string) bool {
	switch name {
	case "ClientToken", "NextToken", "SignatureMethod", "SignatureVersion", "SignatureNonce", "SignatureType":
		return false
	}
	for _, word := range [...]string{"password", "secret", "token", "signature", "serverkey", "privatekey"} {
		if containsFold(name, word) {
			return true
		}
	}
	return false
}

// containsFold reports whether s contains the lower-case word in any case. It
// runs for each parameter of each call and allocates nothing.
func containsFold(s, word string) bool {
	for i := 0; i+len(word) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
