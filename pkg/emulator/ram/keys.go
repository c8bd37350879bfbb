package ram

import (
	"crypto/rand"
	"math/big"
	"net/http"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The states of an access key.
const (
	statusActive   = "Active"
	statusInactive = "Inactive"
)

type accessKey struct {
	id, secret, user, status string
	created                  time.Time
}

type keyFields struct {
	AccessKeyID     string `json:"AccessKeyId"`
	AccessKeySecret string `json:"AccessKeySecret,omitempty"`
	Status          string `json:"Status"`
	CreateDate      string `json:"CreateDate"`
}

// keyOwner finds the owner of a call on keys: the user in UserName, or the caller,
// which may be the account (RAM API, CreateAccessKey).
func (r *RAM) keyOwner(req *rpc.Request) (*user, *rpc.Error) {
	switch {
	case req.Get("UserName") != "":
		return r.user(req)
	case req.Caller.Kind == cloud.User:
		return r.userNamed(req.Caller.Name)
	case req.Caller.Kind == cloud.Account:
		return r.owner, nil
	}
	return nil, rpc.Unsupported("AccessKeysOfARole")
}

// keyLimit is the number of keys that an owner may have (A102, A373).
func (r *RAM) keyLimit(u *user) int {
	if u == r.owner {
		return maxKeysOfAccount
	}
	return maxKeysPerUser
}

// createAccessKey makes a key and shows its secret, this once (RAM API,
// CreateAccessKey).
func (r *RAM) createAccessKey(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.keyOwner(req)
	if err != nil {
		return nil, err
	}
	if len(u.keys) >= r.keyLimit(u) {
		return nil, rpc.Errorf(http.StatusConflict, "LimitExceeded.User.AccessKey", "The user %q has %d access keys, no more are allowed.", u.name, maxKeysPerUser)
	}
	k := r.addKey(u, req.Now)
	return struct {
		AccessKey keyFields `json:"AccessKey"`
	}{keyFields{k.id, k.secret, k.status, stamp(k.created)}}, nil
}

func (r *RAM) addKey(u *user, now time.Time) *accessKey {
	k := &accessKey{id: "LTAI5t" + randomString(18), secret: randomString(30), user: u.name, status: statusActive, created: now}
	u.keys = append(u.keys, k)
	r.userKeys[k.id] = k
	return k
}

// listAccessKeys lists the keys of a user without their secrets (RAM API,
// ListAccessKeys).
func (r *RAM) listAccessKeys(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.keyOwner(req)
	if err != nil {
		return nil, err
	}
	type keyList struct {
		AccessKey []keyFields `json:"AccessKey"`
	}
	list := keyList{AccessKey: []keyFields{}}
	for _, k := range u.keys {
		list.AccessKey = append(list.AccessKey, keyFields{AccessKeyID: k.id, Status: k.status, CreateDate: stamp(k.created)})
	}
	return struct {
		AccessKeys keyList `json:"AccessKeys"`
	}{list}, nil
}

// namedKey finds the key of UserAccessKeyId among its owner's keys.
func (r *RAM) namedKey(req *rpc.Request) (*user, *accessKey, *rpc.Error) {
	id, err := req.Require("UserAccessKeyId")
	if err != nil {
		return nil, nil, err
	}
	u, err := r.keyOwner(req)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(u.keys, func(k *accessKey) bool { return k.id == id })
	if i < 0 {
		return nil, nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.User.AccessKey", "The user %q has no access key %q.", u.name, id)
	}
	return u, u.keys[i], nil
}

// updateAccessKey enables or disables a key (RAM API, UpdateAccessKey).
func (r *RAM) updateAccessKey(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	status, err := req.Require("Status")
	if err != nil {
		return nil, err
	}
	if status != statusActive && status != statusInactive {
		return nil, rpc.Errorf(http.StatusBadRequest, "InvalidParameter.Status", "The parameter %q must be Active or Inactive.", "Status")
	}
	_, k, err := r.namedKey(req)
	if err != nil {
		return nil, err
	}
	k.status = status
	return nil, nil
}

// deleteAccessKey removes a key (RAM API, DeleteAccessKey).
func (r *RAM) deleteAccessKey(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, k, err := r.namedKey(req)
	if err != nil {
		return nil, err
	}
	u.keys = without(u.keys, k)
	delete(r.userKeys, k.id)
	return nil, nil
}

// randomString draws n letters and digits.
func randomString(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			panic(err) // unreachable: crypto/rand always succeeds
		}
		b[i] = alphabet[j.Int64()]
	}
	return string(b)
}
