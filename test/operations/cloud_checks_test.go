package operations_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A service of the rig.
type service struct {
	name, id, plan string
	change         string // the body of its update
	account        string // that its binding chooses; "": bindings are no accounts
	// check reports a fault in the cloud: want is the expected state, and given
	// the credentials that the broker hands out, by binding.
	check func(r *rig, want expected, given map[string]map[string]string) error
	steps func(service) []requested // of its walk; nil: the usual ones
}

func rdsService() service {
	return service{"RDS", "rds-id", "rds-small", `{"service_id":"rds-id","plan_id":"rds-large"}`, theUsername, oneDatabase, nil}
}

func ossService() service {
	return service{"OSS", "oss-id", "oss-small", `{"service_id":"oss-id","parameters":{"Acl":"public-read"}}`, "", oneBucket, nil}
}

// crowdedService is RDS with as many accounts as its server may have.
func crowdedService() service {
	s := rdsService()
	s.name, s.steps = "Crowded", crowdedWalk
	return s
}

func services() []service { return []service{rdsService(), ossService()} }

// holds checks that the platform's answers and the cloud show the expected
// state.
func (r *rig) holds(s service, want expected) {
	r.t.Helper()
	if !want.instance {
		if !r.cloud.Empty() {
			r.t.Errorf("left in the cloud: %+v", r.cloud.Dump())
		}
		return
	}
	if got := r.fetch(""); got.status != http.StatusOK {
		r.t.Errorf("the instance is answered %d %v", got.status, got.err)
	}
	given := map[string]map[string]string{}
	for _, id := range []string{theBinding, theSuccessor, theHeir} {
		got := r.fetch(id)
		if slices.Contains(want.bindings, id) != (got.status == http.StatusOK) || got.status != http.StatusOK && got.status != http.StatusNotFound {
			r.t.Errorf("%s is answered %d %v", id, got.status, got.err)
		}
		if got.status == http.StatusOK {
			given[id] = credentialsIn(got)
		}
	}
	if err := s.check(r, want, given); err != nil {
		r.t.Error(err)
	}
}

// oneDatabase: one server of the wanted class, tagged and open to its clients,
// with one database and the bindings' accounts, which have the passwords that
// were handed out.
func oneDatabase(r *rig, want expected, given map[string]map[string]string) error {
	state := r.cloud.Dump().Instances
	if len(state) != 1 || len(state[0].Databases) != 1 {
		return fmt.Errorf("want one server with one database, the cloud has %+v", state)
	}
	one := state[0]
	class := "rds.mysql.t1.small"
	if want.updated {
		class = "rds.mysql.s1.small"
	}
	if one.Class != class || one.Tags[providers.TagIncarnation] == "" || len(one.Whitelist["osb"]) == 0 {
		return fmt.Errorf("want a tagged %s with our whitelist, the cloud has %+v", class, one)
	}
	accounts, err := accountsOf(r.cloud)
	if err != nil {
		return err
	}
	if len(accounts) != len(given)+len(want.locked) {
		return fmt.Errorf("%d accounts for %d bindings and %d locked ones", len(accounts), len(given), len(want.locked))
	}
	if err := lockedAccounts(r, want.locked, accounts); err != nil {
		return err
	}
	for id, c := range given {
		a := accounts[c["username"]]
		r.handedOut[a.Name] = append(r.handedOut[a.Name], c["password"])
		switch {
		case a.Password == "" || a.Password != c["password"]:
			return fmt.Errorf("the password of %s is not that of its account", id)
		case len(a.Grants) != 1 || a.Grants[0].Database != c["database"] || a.Grants[0].Privilege != "ReadWrite":
			return fmt.Errorf("the account of %s may do %+v", id, a.Grants)
		case c["host"]+":"+c["port"] != one.Endpoint:
			return fmt.Errorf("%s is to connect to %s:%s, and the server is at %s", id, c["host"], c["port"], one.Endpoint)
		}
	}
	return nil
}

