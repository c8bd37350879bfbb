package rds

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// createDBInstance is CreateDBInstance of the RDS API.
func (s *Service) createDBInstance(r *rpc.Request) (any, *rpc.Error) {
	first, fail := s.newInstance(r)
	if fail != nil {
		return nil, fail
	}
	amount, fail := amountOf(r, first)
	if fail != nil {
		return nil, fail
	}
	dry, fail := r.Bool("DryRun", false)
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(r.Now)
	if fail := s.needServiceRole(first); fail != nil {
		return nil, fail
	}
	if limit := s.behaviour.Quotas.Instances; over(len(s.instances)+amount, limit) {
		amount = limit - len(s.instances)
		if amount < 1 || r.Get("CreateStrategy") != "Partial" {
			return nil, rpc.Errorf(http.StatusForbidden, "QuotaExceeded.CreateInstance", "The account has at most %d instances.", limit)
		}
	}
	if over(len(first.tags), s.behaviour.Quotas.Tags) {
		return nil, tooManyTags(s.behaviour.Quotas.Tags)
	}
	if fail := s.checkAddress(r, first, amount); fail != nil {
		return nil, fail
	}
	if dry {
		return struct{ DryRun, DryRunResult bool }{true, true}, nil
	}
	answer := created{ConnectionString: first.host(first.private), Port: strconv.Itoa(int(first.private.port)), TagResult: len(first.tags) > 0 && !s.behaviour.DropTags}
	if s.behaviour.DropTags {
		first.tags = nil
	}
	ids := []string{first.id}
	s.make(first)
	for range amount - 1 {
		next := first.clone()
		ids = append(ids, next.id)
		s.make(next)
	}
	answer.DBInstanceId, answer.OrderId = strings.Join(ids, ","), orderID(first.serial)
	if amount > 1 {
		answer.ConnectionString, answer.Port, answer.TaskId = "", "", formatID(first.serial)
		answer.Message = "Batch Create DBInstance Task Is In Process."
	}
	return answer, nil
}

// created is the answer to CreateDBInstance. Of several instances it has a task
// in place of addresses.
type created struct {
	DBInstanceId     string
	ConnectionString string `json:",omitempty"`
	Port             string `json:",omitempty"`
	OrderId          string
	TaskId           string `json:",omitempty"`
	Message          string `json:",omitempty"`
	TagResult        bool
}

// amountOf reads how many instances to make (RDS API, CreateDBInstance,
// Amount): several at once only of MySQL.
func amountOf(r *rpc.Request, in *instance) (int, *rpc.Error) {
	amount, fail := r.Int("Amount", 1)
	if fail != nil || amount < 1 || amount > 20 || amount > 1 && in.engine != "MySQL" {
		return 0, bad("InvalidParam.Amount", "Amount is from 1 to 20, and more than 1 only for MySQL.")
	}
	switch r.Get("CreateStrategy") {
	case "", "Atomicity", "Partial":
		return amount, nil
	default:
		return 0, bad("InvalidParameter", "CreateStrategy is Atomicity or Partial.")
	}
}

// clone returns one more instance of the same request, before it is made.
func (in *instance) clone() *instance {
	return &instance{
		id: newID(in.engine), region: in.region, zone: in.zone, vpcID: in.vpcID, vswitchID: in.vswitchID,
		engine: in.engine, version: in.version, class: in.class, storage: in.storage,
		storageType: in.storageType, payType: in.payType, category: in.category, description: in.description,
		private: in.private, protected: in.protected, created: in.created, readyAt: in.readyAt, expires: in.expires,
		choices: in.choices, settings: in.clonedSettings(), standbys: in.standbys, serverless: in.serverless.clone(), tags: slices.Clone(in.tags), ipArrays: slices.Clone(in.ipArrays),
	}
}

// make adds an instance to the account. The caller holds mu.
func (s *Service) make(in *instance) {
	s.insert(in)
	if vsw, ok := s.network.VSwitch(in.region, in.vswitchID); ok && in.private.ip == vsw.CIDR.Masked().Addr().As4() {
		in.address(vsw.CIDR.Bits())
	}
	if s.engine != nil && s.engine.Runs(in.engine) {
		in.starting = true
		s.background.Go(func() { s.start(in) })
	}
}

// newInstance checks a CreateDBInstance and makes the record of it.
func (s *Service) newInstance(r *rpc.Request) (*instance, *rpc.Error) {
	in := &instance{region: r.Region, created: r.Now, readyAt: r.Now.Add(s.profile.Create)}
	for _, check := range []func(*rpc.Request, *instance) *rpc.Error{
		s.checkEngine, s.checkClass, s.checkBilling, s.checkNetwork, s.checkStock, s.checkEncryption, s.checkChoices, s.checkServer, s.checkGroup, s.checkPort, s.checkWhitelist, s.checkDescription, s.checkTags,
	} {
		if fail := check(r, in); fail != nil {
			return nil, fail
		}
	}
	in.id = newID(in.engine)
	return in, nil
}

func newID(engine string) string {
	prefix := "rm-"
	if engine == "PostgreSQL" {
		prefix = "pgm-"
	}
	return prefix + "bp1" + strings.ToLower(rand.Text()[:14])
}

// start starts the engine's server of an instance. After a failure the instance
// stays in creation, as one stuck in the cloud.
func (s *Service) start(in *instance) {
	server, err := s.engine.Start(s.backgroundCtx, in.id, in.engine)
	if s.backgroundCtx.Err() != nil { // the Service is closing; the engine stops a running server
		return
	}
	if err != nil {
		s.report(fmt.Errorf("rds: start the engine of %s: %w", in.id, err))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	server.Allow(in.allowed())
	in.server, in.starting = server, false
}

// stop ends the engine's server of an instance that is being deleted.
func (s *Service) stop(in *instance) {
	in.work.Lock() // wait for a call on its way inside the server
	defer in.work.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.backgroundCtx), time.Minute)
	defer cancel()
	if err := in.server.Stop(ctx); err != nil {
		s.report(fmt.Errorf("rds: stop the engine of %s: %w", in.id, err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in.stopping = false
}
