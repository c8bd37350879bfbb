package rds

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The PayType of serverless instances in requests and in answers, and their
// categories.
const (
	serverlessPay      = "Serverless"
	serverlessShown    = "SERVERLESS"
	serverlessBasic    = "serverless_basic"
	serverlessStandard = "serverless_standard"
)

// A serverlessConfig has the bounds of a serverless instance in RCU, and what it does when it
// is idle.
type serverlessConfig struct {
	ScaleMin    float64
	ScaleMax    float64
	AutoPause   bool
	SwitchForce bool
	Awake       time.Time // when it was started last; zero: since its creation
}

// clone returns a copy, nil of nil.
func (c *serverlessConfig) clone() *serverlessConfig {
	if c == nil {
		return nil
	}
	copied := *c
	return &copied
}

// shown is the member ServerlessConfig of an answer, an empty object for an instance of a
// fixed size.
func (c *serverlessConfig) shown() any {
	if c == nil {
		return struct{}{}
	}
	return struct {
		ScaleMin, ScaleMax     float64
		AutoPause, SwitchForce bool
	}{c.ScaleMin, c.ScaleMax, c.AutoPause, c.SwitchForce}
}

// isServerless reports whether a category is one of serverless instances.
func isServerless(category string) bool { return strings.HasPrefix(category, "serverless_") }

// isSingle reports whether instances of a category have one node.
func isSingle(category string) bool { return category == basic || category == serverlessBasic }

// checkServerless reads what CreateDBInstance has of a serverless instance. That its class,
// PayType and Category belong together is documented, the code is a guess (A533).
func checkServerless(r *rpc.Request, in *instance) *rpc.Error {
	pays := r.Get("PayType") == serverlessPay
	if pays && r.Get("Category") == "" {
		return rpc.Missing("Category")
	}
	if pays != isServerless(in.category) {
		return rpc.Errorf(http.StatusForbidden, "InvalidSaleComponentFault", "A serverless class needs PayType Serverless, and another class another one.")
	}
	if !pays {
		return nil
	}
	in.serverless = &serverlessConfig{}
	return in.serverless.read(r, in.engine, "ServerlessConfig")
}

// read reads the settings of a request, an object as JSON or member by member. MinCapacity and
// MaxCapacity are required of a new instance; the bounds are those of RDS API,
// CreateDBInstance, the code is ours (A533).
func (c *serverlessConfig) read(r *rpc.Request, engine, name string) *rpc.Error {
	values, fail := membersOf(r, name, "MinCapacity", "MaxCapacity", "AutoPause", "SwitchForce")
	if fail != nil {
		return fail
	}
	most := map[string]float64{mySQL: 32, postgreSQL: 14}[engine]
	for member, to := range map[string]*float64{"MinCapacity": &c.ScaleMin, "MaxCapacity": &c.ScaleMax} {
		if text := values[member]; text != "" {
			*to, _ = strconv.ParseFloat(text, 64)
		}
	}
	if c.ScaleMin < 0.5 || c.ScaleMin > c.ScaleMax || c.ScaleMax < 1 || c.ScaleMax > most || c.ScaleMax != float64(int(c.ScaleMax)) || c.ScaleMin*2 != float64(int(c.ScaleMin*2)) {
		return bad("InvalidParameter", "MinCapacity is from 0.5 to MaxCapacity, in steps of 0.5, MaxCapacity an integer up to %v.", most)
	}
	for member, to := range map[string]*bool{"AutoPause": &c.AutoPause, "SwitchForce": &c.SwitchForce} {
		switch strings.ToLower(values[member]) {
		case "":
		case "true":
			*to = true
		case "false":
			*to = false
		default:
			return bad("InvalidParameter", "%s is true or false.", member)
		}
	}
	return nil
}

// membersOf reads an object of a request: JSON text, or one parameter a member.
func membersOf(r *rpc.Request, name string, members ...string) (map[string]string, *rpc.Error) {
	values := map[string]string{}
	if text := r.Get(name); text != "" {
		var object map[string]any
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			return nil, bad("InvalidParameter", "%s is a JSON object.", name)
		}
		for _, member := range members {
			if v, ok := object[member]; ok {
				values[member] = fmt.Sprint(v)
			}
		}
	}
	for _, member := range members {
		if value := r.Get(name + "." + member); value != "" {
			values[member] = value
		}
	}
	return values, nil
}

// shownPayType is the PayType of answers.
func (in *instance) shownPayType() string {
	if in.payType == serverlessPay {
		return serverlessShown
	}
	return in.payType
}
