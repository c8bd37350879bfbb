package operations_test

import (
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// A callFault is a fault of one call of the cloud.
type callFault struct {
	name   string
	effect cloud.Effect
	struck func(*rig) // effect on the process; may be nil
}

func callFaults() []callFault {
	return []callFault{
		{"CrashBefore", cloud.DropBefore, (*rig).die},
		{"CrashAfter", cloud.DropAfter, (*rig).die},
		{"NotSent", cloud.DropBefore, nil},
		{"AnswerLost", cloud.DropAfter, nil},
		{"Twice", cloud.Twice, nil},
		{"TimedOutAfter", cloud.HangAfter, (*rig).timeOut},
		{"Failed", cloud.FailBefore, nil},
		{"FailedAfter", cloud.FailAfter, nil},
	}
}

// A cloudBehaviour is how the cloud behaves where documents leave it open.
type cloudBehaviour struct {
	name     string
	rds      func(*emulatedrds.Behaviour)
	ram      func(*ram.Behaviour)
	requests []string // the requests concerned; nil: all
}

func (w cloudBehaviour) concerns(s service) bool {
	accounts := slices.Contains(w.requests, "unbind")
	return w.requests == nil || (w.rds != nil && (s.name == "RDS" || s.name == "Crowded" && accounts)) || (w.ram != nil && s.name == "OSS")
}

// cloudBehaviours returns all cloud behaviours, the default first.
func cloudBehaviours() []cloudBehaviour {
	const lag = 20 * time.Second // less than a server takes to be made
	creates, changes := []string{"provision"}, []string{"provision", "update"}
	accounts := []string{"bind", "rotate", "unbind", "inherit", "crowd", "deprovision"}
	return []cloudBehaviour{
		{name: ""},
		{"ListsLag", func(b *emulatedrds.Behaviour) { b.ListLag = lag }, nil, creates},
		{"AllLags", func(b *emulatedrds.Behaviour) { b.Lag = lag }, nil, creates},
		{"TagsDropped", func(b *emulatedrds.Behaviour) { b.DropTags = true }, nil, creates},
		{"TokensForgotten", func(b *emulatedrds.Behaviour) { b.TokenLifetime = 0 }, nil, changes},
		{"UsedTokensRefused", func(b *emulatedrds.Behaviour) { b.RefuseUsedToken = true }, nil, changes},
		{"TokensBusy", func(b *emulatedrds.Behaviour) { b.InFlight = lag }, nil, changes},
		{"TagsDroppedListsLag", func(b *emulatedrds.Behaviour) { b.DropTags, b.ListLag = true, lag }, nil, creates},
		{"TokensRefusedListsLag", func(b *emulatedrds.Behaviour) { b.RefuseUsedToken, b.ListLag = true, lag }, nil, creates},
		{"TokensForgottenListsLag", func(b *emulatedrds.Behaviour) { b.TokenLifetime, b.ListLag = 0, lag }, nil, creates},
		{"TokensForgottenAllLags", func(b *emulatedrds.Behaviour) { b.TokenLifetime, b.Lag = 0, lag }, nil, creates},
		{"AccountsLag", func(b *emulatedrds.Behaviour) { b.AccountLag = 5 * time.Second }, nil, accounts},
		// A bind begins a minute after its database is there. The grant is repeated after 1, 2, 4, ... seconds, less up to a
		// quarter at random: forty seconds are between the sums of five and of six delays, so that each run has as many calls.
		{"DatabasesLag", func(b *emulatedrds.Behaviour) { b.DatabaseLag = 100 * time.Second }, nil, []string{"bind"}},
		{"FirstAccountSuper", func(b *emulatedrds.Behaviour) { b.FirstAccountSuper = true }, nil, accounts},
		{"DetachmentsLag", nil, func(b *ram.Behaviour) { b.DetachLag = 10 * time.Second }, accounts},
	}
}
