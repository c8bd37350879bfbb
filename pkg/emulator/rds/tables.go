package rds

import (
	"sync"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The embedded tables. Reading them takes milliseconds, and tests start thousands of
// services, so a process reads each once. They stay as they are.
//
//nolint:gochecknoglobals // constants of the program
var (
	actionTable   = sync.OnceValue(func() rpc.Contracts { return rpc.MustReadContracts(contracts) })
	salesTable    = sync.OnceValue(newCatalog)
	templateTable = sync.OnceValue(readTemplates)
	groupTable    = sync.OnceValue(readGroups)
)
