package ram

import (
	"net/http"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A loginProfile lets a user sign in at the console, which the emulator lacks:
// it checks the password and drops it.
type loginProfile struct {
	resetRequired, mfaRequired bool
	created                    time.Time
}

type loginFields struct {
	UserName              string `json:"UserName"`
	PasswordResetRequired bool   `json:"PasswordResetRequired"`
	MFABindRequired       bool   `json:"MFABindRequired"`
	CreateDate            string `json:"CreateDate"`
}

type loginResponse struct {
	LoginProfile loginFields `json:"LoginProfile"`
}

func (u *user) loginResponse() loginResponse {
	return loginResponse{loginFields{u.name, u.login.resetRequired, u.login.mfaRequired, stamp(u.login.created)}}
}

// minPassword is the length that an account's password policy demands unless
// it was changed.
const minPassword = 8

func (l *loginProfile) read(req *rpc.Request) (err *rpc.Error) {
	if l.resetRequired, err = req.Bool("PasswordResetRequired", l.resetRequired); err != nil {
		return err
	}
	if l.mfaRequired, err = req.Bool("MFABindRequired", l.mfaRequired); err != nil {
		return err
	}
	if password := req.Get("Password"); password != "" && len(password) < minPassword {
		return rpc.Errorf(http.StatusBadRequest, "InvalidParameter.Password.TooWeak", "The parameter %q must have at least %d characters.", "Password", minPassword)
	}
	return nil
}

// createLoginProfile allows a user to sign in (RAM API, CreateLoginProfile).
func (r *RAM) createLoginProfile(req *rpc.Request) (any, *rpc.Error) {
	if _, err := req.Require("Password"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	if u.login != nil {
		return nil, rpc.Errorf(http.StatusConflict, "EntityAlreadyExists.User.LoginProfile", "The user %q has a login profile already.", u.name)
	}
	l := &loginProfile{created: req.Now}
	if err := l.read(req); err != nil {
		return nil, err
	}
	u.login = l
	return u.loginResponse(), nil
}

// userWithLogin finds the user of a call about its login profile.
func (r *RAM) userWithLogin(req *rpc.Request) (*user, *rpc.Error) {
	u, err := r.user(req)
	if err == nil && u.login == nil {
		return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.User.LoginProfile", "The user %q has no login profile.", u.name)
	}
	return u, err
}

// getLoginProfile describes how a user signs in (RAM API, GetLoginProfile).
func (r *RAM) getLoginProfile(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.userWithLogin(req)
	if err != nil {
		return nil, err
	}
	return u.loginResponse(), nil
}

// updateLoginProfile changes how a user signs in (RAM API,
// UpdateLoginProfile).
func (r *RAM) updateLoginProfile(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.userWithLogin(req)
	if err != nil {
		return nil, err
	}
	changed := *u.login
	if err := changed.read(req); err != nil {
		return nil, err
	}
	*u.login = changed
	return nil, nil
}

// unbindMFADevice answers that a user has no device, since the emulator binds
// none (RAM API, UnbindMFADevice).
func (r *RAM) unbindMFADevice(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.User.MFADevice", "The user %q has no MFA device.", u.name)
}

// deleteLoginProfile ends it (RAM API, DeleteLoginProfile).
func (r *RAM) deleteLoginProfile(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.userWithLogin(req)
	if err != nil {
		return nil, err
	}
	u.login = nil
	return nil, nil
}