// lockedAccounts: the wanted accounts have their rights, and none of the passwords
// that were handed out; the record of the instance lists them and no others.
func lockedAccounts(r *rig, want []string, accounts map[string]databaseAccount) error {
	for _, name := range want {
		a := accounts[name]
		if a.Password == "" || len(a.Grants) != 1 || a.Leaving {
			return fmt.Errorf("the locked account %s has the rights %+v", name, a.Grants)
		}
		if len(r.handedOut[name]) == 0 || slices.Contains(r.handedOut[name], a.Password) {
			return fmt.Errorf("the locked account %s opens with a password that was handed out", name)
		}
	}
	instance, err := r.store.Get(r.life.Context(), store.Key{InstanceID: theInstance})
	if err != nil {
		return err
	}
	var listed []string
	for _, a := range instance.Locked {
		if a.Holder == "" && a.Removed.IsZero() {
			listed = append(listed, a.Name)
			if a.Binding == "" || a.Locked.IsZero() {
				return fmt.Errorf("the list has no binding or time of %+v", a)
			}
		}
	}
	if !slices.Equal(listed, want) {
		return fmt.Errorf("the instance lists the locked accounts %q, want %q", listed, want)
	}
	return nil
}

// An account of a database server, as only the cloud knows it.
type databaseAccount struct {
	Name, Kind, Password string
	Leaving              bool
	Grants               []struct{ Database, Privilege string }
}

// accountsOf the servers, by name. A Super account belongs to the broker alone,
// and is left out.
func accountsOf(s *emulator.Server) (map[string]databaseAccount, error) {
	b, err := s.RDS().Snapshot()
	if err != nil {
		return nil, err
	}
	var saved struct {
		Instances []struct{ Accounts []databaseAccount }
	}
	if err := json.Unmarshal(b, &saved); err != nil {
		return nil, err
	}
	accounts := map[string]databaseAccount{}
	for _, i := range saved.Instances {
		for _, a := range i.Accounts {
			if a.Kind != "Super" {
				accounts[a.Name] = a
			}
		}
	}
	return accounts, nil
}

// oneBucket: one bucket of the wanted ACL, tagged, with a user, a policy and a
// key for each binding; the keys work.
func oneBucket(r *rig, want expected, given map[string]map[string]string) error {
	state := r.cloud.Dump()
	if len(state.Buckets) != 1 {
		return fmt.Errorf("want one bucket, the cloud has %+v", state.Buckets)
	}
	bucket, acl := state.Buckets[0], "private"
	if want.updated {
		acl = "public-read"
	}
	if bucket.ACL != acl || bucket.Tags[providers.TagIncarnation] == "" {
		return fmt.Errorf("want a tagged bucket that is %s, the cloud has %+v", acl, bucket)
	}
	if n := len(given); len(state.Users) != n || len(state.Keys) != n || len(state.Policies) != n {
		return fmt.Errorf("%d users, %d keys, %d policies, want %d of each", len(state.Users), len(state.Keys), len(state.Policies), n)
	}
	for id, c := range given {
		client := oss.NewClient(oss.NewConfig().WithRegion(c["region"]).WithEndpoint(r.cloud.URL()).WithUsePathStyle(true).WithRetryMaxAttempts(1).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(c["access_key_id"], c["secret_access_key"])))
		if _, err := client.ListObjectsV2(r.life.Context(), &oss.ListObjectsV2Request{Bucket: oss.Ptr(bucket.Name)}); err != nil {
			return fmt.Errorf("the key of %s does not work: %w", id, err)
		}
		key, _ := r.cloud.RAM().Key(c["access_key_id"])
		if !r.cloud.RAM().Allowed(key.Caller, "oss:PutObject", "acs:oss:*:"+r.cloud.AccountID()+":"+bucket.Name+"/an object") {
			return fmt.Errorf("the key of %s may not write", id)
		}
	}
	return nil
}
